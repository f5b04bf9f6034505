"""Decides which stored records answer a question about a cell, so that it need not run now.

They must be of the same suite, cell content and probes, and of an engine that is asked for. The
folder of a suite does not identify it. Neither does an id identify a cell: the same id means a
different environment in another suite, or after its row has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.compare.images import distinct
from harness.model import Cell, DockerfileBuild, Probe, Record, Run
from harness.outcomes import INFRASTRUCTURE
from harness.running.session import AUTO, CONTAINER_ENGINES


@dataclass(frozen=True, kw_only=True, slots=True)
class Sought:
    """What stored records must match to be an answer."""

    suite: str
    """Its name."""
    cell: Cell
    recipe: str
    """Digest of the recipe of a built cell; empty for a cell that is not built."""
    probes: Mapping[str, str]
    """Name -> digest of each probe that the cell is to be asked."""
    engines: tuple[str, ...]
    """The engines (`docker`, `podman`, ...) whose records count."""


def comparable_engines(asked: str) -> tuple[str, ...]:
    """Return the engines whose stored records count: only the one that is asked for.

    For `auto`, these are the container engines; the host and recordings count only by name.
    """
    return CONTAINER_ENGINES if asked == AUTO else (asked,)


def sought(suite: str, cell: Cell, recipe: str, probes: Iterable[Probe], engine: str) -> Sought:
    """Return what stored records must match when `--engine` is `engine`."""
    return Sought(
        suite=suite,
        cell=cell,
        recipe=recipe,
        probes={probe.name: probe.digest for probe in probes},
        engines=comparable_engines(engine),
    )


def answers(wanted: Sought, run: Run, records: Sequence[Record]) -> bool:
    """Whether a run's records of the cell are an answer to what is wanted.

    They are if everything that decides them is the same: suite, engine, the cell's row, the content
    of its image, and every wanted probe. Records that infrastructure ended are no answer.
    """
    row = next((cell for cell in run.cells if cell.id == wanted.cell.id), None)
    mine = [one for one in records if one.cell == wanted.cell.id]
    engine = run.of(wanted.cell.id).engine.name
    if row is None or run.suite != wanted.suite or engine not in wanted.engines:
        return False
    return (
        _content(row) == _content(wanted.cell)
        and _of_one_image(wanted, mine)
        and _asks_all(wanted, run, mine)
        and not any(one.outcome in INFRASTRUCTURE for one in mine)
    )


def newest_answer(
    wanted: Sought,
    stored: Iterable[tuple[Run, tuple[Record, ...]]],
    image_now: Callable[[str], str],
) -> tuple[Run, tuple[Record, ...]] | None:
    """Return the first of the stored runs (given newest first) whose records are an answer.

    `image_now` takes the name of an engine and returns the id of the image that the cell's image
    name stands for there now; if it returns an empty id (unknown), the stored records count as
    they are.
    """
    now: dict[str, str] = {}
    for run, records in stored:
        if not answers(wanted, run, records):
            continue
        if wanted.cell.image:
            kind = run.of(wanted.cell.id).engine.name
            if kind not in now:
                now[kind] = image_now(kind)
            used = {one.image.id for one in records if one.image is not None}
            if now[kind] and used and used != {now[kind]}:
                continue
        return run, records
    return None


def _content(cell: Cell) -> Cell:
    """Reduce a cell to what decides an answer.

    Dropped are its place in the file, how it is selected and judged, and, for a built cell, what
    the digest of its recipe covers.
    """
    bare = replace(cell, place=None, tags=(), expect=None)
    if cell.build is not None:
        return replace(bare, build=DockerfileBuild(dockerfile="(built)"))
    if not cell.base:
        return bare
    return replace(bare, base="(built)", install=(), constraints=(), as_of="", environment=())


def _of_one_image(wanted: Sought, records: Sequence[Record]) -> bool:
    """Whether all records come from one image; for a built cell, one of the wanted recipe."""
    images = [one.image for one in records if one.image is not None]
    if len(distinct(wanted.cell, images)) > 1:
        return False
    # An image of unknown recipe proves nothing, and neither does a failed build.
    return not wanted.recipe or (
        bool(images) and all(image.recipe == wanted.recipe for image in images)
    )


def _asks_all(wanted: Sought, run: Run, records: Sequence[Record]) -> bool:
    """Whether every wanted probe, as it is now, has a record in every round."""
    asked = {(one.round, one.probe, one.probe_digest) for one in records}
    rounds = range(1, run.rounds_of(wanted.cell.id) + 1)
    return all((n, name, digest) in asked for n in rounds for name, digest in wanted.probes.items())

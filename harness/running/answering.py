"""Which stored records answer for a cell that is asked about now, instead of a run.

Those of the same suite, the same content, the same probes, and an engine that is asked for. The
folder of a suite is no identity; neither is the id of a cell, which means another environment in
another suite, or once its row has changed.
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
    """What is asked about."""

    suite: str
    """Its name."""
    cell: Cell
    recipe: str
    """Digest of the recipe of a built cell; empty: it is not built."""
    probes: Mapping[str, str]
    """Name -> digest of what it is to be asked."""
    engines: tuple[str, ...]
    """The kinds of engine that may have answered."""


def comparable_engines(asked: str) -> tuple[str, ...]:
    """The engines whose stored records answer: the one that is asked for alone. Where none is, the
    container engines; the host and recordings answer only when they are asked for."""
    return CONTAINER_ENGINES if asked == AUTO else (asked,)


def sought(suite: str, cell: Cell, recipe: str, probes: Iterable[Probe], engine: str) -> Sought:
    """What is asked about when `--engine` is `engine`."""
    return Sought(
        suite=suite,
        cell=cell,
        recipe=recipe,
        probes={probe.name: probe.digest for probe in probes},
        engines=comparable_engines(engine),
    )


def answers(wanted: Sought, run: Run, records: Sequence[Record]) -> bool:
    """Whether a run's records of the cell answer for what is wanted.

    They do where nothing that decides them is another: suite, engine, the cell's row, the content
    of its image, every wanted probe. Records that infrastructure ended are no answer.
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
    """The first of the stored runs, newest first, whose records answer.

    `image_now` gives the id of the image that an existing image's name stands for on an engine of
    that kind now; empty where that cannot be told, and then what was stored counts.
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
    """The row without what does not decide an answer: where it is written, how it is selected and
    judged; of a built cell also what its recipe's digest covers."""
    bare = replace(cell, place=None, tags=(), expect=None)
    if cell.build is not None:
        return replace(bare, build=DockerfileBuild(dockerfile="(built)"))
    if not cell.base:
        return bare
    return replace(bare, base="(built)", install=(), constraints=(), as_of="", environment=())


def _of_one_image(wanted: Sought, records: Sequence[Record]) -> bool:
    """Whether the answers come from one image, of a built cell from one of the wanted recipe."""
    images = [one.image for one in records if one.image is not None]
    if len(distinct(wanted.cell, images)) > 1:
        return False
    # An image built of an unknown recipe is no proof; neither is a build that failed.
    return not wanted.recipe or (
        bool(images) and all(image.recipe == wanted.recipe for image in images)
    )


def _asks_all(wanted: Sought, run: Run, records: Sequence[Record]) -> bool:
    """Whether every wanted probe has its record of every round, of the probe as it is now."""
    asked = {(one.round, one.probe, one.probe_digest) for one in records}
    rounds = range(1, run.rounds_of(wanted.cell.id) + 1)
    return all((n, name, digest) in asked for n in rounds for name, digest in wanted.probes.items())

"""`harness rebuild-check CELL`: does building a cell twice give the same files?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.commands.lock import container_engine, has_containers
from harness.engines.oci.held import HeldImage
from harness.errors import Exit, UsageError
from harness.formats.answers import Reply
from harness.images.archive import opened_archive
from harness.images.looking import list_files
from harness.images.manifest import platform_of
from harness.images.rebuilt import DifferenceReason, LayerFile, RebuiltFile, differing, files_of
from harness.model import Cell, Suite
from harness.recipes.orders import order
from harness.running.found import saved
from harness.running.session import open_suite, places
from harness.suite.selection import select

_SHOWN = 200
"""The text lists at most so many paths; every other format has all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LayersRead:
    """The files of the layers that the other image does not have."""

    files: tuple[tuple[LayerFile, ...], ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RebuildAnswer:
    """The result of comparing two builds of a cell."""

    cell: str
    layers: int
    shared: int
    """Number of layers that are bit for bit equal."""
    differences: tuple[RebuiltFile, ...]

    @property
    def exit(self) -> Exit:
        """0 if all differences have known reasons, else 1."""
        return Exit.OK if all(one.explained for one in self.differences) else Exit.FINDINGS


def rebuild_check(
    suite_path: Path | None, named: str, engine: str, say: Callable[[str], object]
) -> tuple[Reply, Exit]:
    """Build the cell twice and compare the two images.

    Raises UsageError before anything starts; FailedError if it does not build; InfrastructureError.
    """
    has_containers(engine)
    suite = open_suite(suite_path)
    cell = _cell(suite, named)
    wanted = order(suite, cell)
    from harness.engines.oci.rebuilding import built_twice

    cache = places().cache.absolute()
    with (
        container_engine(suite, engine) as opened,
        built_twice(opened, wanted, cache, say) as images,
    ):
        found = _compared(cell.id, images, say)
    return _reply(found), found.exit


def _cell(suite: Suite, named: str) -> Cell:
    (cell, *more) = select(suite, [named], [])
    if more:
        raise UsageError(f"{named!r} matches several cells", remedy="name one cell")
    if not cell.base:
        raise UsageError(f"{cell.id} is not built", remedy="name a cell that has a `base`")
    return cell


def _compared(
    cell: str, images: Sequence[HeldImage], say: Callable[[str], object]
) -> RebuildAnswer:
    told = [tuple(image.inspected["RootFS"]["Layers"]) for image in images]
    shared = frozenset(told[0]) & frozenset(told[1])
    if told[0] == told[1]:
        return RebuildAnswer(cell=cell, layers=len(told[0]), shared=len(told[0]), differences=())
    say(f"{cell}: reading what differs")
    one, other = (_read(image, shared) for image in images)
    problems = (*one.problems, *other.problems)
    found = [
        RebuiltFile(path="", what=each, reasons=(DifferenceReason.UNEXPLAINED,))
        for each in problems
    ]
    if len(one.files) != len(other.files):
        what = f"{len(one.files)} and {len(other.files)} layers differ"
        found.append(RebuiltFile(path="", what=what, reasons=(DifferenceReason.UNEXPLAINED,)))
    for first, second in zip(one.files, other.files, strict=False):
        found += differing(first, second)
    return RebuildAnswer(
        cell=cell, layers=len(told[0]), shared=len(shared), differences=tuple(found)
    )


def _read(image: HeldImage, shared: frozenset[str]) -> LayersRead:
    name = Path(str(image.inspected["Id"]))
    host = platform_of(str(image.inspected.get("Architecture") or ""))
    files, problems = [], []
    with saved(image) as stream, opened_archive(name, host, stream=stream) as archive:
        for layer in archive.layers:
            if layer.named in shared:
                continue
            found, problem = files_of(list_files(layer))
            files.append(found)
            problems += (
                [f"layer {layer.named} could not be read completely: {problem}"] if problem else []
            )
    return LayersRead(files=tuple(files), problems=tuple(problems))


def _reply(found: RebuildAnswer) -> Reply:
    rows = [(one.path, ", ".join(one.reasons), one.what) for one in found.differences]
    counts = Counter(", ".join(one.reasons) for one in found.differences)
    lines = [_headline(found, counts)]
    lines += [
        f"  {path or '(the layer)'}: {reasons}: {what}" for path, reasons, what in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        lines.append(f"  and {len(rows) - _SHOWN} more: --format json lists all")
    tree = {
        "cell": found.cell,
        "layers": found.layers,
        "equal_layers": found.shared,
        "equal": not found.differences,
        "explained": found.exit is Exit.OK,
        "differences": [
            {"path": one.path, "reasons": [str(each) for each in one.reasons], "what": one.what}
            for one in found.differences
        ],
    }
    columns = ("path", "reason", "what differs")
    return Reply(text="\n".join(lines) + "\n", tree=tree, columns=columns, rows=rows)


def _headline(found: RebuildAnswer, counts: Counter[str]) -> str:
    if not found.differences:
        return f"{found.cell}: two builds are equal in all {found.layers} layers"
    told = ", ".join(f"{number} {reason}" for reason, number in sorted(counts.items()))
    what = "only for known reasons" if found.exit is Exit.OK else "not all for known reasons"
    return f"{found.cell}: two builds differ, {what}: {told}"

"""Reports on very many cells: which cells are shown in full, and which have a page of their own.

Nobody reads `MANY` or more cells one by one. Cells with findings are shown in full, the worst
first, and the HTML report has a page for each. For the others a report has only the verdict, the
level and the numbers; `harness report RUN --cell ID` shows the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.compare.judgement import CellJudgement, Judgement
from harness.compare.many import MANY
from harness.compare.narrowed import narrowed
from harness.formats.page.anchors import anchors

PAGES = 100
"""At most so many cells have a page, and are shown in full in other reports: the worst ones."""


def told_whole(cells: Sequence[CellJudgement], reference: str) -> frozenset[str]:
    """The ids of the cells that a report shows in full: all if there are few, else the reference
    and the cells with findings."""
    if len(cells) < MANY:
        return frozenset(one.cell.id for one in cells)
    found = sorted((one for one in cells if one.findings), key=lambda one: -one.verdict.severity)
    return frozenset((*(one.cell.id for one in found[:PAGES]), reference)) - {""}


def pages(cells: Sequence[CellJudgement], reference: str, run: str) -> Mapping[str, str]:
    """The path of each cell's page, relative to the report on the run, by cell id."""
    if len(cells) < MANY:
        return {}
    whole = told_whole(cells, reference)
    named = anchors("cell", [one.cell.id for one in cells if one.cell.id in whole])
    return {cell: f"{run}-cells/{name}.html" for cell, name in named.items()}


def parts(judged: Judgement) -> Iterator[tuple[str, Judgement]]:
    """The path of each page of one cell, relative to the report, and the judgement it shows."""
    for cell, place in pages(judged.cells, judged.reference, judged.run.id).items():
        yield place, narrowed(judged, {cell})

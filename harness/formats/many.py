"""Reports on very many cells: which of them are told whole, and which have pages of their own.

From `MANY` cells on nobody reads them all. Those with findings are told whole, the worst first, and
the HTML report has a page for each; of the others a report has the verdict, the level and the
numbers, and `harness report RUN --cell ID` tells the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.compare.judgement import CellJudgement, Judgement
from harness.compare.many import MANY
from harness.compare.narrowed import narrowed
from harness.formats.page.anchors import anchors

PAGES = 100
"""Cells that have a page, and differences in the other reports; of more, the worst."""


def told_whole(cells: Sequence[CellJudgement], reference: str) -> frozenset[str]:
    """The ids of the cells that a report tells whole: all of them where they are not many, else
    those with findings and the reference."""
    if len(cells) < MANY:
        return frozenset(one.cell.id for one in cells)
    found = sorted((one for one in cells if one.findings), key=lambda one: -one.verdict.severity)
    return frozenset((*(one.cell.id for one in found[:PAGES]), reference)) - {""}


def pages(cells: Sequence[CellJudgement], reference: str, run: str) -> Mapping[str, str]:
    """By the id of a cell that has a page: its place beside the report on the run."""
    if len(cells) < MANY:
        return {}
    whole = told_whole(cells, reference)
    named = anchors("cell", [one.cell.id for one in cells if one.cell.id in whole])
    return {cell: f"{run}-cells/{name}.html" for cell, name in named.items()}


def parts(judged: Judgement) -> Iterator[tuple[str, Judgement]]:
    """The place beside the report of each page of one cell, and what it is to tell."""
    for cell, place in pages(judged.cells, judged.reference, judged.run.id).items():
        yield place, narrowed(judged, {cell})

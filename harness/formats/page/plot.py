"""A plot as a value, and what all plots share: which cells are drawn, how numbers are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.judgement import CellJudgement


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyRow:
    """One line of a plot's key."""

    cell: str
    color: str
    dashes: str
    told: tuple[str, ...]
    """The figures behind the line, one for each column of the key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plot:
    """One plot with the text that belongs to it."""

    anchor: str
    heading: str
    caption: str
    svg: str
    """Markup made here, which is safe to insert as it is."""
    columns: tuple[str, ...] = ()
    """Headings of the key's columns, after the cell's."""
    key: tuple[KeyRow, ...] = ()


def drawn(cells: Iterable[CellJudgement], reference: str, most: int) -> list[CellJudgement]:
    """At most `most` cells, in their original order: the reference, and those with the worst
    verdicts."""
    told = list(cells)
    ranked = sorted(told, key=lambda one: (one.cell.id != reference, -one.verdict.severity))
    kept = {one.cell.id for one in ranked[:most]}
    return [one for one in told if one.cell.id in kept]


def more(there: int, shown: int, what: str) -> str:
    """A text about those that are not drawn; empty if all are."""
    return f" {there - shown} more {what} are left out." if there > shown else ""


def plain(value: float) -> str:
    """A number for a tick."""
    return f"{value:.6g}"

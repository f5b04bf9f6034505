"""The nights up to a run on the page: a small plot of each primary metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.compare.judgement import CellJudgement
from harness.formats.history import (
    brief_change,
    change_told,
    inputs_told,
    over,
    p_told,
    value_told,
)
from harness.formats.page.plot import drawn
from harness.formats.page.sparks import spark_plot
from harness.history.past import SHOWN_NIGHTS, Past
from harness.history.series import FactSeries

CELLS = 60
"""At most so many cells have their nights drawn: those with the worst verdicts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NightsRow:
    """One metric of one cell."""

    cell: str
    fact: str
    plot: Any
    """Markup made here, which is safe to insert as it is."""
    last: str
    nights: int
    change: str
    inputs: str
    """What changed with it; empty if there was no change."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryPart:
    """What the page shows of the nights up to its run."""

    rows: tuple[NightsRow, ...]
    runs: tuple[tuple[str, str], ...]
    """The runs that were used, as (id, day), oldest first."""
    left_out: int
    """How many cells have a history that is not drawn."""


def history_part(
    past: Past | None, cells: Sequence[CellJudgement], reference: str
) -> HistoryPart | None:
    """Prepare the history for the page; None if there is none."""
    from markupsafe import Markup

    if past is None or not past.nights:
        return None
    runs = [one.run for one in past.nights[-SHOWN_NIGHTS:]]
    by_cell: dict[str, list[FactSeries]] = {}
    for one in past.series:
        by_cell.setdefault(one.track.cell, []).append(one)
    told = [one for one in cells if one.row in by_cell]
    shown = drawn(told, reference, CELLS)
    return HistoryPart(
        rows=tuple(
            NightsRow(
                cell=cell.cell.id,
                fact=one.fact,
                plot=Markup(_plot(one, runs)),
                last=value_told(one.fact, one.last),
                nights=sum(value is not None for value in over(one, runs)),
                change=_change(one),
                inputs=inputs_told(one.changes[-1]) if one.changes else "",
            )
            for cell in shown
            for one in by_cell[cell.row]
        ),
        runs=tuple((one.run, one.started[:10]) for one in past.nights[-SHOWN_NIGHTS:]),
        left_out=len(by_cell) - len(shown),
    )


def _change(one: FactSeries) -> str:
    return change_told(one.fact, one.changes[-1]) if one.changes else brief_change(one)


def _plot(one: FactSeries, runs: Sequence[str]) -> str:
    values = over(one, runs)
    behind = {change.after for change in one.changes}
    told = [value for value in values if value is not None]
    span = ""
    if told:
        low, high = (value_told(one.fact, value) for value in (min(told), max(told)))
        span = f", from {low} to {high}"
    last = one.changes[-1] if one.changes else None
    title = f"{one.track.cell}: {one.fact} over {len(told)} nights{span}"
    if last is not None:
        title += f"; changed on {last.day}" + (f", {p_told(last)}" if last.p is not None else "")
    return spark_plot(
        values,
        title=title,
        changed=[place for place, run in enumerate(runs) if run in behind],
        aside=[place for place, run in enumerate(runs) if run in one.lone],
    )

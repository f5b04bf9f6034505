"""`harness compare A B`: two environments side by side, wherever their records come from.

A side is a cell of the suite (its latest record; run first where there is none), `RUN:CELL`
(imported runs too), or `host:PYTHON`, an interpreter of this machine as it is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.compare.comparison import Side, compare_cells
from harness.compare.judgement import Comparison
from harness.compare.rules import run_date
from harness.errors import UsageError
from harness.model import Cell, Suite
from harness.probing.probe import suite_probes
from harness.running.perform import perform
from harness.running.progress import Progress
from harness.running.session import AUTO, open_suite, places
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.suite.selection import select


def compare(
    suite_path: Path | None, one: str, other: str, engine: str, progress: Progress
) -> Comparison:
    """Hold `other` against `one`. Raises UsageError, MatrixError, InfrastructureError."""
    with Store(places().store) as store:
        suite = open_suite(suite_path)
        first = None if _is_host(one) else _recorded(store, suite, one, engine, progress)
        second = None if _is_host(other) else _recorded(store, suite, other, engine, progress)
        # A host interpreter claims what the other side claims: that is the question.
        first = first or _host(store, suite, one, second, progress)
        second = second or _host(store, suite, other, first, progress)
    return compare_cells(first, second, rules=suite.rules, at=run_date(second.run))


def _is_host(side: str) -> bool:
    return side.startswith("host:")


def _recorded(store: Store, suite: Suite, side: str, engine: str, progress: Progress) -> Side:
    named, colon, cell = side.partition(":")
    if colon:
        run = store.resolve(named)
        if cell not in {each.id for each in run.cells}:
            known = ", ".join(each.id for each in run.cells)
            raise UsageError(f"run {run.id} has no cell {cell!r}", remedy=f"it has: {known}")
        return Side(run=run, records=store.records(run.id), cell=cell)
    found = store.latest_records_of(side)
    if found is not None:
        run, records = found
        return Side(run=run, records=records, cell=side)
    (chosen, *more) = select(suite, [side], [])
    if more:
        raise UsageError(f"{side!r} means several cells", remedy="name one cell on each side")
    return _performed(store, suite, chosen, engine, progress)


def _host(store: Store, suite: Suite, side: str, other: Side | None, progress: Progress) -> Side:
    claims: tuple[tuple[str, str], ...] = ()
    if other is not None:
        claims = next(cell for cell in other.run.cells if cell.id == other.cell).framework
    cell = Cell(id=side, host=side.removeprefix("host:"), framework=claims)
    return _performed(store, replace(suite, cells=(cell,)), cell, "host", progress)


def _performed(store: Store, suite: Suite, cell: Cell, engine: str, progress: Progress) -> Side:
    probes = suite_probes(suite)
    run, _ = perform(suite, [cell], probes, Wanted(engine=engine or AUTO), store, progress)
    return Side(run=run, records=store.records(run.id), cell=cell.id)

"""The comparison of two cells of a session's run, for hand-written tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from harness.compare.comparison import Side, compare_cells
from harness.compare.judgement import Comparison
from harness.compare.rules import run_date
from harness.model import Cell, Outcome, Record, Run, Verdict
from harness.outcomes import unanswered
from harness.testing.facts import Refuse
from harness.testing.selected import Selection


class Reads(Protocol):
    """What gives the run and the records of some cells, as soon as they are there."""

    def run(self, *cells: str) -> tuple[Run, tuple[Record, ...]]:
        """Waits for them."""


def comparing(
    reader: Reads, chosen: Selection, cell: Cell, refuse: Refuse
) -> Callable[..., Comparison]:
    """A function that holds `cell` against another: the suite's reference where none is named.

    `refuse` ends the test where that other is not in the run, or either of the two was lost to
    infrastructure.
    """

    def compare(reference: str = "") -> Comparison:
        other = reference or chosen.reference
        if other not in {one.id for one in chosen.cells}:
            refuse(Verdict.FAIL, f"{other} is not selected, so {cell.id} has not been run with it")
        run, records = reader.run(cell.id, other)
        known = {one.id for one in run.cells}
        if other not in known:
            refuse(Verdict.FAIL, f"{other} was deselected, so {cell.id} was not run with it")
        for record in records:
            _usable(record, refuse)
        one, two = (
            Side(run=run, records=[each for each in records if each.cell == name], cell=name)
            for name in (other, cell.id)
        )
        return compare_cells(one, two, rules=run.rules, at=run_date(run))

    return compare


def _usable(record: Record, refuse: Refuse) -> None:
    how = unanswered(record)
    if how is None:
        return
    if how.verdict is Verdict.INFRASTRUCTURE or record.outcome is Outcome.HOST_INCOMPATIBLE:
        refuse(how.verdict, f"{record.cell} has no answer to {record.probe}: {record.reason}")

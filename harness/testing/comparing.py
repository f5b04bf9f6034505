"""The comparison of two cells of a session's run, for hand-written tests.

What `compare()` gives is true where the two agree, and says in a failing assertion what differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from harness.compare.comparison import Side, compare_cells
from harness.compare.differences import Difference
from harness.compare.items import explained
from harness.compare.judgement import (
    CellJudgement,
    Comparison,
    Finding,
    NotJudged,
    RuleUse,
    worst_of,
)
from harness.compare.rules import Judged, run_date
from harness.compare.shown import difference_line
from harness.model import Cell, Outcome, Record, Run, Verdict
from harness.outcomes import unanswered
from harness.testing.facts import Refuse
from harness.testing.selected import Selection
from harness.text import clean_line, inert_in_ci

_TOLD = 20
_ON_ONE_LINE = 200
"""pytest cuts what it prints of an object in the middle, from 240 characters on."""


class Findings(tuple[Finding, ...]):
    """Findings that print themselves as a person reads them."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self:
            return "()"
        count = f"{len(self)} findings, first " if len(self) > 1 else ""
        told = f"{count}{self[0].verdict}: {self[0].cell}: {self[0].title}"
        return f"<{inert_in_ci(clean_line(told, _ON_ONE_LINE))}>"

    @property
    def told(self) -> str:
        """All of them, with evidence, cause and remedy; safe to print."""
        return explained(self) if self else "no finding"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class CellComparison:
    """A cell held against another of the same run. docs/pytest.md lists its attributes."""

    candidate: CellJudgement
    """The test's own cell, as judged."""
    reference: CellJudgement
    """The one that it is held against."""
    run: str
    """Id of the run that both were in."""
    findings: Findings
    """What is wrong with either, and where they drift apart; worst first."""
    not_judged: tuple[NotJudged, ...]
    """Facts that differ and that no rule judges."""
    let_pass: tuple[RuleUse, ...]
    """How many differences each rule let pass."""
    notices: tuple[str, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every fact that differs, judged."""
        return self.candidate.differences

    @property
    def same(self) -> int:
        """How many facts are equal."""
        return self.candidate.same

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings; unverified where nothing was held against anything."""
        worst = worst_of(self.findings)
        held = self.candidate.compared and (self.same or self.differences)
        return Verdict.UNVERIFIED if worst is Verdict.PASS and not held else worst

    def __bool__(self) -> bool:
        return self.verdict is Verdict.PASS

    def __repr__(self) -> str:
        first = f": {self.findings[0].title}" if self.findings else ""
        return f"<{clean_line(f'{self.title}: {self.verdict}{first}', _ON_ONE_LINE)}>"

    def __str__(self) -> str:
        return self.told

    @property
    def title(self) -> str:
        """Which is held against which, on one line."""
        told = f"{self.candidate.cell.id} against {self.reference.cell.id}"
        return inert_in_ci(clean_line(told))

    @property
    def told(self) -> str:
        """All of it as a person reads it; safe to print."""
        differing = len(self.differences)
        lines = [
            f"{self.title}, run {self.run}: {self.verdict}; "
            f"{self.same} facts are the same, {differing} differ"
        ]
        lines += self.findings.told.splitlines()
        lines += _others(self.differences)
        return "\n".join(lines)


def _others(differences: tuple[Difference, ...]) -> Iterator[str]:
    """Differences that are no finding, with why they are none."""
    others = [one for one in differences if one.judged is not Judged.DRIFT]
    for one in others[:_TOLD]:
        why = f": {one.reason}" if one.reason else ""
        yield inert_in_ci(f"{one.judged}: {clean_line(difference_line(one))}{clean_line(why)}")
    if len(others) > _TOLD:
        yield f"and {len(others) - _TOLD} more"


def of_comparison(made: Comparison) -> CellComparison:
    """What a hand-written test gets of a comparison."""
    return CellComparison(
        candidate=made.candidate,
        reference=made.reference,
        run=made.candidate_run.id,
        findings=Findings(made.findings),
        not_judged=made.not_judged,
        let_pass=made.let_pass,
        notices=made.notices,
    )


def told_in_assertion(*sides: object) -> list[str] | None:
    """What an assertion prints that holds findings or a comparison against something; None where
    neither side is one."""
    for side in sides:
        if isinstance(side, Findings | CellComparison):
            return [repr(side), *side.told.splitlines()]
    return None


class Reads(Protocol):
    """What gives the run and the records of some cells, as soon as they are there."""

    def run(self, *cells: str) -> tuple[Run, tuple[Record, ...]]:
        """Waits for them."""


def comparing(
    reader: Reads, chosen: Selection, cell: Cell, refuse: Refuse
) -> Callable[..., CellComparison]:
    """A function that holds `cell` against another: the suite's reference where none is named.

    `refuse` ends the test where that other is not in the run, or either of the two was lost to
    infrastructure.
    """

    def compare(reference: str = "") -> CellComparison:
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
        return of_comparison(compare_cells(one, two, rules=run.rules, at=run_date(run)))

    return compare


def _usable(record: Record, refuse: Refuse) -> None:
    how = unanswered(record)
    if how is None:
        return
    if how.verdict is Verdict.INFRASTRUCTURE or record.outcome is Outcome.HOST_INCOMPATIBLE:
        refuse(how.verdict, f"{record.cell} has no answer to {record.probe}: {record.reason}")

"""The comparison of two cells of a session's run, for hand-written tests.

The value of `compare()` is true if the two cells agree; in a failing assertion it prints what
differs.
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
"""pytest shortens the representation of an object in the middle if it has 240 characters or
more."""


class Findings(tuple[Finding, ...]):
    """Findings that print themselves in readable form."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self:
            return "()"
        count = f"{len(self)} findings, first " if len(self) > 1 else ""
        told = f"{count}{self[0].verdict}: {self[0].cell}: {self[0].title}"
        return f"<{inert_in_ci(clean_line(told, _ON_ONE_LINE))}>"

    @property
    def told(self) -> str:
        """All findings with evidence, cause and remedy; safe to print."""
        return explained(self) if self else "no finding"


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class CellComparison:
    """A cell compared with another one of the same run. docs/pytest.md lists the attributes."""

    candidate: CellJudgement
    """The cell of the test, as judged."""
    reference: CellJudgement
    """The cell it is compared with."""
    run: str
    """Id of the run that both belong to."""
    findings: Findings
    """The defects of either cell and the drift between them, worst first."""
    not_judged: tuple[NotJudged, ...]
    """Facts that differ and that no rule judges."""
    let_pass: tuple[RuleUse, ...]
    """How many differences each rule let pass."""
    notices: tuple[str, ...]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Every fact that differs, judged."""
        return tuple(self.candidate.differences)

    @property
    def same(self) -> int:
        """How many facts are equal."""
        return self.candidate.same

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the findings; unverified if no facts were compared."""
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
        """Which cell is compared with which, on one line."""
        told = f"{self.candidate.cell.id} against {self.reference.cell.id}"
        return inert_in_ci(clean_line(told))

    @property
    def told(self) -> str:
        """The whole comparison in readable form; safe to print."""
        differing = len(self.differences)
        lines = [
            f"{self.title}, run {self.run}: {self.verdict}; "
            f"{self.same} facts are the same, {differing} differ"
        ]
        lines += self.findings.told.splitlines()
        lines += _others(self.differences)
        return "\n".join(lines)


def _others(differences: tuple[Difference, ...]) -> Iterator[str]:
    """Differences that are not findings, with the reason."""
    others = [one for one in differences if one.judged is not Judged.DRIFT]
    for one in others[:_TOLD]:
        why = f": {one.reason}" if one.reason else ""
        yield inert_in_ci(f"{one.judged}: {clean_line(difference_line(one))}{clean_line(why)}")
    if len(others) > _TOLD:
        yield f"and {len(others) - _TOLD} more"


def of_comparison(made: Comparison) -> CellComparison:
    """The value that a hand-written test gets for a comparison."""
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
    """What a failing assertion prints if one side is findings or a comparison; None if neither
    is."""
    for side in sides:
        if isinstance(side, Findings | CellComparison):
            return [repr(side), *side.told.splitlines()]
    return None


class Reads(Protocol):
    """A source of the run and the records of some cells, which waits until they are there."""

    def run(self, *cells: str) -> tuple[Run, tuple[Record, ...]]:
        """Wait for the records of these cells."""


def comparing(
    reader: Reads, chosen: Selection, cell: Cell, refuse: Refuse
) -> Callable[..., CellComparison]:
    """A function that compares `cell` with another one, by default with the suite's reference.

    `refuse` ends the test if the other cell is not in the run, or if infrastructure kept one of the
    two from answering.
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

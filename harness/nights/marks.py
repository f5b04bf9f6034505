"""What counts as bad in a search for the first bad day: what the bad day shows and the good one
does not."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.kinds import FindingKind
from harness.model import Verdict
from harness.nights.bisected import DayStanding
from harness.nights.seen import SeenCell, SeenFinding

_CONSEQUENCE = FindingKind.LEVEL_MISSED
"""A missed level follows from other findings, and different causes can miss the same level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """The findings that make a day bad."""

    findings: tuple[SeenFinding, ...] = ()
    asked: frozenset[str] = frozenset()
    """The probes that were asked when these findings were seen."""
    of_both: tuple[SeenFinding, ...] = ()
    """Failures that the good day shows too; filled only where nothing else is bad."""

    @property
    def worded(self) -> tuple[str, ...]:
        """Each finding in words, with its id."""
        return tuple(_worded(one) for one in self.findings or self.of_both)


def marks_between(good: SeenCell, bad: SeenCell, finding: str = "") -> Marks:
    """Return what distinguishes the bad day from the good one: every failure that only the bad one
    has. With `finding`, only the finding of that id counts, whatever its verdict."""
    if finding:
        named = tuple(one for one in bad.findings if one.id == finding)
        before = tuple(one for one in good.findings if one.id == finding)
        return Marks(findings=() if before else named, asked=bad.probes, of_both=before)
    fails = [one for one in bad.findings if one.finding.verdict is Verdict.FAIL]
    causes = [one for one in fails if one.finding.kind is not _CONSEQUENCE]
    fails = causes or fails
    news = tuple(one for one in fails if not good.has(one))
    return Marks(findings=news, asked=bad.probes, of_both=() if news else tuple(fails))


def standing_of(seen: SeenCell, marks: Marks) -> tuple[DayStanding, str]:
    """Judge a day and say why: bad where it shows any of the marks, good where it certainly shows
    none, otherwise skipped."""
    shown = [one for one in marks.findings if seen.has(one)]
    if shown:
        return DayStanding.BAD, "; ".join(_worded(one) for one in shown)
    others = [_worded(one) for one in seen.findings if one.finding.verdict is Verdict.FAIL]
    lacking = all(seen.lacks(one, marks.asked) for one in marks.findings)
    if seen.whole and seen.answered and lacking:
        told = f"the failure searched for is absent; it shows {others[0]}" if others else ""
        return DayStanding.GOOD, told or _no_failure(seen)
    told = others[0] if others else "no answer"
    return DayStanding.SKIPPED, f"it is not known whether it shows the failure searched for: {told}"


def _no_failure(seen: SeenCell) -> str:
    unanswered = sorted(seen.probes - seen.answered)
    if not unanswered:
        return "no failure"
    # A search that finds nothing must not hide that a probe raised.
    return (
        f"no failure that counts: {', '.join(unanswered)} did not answer, but shows only levels "
        f"above {seen.cell.level}, which the cell should reach"
    )


def _worded(one: SeenFinding) -> str:
    return f"{one.finding.title.splitlines()[0]} [{one.id}]" if one.finding.title else one.id

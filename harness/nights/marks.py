"""What counts as bad in a search for the first bad day: what one day shows and another does not."""

from __future__ import annotations

from dataclasses import dataclass

from harness.compare.kinds import FindingKind
from harness.model import Verdict
from harness.nights.bisected import DayStanding
from harness.nights.seen import SeenCell, SeenFinding

_CONSEQUENCE = FindingKind.LEVEL_MISSED
"""Follows of other findings; another cause may miss the same level."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Marks:
    """The findings that a day is bad by."""

    findings: tuple[SeenFinding, ...] = ()
    asked: frozenset[str] = frozenset()
    """The probes that were asked when they were seen."""
    of_both: tuple[SeenFinding, ...] = ()
    """What would be bad, but the good day shows it too; only where there is nothing else."""

    @property
    def worded(self) -> tuple[str, ...]:
        """Each in words, with its id."""
        return tuple(_worded(one) for one in self.findings or self.of_both)


def marks_between(good: SeenCell, bad: SeenCell, finding: str = "") -> Marks:
    """What tells the bad day from the good one: every failure that the good one does not have; with
    `finding` the finding of that id alone, whatever its verdict."""
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
    """What a day is, and why: bad where it shows any mark, good where it is known that it has none,
    else neither."""
    shown = [one for one in marks.findings if seen.has(one)]
    if shown:
        return DayStanding.BAD, "; ".join(_worded(one) for one in shown)
    others = [_worded(one) for one in seen.findings if one.finding.verdict is Verdict.FAIL]
    lacking = all(seen.lacks(one, marks.asked) for one in marks.findings)
    if seen.whole and seen.answered and lacking:
        told = f"what is looked for is not there; it shows {others[0]}" if others else "no failure"
        return DayStanding.GOOD, told
    told = others[0] if others else "no answer"
    return DayStanding.SKIPPED, f"what is looked for cannot be told: {told}"


def _worded(one: SeenFinding) -> str:
    return f"{one.finding.title.splitlines()[0]} [{one.id}]" if one.finding.title else one.id

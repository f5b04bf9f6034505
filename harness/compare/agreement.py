"""L4, agrees: what was shown about a cell against its reference, and what keeps it from that level.

L4 rests on two things: over rounds, the accuracy is shown to lie inside the margin; and the losses
of the first ten steps differ by no more than another kernel causes. Step time plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.compare.early import EarlyLosses, Likeness
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.levels import Basis, Ladder, LevelMark, LevelStanding
from harness.compare.measurement import Measured
from harness.compare.statistics.decision import Decision
from harness.compare.statistics.paired import Scale
from harness.compare.telling import said, why_untold
from harness.model import Cell, Level

_REMEDY = "run more rounds of both, interleaved: harness compare A B --rounds auto"


def agreement(
    ladder: Ladder, measured: Iterable[Measured], early: Sequence[EarlyLosses]
) -> LevelMark:
    """Return the mark of L4 for a cell that was compared with its reference."""
    own, why, basis = _own(tuple(measured), early)
    reached = ladder.reached.rank >= Level.L3.rank
    return LevelMark(
        level=Level.L4,
        standing=own if reached else LevelStanding.BLOCKED,
        own=own,
        why=why if reached else f"{why}; a level before it is not reached",
        rests_on=(Basis(method=basis),) if own is LevelStanding.REACHED and reached else (),
        remedy=_REMEDY if own is LevelStanding.UNVERIFIED else "",
    )


def with_agreement(ladder: Ladder, mark: LevelMark) -> Ladder:
    """Return the ladder with this mark as its last level."""
    marks = (*(one for one in ladder.marks if one.level is not Level.L4), mark)
    reached = Level.L4 if mark.standing is LevelStanding.REACHED else ladder.reached
    return replace(ladder, marks=marks, reached=reached)


def of_agreement(cell: Cell, mark: LevelMark) -> tuple[Finding, ...]:
    """Return the finding for a cell that should agree and does not, or does not show it. Where a
    lower level blocks L4, that level has a finding of its own."""
    missed = mark.standing in (LevelStanding.FAILED, LevelStanding.UNVERIFIED)
    if cell.level is not Level.L4 or not missed:
        return ()
    failed = mark.standing is LevelStanding.FAILED
    kind = FindingKind.LEVEL_MISSED if failed else FindingKind.LEVEL_UNTOLD
    words = {
        "level": mark.level,
        "meaning": mark.level.meaning,
        "why": mark.why,
        "remedy": mark.remedy,
    }
    return (finding(kind, cell, words, level=Level.L4),)


def _own(
    measured: tuple[Measured, ...], early: Sequence[EarlyLosses]
) -> tuple[LevelStanding, str, str]:
    """Return (standing, why, what it rests on)."""
    accuracies = [one for one in measured if one.primary and one.metric.scale is Scale.SHARE]
    if not accuracies:
        return LevelStanding.UNVERIFIED, "no accuracy of both was measured", ""
    for one in accuracies:
        if one.decided.decision is Decision.DRIFT:
            return LevelStanding.FAILED, f"{one.metric.fact}: {said(one)}", ""
    for losses in early:
        if losses.likeness is Likeness.ALGORITHM:
            return LevelStanding.FAILED, losses.told, ""
    for one in accuracies:
        if one.decided.decision is not Decision.SAME:
            return LevelStanding.UNVERIFIED, f"{one.metric.fact}: {why_untold(one)}", ""
    if not early:
        return LevelStanding.UNVERIFIED, "no early losses of both can be compared", ""
    for losses in early:
        if losses.likeness is Likeness.RANDOM_STREAM:
            return LevelStanding.UNVERIFIED, losses.told, ""
    why = "; ".join([*(f"{one.metric.fact}: {said(one)}" for one in accuracies), early[0].told])
    return LevelStanding.REACHED, why, "accuracy inside the margin over rounds, and early losses"

"""At which rhythm a suite runs, and whether a night is missing: that is an alarm of its own."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from harness.model import KeptNight

LEAST_INTERVALS = 4
"""Fewer make no rhythm."""
ALIKE = 0.25
"""How far an interval may lie from the usual one, as a share of it."""
REGULAR = 0.75
"""The share of intervals that must be alike."""
ALLOWED = 1.5
"""Intervals after which the next night is missing."""


def whole_nights(nights: Sequence[KeptNight]) -> tuple[KeptNight, ...]:
    """The runs that count as nights: a run of a few cells, made meanwhile, is none. Those with at
    least half as many cells as the run with the most."""
    most = max((one.cells for one in nights), default=0)
    return tuple(one for one in nights if 2 * one.cells >= most)


def rhythm_of(starts: Sequence[datetime]) -> timedelta | None:
    """The usual time from one run to the next (their starts, oldest first); None: they keep no
    rhythm, or are too few."""
    intervals = [(other - one).total_seconds() for one, other in pairwise(starts)]
    if len(intervals) < LEAST_INTERVALS:
        return None
    usual = statistics.median(intervals)
    alike = sum(abs(one - usual) <= ALIKE * usual for one in intervals)
    return timedelta(seconds=usual) if usual and alike >= REGULAR * len(intervals) else None


def missing_between(one: datetime, other: datetime, every: timedelta) -> int:
    """How many nights are missing between two moments, the first of which had one."""
    passed = other - one
    return max(1, round(passed / every) - 1) if passed > ALLOWED * every else 0


def starts_of(nights: Iterable[KeptNight]) -> tuple[datetime, ...]:
    """When runs began; those that do not say so are left out."""
    return tuple(at for one in nights if (at := moment(one.started)) is not None)


def moment(written: str) -> datetime | None:
    """A time as runs write it; None: it is none."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def gap_before(nights: Sequence[KeptNight]) -> str:
    """What is said of a run, the last of these nights, before which nights are missing; empty: none
    is. It follows from the runs alone, not from today."""
    whole = tuple(one for one in whole_nights(nights) if moment(one.started) is not None)
    starts = starts_of(whole)
    every = rhythm_of(starts)
    if every is None or nights[-1] != whole[-1]:
        return ""
    earlier, last = starts[-2:]
    missing = missing_between(earlier, last, every)
    if not missing:
        return ""
    count = "a night is" if missing == 1 else f"{missing} nights are"
    return (
        f"{count} missing before this one: the suite runs every {span(every)}, and the run before, "
        f"{whole[-2].run}, began {span(last - earlier)} earlier"
    )


def span(one: timedelta) -> str:
    """A time in a fitting unit: up to two days in hours."""
    hours = one.total_seconds() / 3600
    if hours < 1:
        return f"{one.total_seconds() / 60:.0f} minutes"
    if hours <= 48:
        return f"{hours:.3g} hours"
    return f"{hours / 24:.3g} days"

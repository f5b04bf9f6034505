"""How regularly a suite runs, and whether a night is missing, which is reported as an alarm of its
own."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from harness.model import KeptNight

LEAST_INTERVALS = 4
"""With fewer intervals than this there is no rhythm."""
ALIKE = 0.25
"""How far an interval may lie from the usual one, as a share of the usual one."""
REGULAR = 0.75
"""The share of intervals that must be close to the usual one."""
ALLOWED = 1.5
"""How many usual intervals may pass before the next night counts as missing."""


def whole_nights(nights: Sequence[KeptNight]) -> tuple[KeptNight, ...]:
    """Return the runs that count as nights: those with at least half as many cells as the largest
    run. A run of only a few cells, made in between, does not count."""
    most = max((one.cells for one in nights), default=0)
    return tuple(one for one in nights if 2 * one.cells >= most)


def rhythm_of(starts: Sequence[datetime]) -> timedelta | None:
    """Return the usual time from one run to the next, given their starts, oldest first. None where
    there are too few runs or they are not regular."""
    intervals = [(other - one).total_seconds() for one, other in pairwise(starts)]
    if len(intervals) < LEAST_INTERVALS:
        return None
    usual = statistics.median(intervals)
    alike = sum(abs(one - usual) <= ALIKE * usual for one in intervals)
    return timedelta(seconds=usual) if usual and alike >= REGULAR * len(intervals) else None


def missing_between(one: datetime, other: datetime, every: timedelta) -> int:
    """Return how many nights are missing between two consecutive nights."""
    passed = other - one
    return max(1, round(passed / every) - 1) if passed > ALLOWED * every else 0


def starts_of(nights: Iterable[KeptNight]) -> tuple[datetime, ...]:
    """Return when runs began, leaving out those whose start cannot be read."""
    return tuple(at for one in nights if (at := moment(one.started)) is not None)


def moment(written: str) -> datetime | None:
    """Parse a time as runs write it, in UTC where it names no zone; None where it is not a time."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def gap_before(nights: Sequence[KeptNight]) -> str:
    """Return the sentence about nights that are missing before the last of these runs; empty where
    none is.

    It depends on the runs alone, not on today's date.
    """
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
    """Write a time span in a fitting unit: minutes below one hour, hours up to two days, then
    days."""
    hours = one.total_seconds() / 3600
    if hours < 1:
        return f"{one.total_seconds() / 60:.0f} minutes"
    if hours <= 48:
        return f"{hours:.3g} hours"
    return f"{hours / 24:.3g} days"

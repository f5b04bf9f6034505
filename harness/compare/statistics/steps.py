"""Finds where a series of nights steps from one level to another: screened first, then tested.

Screening is binary segmentation (Scott and Knott, Biometrics 30, 1974): the place that divides a
stretch with the largest |t| is kept if it is remarkable at all, and both halves are searched in the
same way. Then each place is tested by Student's t between its neighbours, the weakest is dropped,
and those beside it are tested again, until all of them hold: the two passes of Fleming and others,
"Hunter: Using Change Point Detection to Hunt for Performance Regressions", ICPE 2023,
arXiv:2301.03034. Because the place was searched for, its p is multiplied by the number of places
considered (Bonferroni; Worsley, JASA 74, 1979: close for the largest |t|). Nothing is random: the
same series gives the same steps.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.compare.statistics.laws import two_sided_p

LEVEL = 0.001
"""The probability that a series without a step is reported to have one."""
SCREENED = 10 * LEVEL
"""The level for screening: ten times as much, since a further step may hide the first."""
LEAST_NIGHTS = 3
"""The fewest nights on each side of a step; fewer are just bad nights."""
_FAR = 5.0
"""A lone night is set aside from this many standard deviations on."""
_BESIDE = 3
"""How many nights on each side are used to decide whether a night stands alone."""
_NORMAL = statistics.NormalDist()
_NORMAL_MAD = 1.4826
"""Standard deviation of a normal distribution divided by its median absolute deviation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelStep:
    """One step of a series."""

    place: int
    """The position of the first value after the step."""
    before: float
    after: float
    """`before` and `after` are the means of the values on each side, up to the neighbouring steps;
    lone nights are left out."""
    p: float
    """The probability of finding so clear a step where there is none."""


def steps(values: Sequence[float], *, least: float = 0.0) -> tuple[LevelStep, ...]:
    """Return the steps of a series, in order.

    A step no larger than `least` does not count, however certain it is. The values are finite and
    on a scale on which differences are meaningful: for times, the logarithm.
    """
    lone = lone_nights(values)
    kept = [place for place in range(len(values)) if place not in lone]
    told = [values[place] for place in kept]
    found = _held(told, _screened(told), least)
    return tuple(
        LevelStep(place=kept[one.place], before=one.before, after=one.after, p=one.p)
        for one in found
    )


def lone_nights(values: Sequence[float]) -> frozenset[int]:
    """Return the nights that lie far from those before and those after: a disturbed host, not a new
    level.

    Far means five standard deviations, estimated robustly from the moves between nights. The newest
    night has none after it; where it lies far from those before, it is set aside until the next
    night shows which it is.
    """
    moves = [abs(other - one) for one, other in pairwise(values)]
    if not moves:
        return frozenset()
    far = _FAR * _NORMAL_MAD * statistics.median(moves) / math.sqrt(2)
    return frozenset(
        place
        for place, value in enumerate(values)
        if all(
            abs(value - statistics.median(side)) > far
            for side in (
                values[max(0, place - _BESIDE) : place],
                values[place + 1 : place + 1 + _BESIDE],
            )
            if side
        )
    )


def _screened(values: Sequence[float]) -> list[int]:
    """Return the places at which a stretch may be divided, in order."""
    found: list[int] = []
    waiting = [(0, len(values))]
    while waiting:
        start, end = waiting.pop()
        place = _clearest(values[start:end])
        if place is None:
            continue
        if _p(values, start, start + place, end) <= SCREENED:
            found.append(start + place)
            waiting += [(start, start + place), (start + place, end)]
    return sorted(found)


def _clearest(values: Sequence[float]) -> int | None:
    """Return where the means of the two parts differ most in relation to the remaining noise; None
    where the stretch is too short.

    With pooled noise, the largest |t| is where the sum of squares between the parts is largest.
    """
    count = len(values)
    if count < 2 * LEAST_NIGHTS:
        return None
    middle = values[0]
    total = math.fsum(value - middle for value in values)
    best, most, passed = None, 0.0, 0.0
    for place in range(1, count - LEAST_NIGHTS + 1):
        passed += values[place - 1] - middle
        if place < LEAST_NIGHTS:
            continue
        apart = passed / place - (total - passed) / (count - place)
        between = apart**2 * place * (count - place)
        if between > most:
            best, most = place, between
    return best


def _p(values: Sequence[float], start: int, place: int, end: int) -> float:
    """Return Student's two-sided p of the two parts of a stretch, times the number of places at
    which it could have been divided. Where that exceeds the screening level, a lower bound is
    returned."""
    one, other = values[start:place], values[place:end]
    level, new = statistics.fmean(one), statistics.fmean(other)
    apart = new - level
    if not apart:
        return 1.0
    squares = math.fsum((value - level) ** 2 for value in one)
    squares += math.fsum((value - new) ** 2 for value in other)
    df = end - start - 2
    error = math.sqrt(squares / df * (1 / len(one) + 1 / len(other)))
    if error <= abs(apart) * 1e-12:
        return 0.0
    places = end - start - 2 * LEAST_NIGHTS + 1
    # Student's t has heavier tails than the normal distribution, so a p that is large by the normal
    # one is at least as large by Student's. Most series therefore never need scipy.
    at_least = 2 * places * _NORMAL.cdf(-abs(apart / error))
    if at_least > SCREENED:
        return min(1.0, at_least)
    return min(1.0, places * two_sided_p(apart / error, df))


def _held(values: Sequence[float], places: list[int], least: float) -> list[LevelStep]:
    """Return the screened places that remain when each is tested between its neighbours."""
    left = list(places)
    while left:
        ends = [0, *left, len(values)]
        tested = [
            _tested(values, ends[at], place, ends[at + 2], least) for at, place in enumerate(left)
        ]
        weakest = max(tested, key=lambda one: (one.p, -abs(one.after - one.before)))
        if weakest.p <= LEVEL:
            return tested
        left.remove(weakest.place)
    return []


def _tested(values: Sequence[float], start: int, place: int, end: int, least: float) -> LevelStep:
    before, after = statistics.fmean(values[start:place]), statistics.fmean(values[place:end])
    small = abs(after - before) <= least
    p = 1.0 if small else _p(values, start, place, end)
    return LevelStep(place=place, before=before, after=after, p=p)

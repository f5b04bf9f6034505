"""What comparing a cell with itself shows about a host: its noise, its false alarms, and the
smallest difference it could find.

Every difference between a cell and itself is noise. How small a difference N rounds would find
follows from that noise and the level of the test: the power of Student's test by the noncentral t
distribution (Cohen, Statistical power analysis for the behavioral sciences, 1988, chapter 2).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.compare.measurement import Measured
from harness.compare.statistics.decision import Decision
from harness.compare.statistics.family import Family
from harness.compare.statistics.laws import one_sided_critical, power
from harness.compare.statistics.noise import HostNoise, Spread, noise_of
from harness.compare.statistics.paired import Scale, told
from harness.model import KnownSpread

FOUND = 0.95
"""The probability of being found from which a difference counts as visible."""
_LARGEST = math.log(10)
"""No larger difference is searched for: ten times as long."""
_STEPS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibratedMetric:
    """What is known about one metric's noise on a host. Shares: 0.03 is 3 %, or 3 points."""

    fact: str
    scale: Scale
    deviation: float
    """The standard deviation of one round's difference from itself: of the logarithm of the ratio,
    or of the share."""
    df: float
    """The weight of the noise in degrees of freedom, never more than the comparisons behind it
    have; 0 where it is not known yet."""
    alarms: int
    """How many comparisons with itself the rule called drift, including those on a busy host."""
    comparisons: int
    smallest: tuple[tuple[int, float | None], ...]
    """(rounds, the smallest difference they find, never below the minimum effect); None where they
    find no sensible one."""


def calibrated(
    measured: Iterable[Measured],
    blocks: Sequence[Sequence[Measured]],
    known: Sequence[KnownSpread],
    rounds: Sequence[int],
) -> tuple[CalibratedMetric, ...]:
    """Return the primary metrics of a cell compared with itself. `blocks` are the comparisons that
    its rounds make; `known` holds the spreads of this and earlier calibrations."""
    return tuple(_metric(one, blocks, known, rounds) for one in measured if one.primary)


def _metric(
    one: Measured,
    blocks: Sequence[Sequence[Measured]],
    known: Sequence[KnownSpread],
    rounds: Sequence[int],
) -> CalibratedMetric:
    metric = one.metric
    of_it = [each for block in blocks for each in block if each.metric.fact == metric.fact]
    spreads = [
        Spread(variance=each.variance, df=each.df)
        for each in known
        if each.metric in (metric.pattern, metric.fact)
    ]
    noise = noise_of(spreads)
    own = max(one.pairing.paired.variance, one.pairing.paired.floor)
    # With too few comparisons to know how they vary, only its own rounds are known.
    together = noise if noise.df > 0 else HostNoise(df=one.decided.rounds - 1, variance=own)
    return CalibratedMetric(
        fact=metric.fact,
        scale=metric.scale,
        deviation=math.sqrt(together.variance),
        df=min(noise.df, noise.df_of_spreads) if noise.df > 0 else 0.0,
        alarms=sum(1 for each in of_it if each.decided.by_rule is Decision.DRIFT),
        comparisons=len(of_it),
        smallest=tuple(
            (number, None if found is None else max(found, one.decided.tolerance.minimum_effect))
            for number in rounds
            for found in [smallest_effect(together, metric.scale, one.family, number)]
        ),
    )


def smallest_effect(noise: HostNoise, scale: Scale, family: Family, rounds: int) -> float | None:
    """Return the smallest difference, as a share, that this many rounds, fixed in advance, find
    with 95 % probability.

    None where they find none below ten times (below 1 for a share). The noise is taken as exactly
    known.
    """
    df = min(noise.df + rounds - 1, noise.df_of_spreads + rounds - 1)
    if rounds < 2 or df <= 0 or noise.variance <= 0:
        return None
    level = family.of_fixed(rounds).difference_level(rounds, scale)
    critical = one_sided_critical(level / 2, df)
    error = math.sqrt(noise.variance / rounds)
    # The search is in standard errors and doubles until the difference is found, because far beyond
    # it the distribution's numbers are not exact.
    low, high = 0.0, 1.0
    while not power(high, critical, df) >= FOUND:
        low, high = high, 2 * high
        if high * error > (_LARGEST if scale is Scale.RATIO else 1.0):
            return None
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle, critical, df) >= FOUND else (middle, high)
    return told(scale, high * error) - 1 if scale is Scale.RATIO else high * error


def as_share(scale: Scale, deviation: float) -> float:
    """Convert a deviation on a scale to what people read; for a ratio, by how much it varies around
    1."""
    return told(scale, deviation) - 1 if scale is Scale.RATIO else deviation

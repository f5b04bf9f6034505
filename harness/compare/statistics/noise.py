"""How noisy a host is: the spread that comparisons share, and how much that knowledge is worth.

The variance that a few rounds show is itself uncertain. It is shrunken towards what the host's
other comparisons show, as far as those agree with each other: Smyth, Linear models and empirical
Bayes methods for assessing differential expression in microarray experiments (2004), sections 3 and
6.2, known as limma's `fitFDist` and `squeezeVar`. How far they agree is estimated from the spread
of their variances, never from the number of rounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.statistics.laws import digamma, inverse_trigamma, tetragamma, trigamma


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The variance of some rounds of one comparison, with `df` degrees of freedom."""

    variance: float
    df: float


@dataclass(frozen=True, kw_only=True, slots=True)
class HostNoise:
    """What is known about a metric's noise before the rounds of a comparison: a variance, and its
    weight in degrees of freedom."""

    df: float = 0.0
    """0 where nothing is known; infinite where every comparison has this variance."""
    variance: float = 0.0
    spreads: int = 0
    """How many variances it was estimated from."""
    df_of_spreads: float = math.inf
    """The degrees of freedom of all those variances together: a test never has more than these and
    its own."""

    def shrunken(self, own: Spread) -> Spread:
        """Return a comparison's own variance shrunken towards this one, with the resulting degrees
        of freedom."""
        if self.df <= 0:
            return own
        together = min(self.df + own.df, max(self.df_of_spreads, own.df))
        if math.isinf(self.df):
            return Spread(variance=self.variance, df=together)
        weighed = (self.df * self.variance + own.df * own.variance) / (self.df + own.df)
        return Spread(variance=weighed, df=together)


UNKNOWN_NOISE = HostNoise()


def noise_of(spreads: Iterable[Spread]) -> HostNoise:
    """Estimate the noise behind the variances of several comparisons, from the moments of their
    logarithms, by trigamma.

    Variances with few degrees of freedom get little weight. How far the true variances spread is
    itself an estimate, which is taken one standard error larger than it looks: claiming to know the
    noise better than one does causes false alarms, while claiming too little only costs some
    rounds. Fewer than three variances do not show how they differ, so nothing is known then. A
    variance of zero (equal times in every round) is no measurement and is left out. The order does
    not matter.
    """
    told = sorted((one for one in spreads if _measured(one)), key=_order)
    if len(told) < _FEWEST:
        return UNKNOWN_NOISE
    logs = [math.log(one.variance) - digamma(one.df / 2) + math.log(one.df / 2) for one in told]
    own = [trigamma(one.df / 2) for one in told]
    fourth = [tetragamma(one.df / 2) for one in told]
    excess = 0.0
    for _ in range(_STEPS):
        mean, excess, error = _moments(logs, own, fourth, max(excess, 0.0))
    df = min(2 * inverse_trigamma(max(excess, 0.0) + error), _BEST_KNOWN)
    return HostNoise(
        df=df,
        variance=math.exp(mean + digamma(df / 2) - math.log(df / 2)),
        spreads=len(told),
        df_of_spreads=math.fsum(one.df for one in told),
    )


_FEWEST = 3
_BEST_KNOWN = 60.0
"""The most degrees of freedom that an estimated noise is given."""
_STEPS = 4


def _moments(
    logs: list[float], own: list[float], fourth: list[float], excess: float
) -> tuple[float, float, float]:
    """Return the mean of the logarithms, the variance of the true ones, and the standard error of
    that variance.

    Each logarithm is weighted by how exactly it is known. It has the variance `own` + `excess`; the
    variance of its squared distance from the mean is twice the square of that, plus the fourth
    cumulant of log chi-squared.
    """
    weights = [1 / (one + excess) for one in own]
    mean = math.fsum(w * one for w, one in zip(weights, logs, strict=True)) / math.fsum(weights)
    known = [1 / (2 * (one + excess) ** 2 + four) for one, four in zip(own, fourth, strict=True)]
    unbiased = len(logs) / (len(logs) - 1)
    found = [
        w * (unbiased * (one - mean) ** 2 - variance)
        for w, one, variance in zip(known, logs, own, strict=True)
    ]
    total = math.fsum(known)
    return mean, math.fsum(found) / total, 1 / math.sqrt(total)


def _measured(one: Spread) -> bool:
    return 0 < one.variance < math.inf and 0 < one.df < math.inf


def _order(one: Spread) -> tuple[float, float]:
    return (one.variance, one.df)

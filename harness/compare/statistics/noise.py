"""How noisy a host is: the spread that cells share, and how much that spread is worth.

The variance that a few rounds show is itself uncertain. It is drawn towards what the host's other
comparisons show, as far as those agree among each other: Smyth, Linear models and empirical Bayes
methods for assessing differential expression in microarray experiments (2004), sections 3 and 6.2,
known as limma's `fitFDist` and `squeezeVar`. How far they agree is estimated from the spread of
their variances; it is never counted from rounds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.statistics.laws import digamma, inverse_trigamma, trigamma


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The variance that some rounds of one comparison showed, on `df` degrees of freedom."""

    variance: float
    df: float


@dataclass(frozen=True, kw_only=True, slots=True)
class HostNoise:
    """What is known of a metric's noise before the rounds of a comparison: a variance, and what it
    weighs in degrees of freedom."""

    df: float = 0.0
    """0: nothing is known; infinite: every comparison has this variance."""
    variance: float = 0.0
    spreads: int = 0
    """From how many variances it was estimated."""
    df_of_spreads: float = math.inf
    """The degrees of freedom of all those variances together: no test has more than these and its
    own."""

    def shrunken(self, own: Spread) -> Spread:
        """A comparison's own variance drawn towards this one, with the degrees of freedom it then
        has."""
        if self.df <= 0:
            return own
        together = min(self.df + own.df, max(self.df_of_spreads, own.df))
        if math.isinf(self.df):
            return Spread(variance=self.variance, df=together)
        weighed = (self.df * self.variance + own.df * own.variance) / (self.df + own.df)
        return Spread(variance=weighed, df=together)


UNKNOWN_NOISE = HostNoise()


def noise_of(spreads: Iterable[Spread]) -> HostNoise:
    """The noise behind variances of several comparisons: moments of their logarithms, by trigamma.

    Fewer than three say nothing of how variances differ: then nothing is known. A variance of zero
    (equal times in every round) is no measurement and is left out. The order does not matter.
    """
    told = sorted((one for one in spreads if one.variance > 0 and one.df > 0), key=_order)
    if len(told) < _FEWEST:
        return UNKNOWN_NOISE
    logs = [math.log(one.variance) - digamma(one.df / 2) + math.log(one.df / 2) for one in told]
    mean = math.fsum(logs) / len(logs)
    around = math.fsum((one - mean) ** 2 for one in logs) / (len(logs) - 1)
    excess = around - math.fsum(trigamma(one.df / 2) for one in told) / len(told)
    total = math.fsum(one.df for one in told)
    if excess <= 0:
        return HostNoise(
            df=math.inf, variance=math.exp(mean), spreads=len(told), df_of_spreads=total
        )
    df = 2 * inverse_trigamma(excess)
    variance = math.exp(mean + digamma(df / 2) - math.log(df / 2))
    return HostNoise(df=df, variance=variance, spreads=len(told), df_of_spreads=total)


_FEWEST = 3


def _order(one: Spread) -> tuple[float, float]:
    return (one.variance, one.df)

"""The distributions behind the decisions, taken from scipy, in plain floats. No p-value is
home-made.

scipy is imported inside the functions, so that a command that judges nothing does not wait for it.
"""

from __future__ import annotations

import math

_MANY = 1e9
"""From this many degrees of freedom on, Student's t equals the normal distribution to the last
digit."""
_CLOSE = 1e-10
_SPREAD_WITHOUT_LIMIT = 1e-7


def two_sided_p(statistic: float, df: float) -> float:
    """Return the probability that a Student's t value lies at least this far from zero, on either
    side."""
    from scipy import special

    far = -abs(statistic)
    return 2 * float(special.ndtr(far) if df >= _MANY else special.stdtr(df, far))


def one_sided_critical(level: float, df: float) -> float:
    """Return the value that Student's t exceeds with the probability `level`, on one side."""
    from scipy import special

    return -float(special.ndtri(level) if df >= _MANY else special.stdtrit(df, level))


def power(shift: float, critical: float, df: float) -> float:
    """Return the probability that |t| exceeds `critical` where the true mean lies `shift` standard
    errors from zero (noncentral Student's t)."""
    from scipy import stats

    if df >= _MANY:
        return float(stats.norm.sf(critical - shift) + stats.norm.cdf(-critical - shift))
    near, far = stats.nct.sf(critical, df, abs(shift)), stats.nct.cdf(-critical, df, abs(shift))
    # scipy gives NaN for the tail on the far side where it is negligible.
    return float(near) if math.isnan(far) else float(near + far)


def digamma(value: float) -> float:
    """The derivative of log gamma."""
    from scipy import special

    return float(special.digamma(value))


def trigamma(value: float) -> float:
    """The second derivative of log gamma."""
    from scipy import special

    return float(special.polygamma(1, value))


def tetragamma(value: float) -> float:
    """The fourth derivative of log gamma: the fourth cumulant of log gamma variates."""
    from scipy import special

    return float(special.polygamma(3, value))


def inverse_trigamma(value: float) -> float:
    """The y with trigamma(y) = value, for a value above zero.

    Newton's method on 1/trigamma, which is convex and nearly linear: Smyth, Linear models and
    empirical Bayes methods (2004), appendix.
    """
    from scipy import special

    if value < _SPREAD_WITHOUT_LIMIT:
        return 1 / value if value > 0 else math.inf
    if value > 1 / _SPREAD_WITHOUT_LIMIT:
        return 1 / math.sqrt(value)
    found = 0.5 + 1 / value
    for _ in range(50):
        at = trigamma(found)
        change = at * (1 - at / value) / float(special.polygamma(2, found))
        found += change
        if -change / found < _CLOSE:
            break
    return found

"""Decides between drift, the same, another round, and unverified: the rule, applied at one look.

Drift is tested first and takes precedence: the mean difference is significantly different from
zero, larger than the minimum effect, and not due to a single round. Sameness needs evidence too:
the whole interval lies inside the margin (two one-sided tests, Schuirmann 1987), and the estimate
is below the minimum effect. The absence of a detected difference is never taken as sameness. Both
tests are Student's t tests on the rounds' differences, with shrunken variance (moderated t, Smyth
2004).
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, replace
from enum import StrEnum

from harness.compare.statistics.family import Family
from harness.compare.statistics.laws import one_sided_critical, two_sided_p
from harness.compare.statistics.noise import HostNoise, Spread
from harness.compare.statistics.paired import Paired, Scale, Tolerance, on_scale

MOST_ERRORS = 100.0
"""A test whose threshold lies more than this many standard errors out is refused: no clock and no
accuracy is that exact, so it could never find a difference."""
SHOWN = 0.95
"""Confidence level of the interval that reports show."""


class Decision(StrEnum):
    """The result after the rounds so far."""

    SAME = "same"
    DRIFT = "drift"
    ANOTHER_ROUND = "another-round"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """A decision on one metric, with everything it rests on. Differences are on the metric's scale:
    logarithms of ratios, or shares."""

    paired: Paired
    decision: Decision
    rounds: int
    tolerance: Tolerance
    estimate: float = 0.0
    """The mean difference of candidate minus reference."""
    low: float = 0.0
    """The lower end of the interval that is shown."""
    high: float = 0.0
    noise: float = 0.0
    """How far from zero the estimate of an unchanged cell lies at most, at the same confidence
    level."""
    df: float = 0.0
    variance: float = 0.0
    """The variance of one round's difference, shrunken and not below the floor."""
    p: float = 1.0
    level: float = 0.0
    """The level that p was compared with; 0 where this look does not test for a difference."""
    would_do: int | None = None
    """How many rounds would decide, if they continue like these; None where no sensible number
    would, or where it is decided already."""
    refused: str = ""
    """Why a test was not made, or why its result does not count, in words for a person; empty
    otherwise."""
    withheld: Decision | None = None
    """The rule's result where it does not count; None where it counts."""

    @property
    def settled(self) -> bool:
        """Whether it needs no further round."""
        return self.decision is not Decision.ANOTHER_ROUND

    @property
    def by_rule(self) -> Decision:
        """The rule's result, whether or not it counts."""
        return self.withheld or self.decision

    def without_effect(self, why: str, family: Family) -> Decided:
        """Return this decision withheld, for a reason that the numbers do not show: another round
        where a look follows, otherwise unverified. An open decision is returned unchanged."""
        if self.decision not in (Decision.SAME, Decision.DRIFT):
            return self
        last = len(family.looks) == 1 or family.next_look(self.rounds) is None
        return replace(
            self,
            decision=Decision.UNVERIFIED if last else Decision.ANOTHER_ROUND,
            refused=why,
            withheld=self.decision,
        )


def decide(paired: Paired, noise: HostNoise, family: Family, tolerance: Tolerance) -> Decided:
    """Decide on a metric after the rounds so far.

    `another-round` is returned only where the number of rounds is not fixed and another look
    follows. The order of the rounds and an exchange of the sides do not change the decision. Values
    without a difference are `unverified`, with the reason.
    """
    if paired.equal_bits and paired.scale is not Scale.RATIO:
        return _plain(paired, Decision.SAME, tolerance)
    if why := _no_measurement(paired):
        return _plain(paired, Decision.UNVERIFIED, tolerance, refused=why)
    open_ = Decision.ANOTHER_ROUND
    if len(family.looks) == 1 or family.next_look(paired.rounds) is None:
        open_ = Decision.UNVERIFIED
    if why := _repeated(paired):
        return _plain(paired, open_, tolerance, refused=why)
    if paired.rounds < 2:
        why = _too_few(paired.rounds)
        return _plain(paired, open_, tolerance, refused=why, would_do=_first_look(family))
    found = _estimated(paired, noise)
    level = family.difference_level(paired.rounds, paired.scale)
    same = family.same_level(paired.rounds, paired.scale)
    if found is None:
        why = _too_few(paired.rounds)
        return _plain(paired, open_, tolerance, refused=why, would_do=_first_look(family))
    decision, refused = open_, ""
    least = on_scale(paired.scale, tolerance.minimum_effect)
    if level and one_sided_critical(level / 2, found.df) > MOST_ERRORS:
        refused = _unreachable(paired.rounds, found.df)
    elif level and _drifts(paired, found, level, least):
        decision = Decision.DRIFT
    if decision is not Decision.DRIFT and _alike(found, same, least, _margin(paired, tolerance)):
        decision = Decision.SAME
    reach = one_sided_critical((1 - SHOWN) / 2, found.df) * found.error
    done = decision in (Decision.DRIFT, Decision.SAME)
    return Decided(
        paired=paired,
        decision=decision,
        rounds=paired.rounds,
        tolerance=tolerance,
        estimate=found.mean,
        low=found.mean - reach,
        high=found.mean + reach,
        noise=reach,
        df=found.df,
        variance=found.variance,
        p=found.p,
        level=level,
        would_do=None if done else _would_do(paired, found, family, tolerance),
        refused=refused,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Estimated:
    mean: float
    variance: float
    df: float
    rounds: int

    @property
    def error(self) -> float:
        return math.sqrt(self.variance / self.rounds)

    @property
    def p(self) -> float:
        return two_sided_p(self.mean / self.error, self.df)


def _estimated(paired: Paired, noise: HostNoise) -> _Estimated | None:
    """Return the estimate over several rounds; None where nothing shows how much they vary."""
    own = Spread(variance=paired.variance, df=paired.rounds - 1)
    spread = noise.shrunken(own)
    variance = max(spread.variance, paired.floor)
    if spread.df <= 0 or variance <= 0:
        return None
    mean = math.fsum(paired.differences) / paired.rounds
    return _Estimated(mean=mean, variance=variance, df=spread.df, rounds=paired.rounds)


def _drifts(paired: Paired, found: _Estimated, level: float, least: float) -> bool:
    beyond = abs(found.mean) > least and found.p < level
    return beyond and _without_the_farthest(paired.differences, found.mean) > least


def _without_the_farthest(differences: tuple[float, ...], mean: float) -> float:
    """Return the size of the difference, in its own direction, without the round that contributes
    most."""
    along = sorted(one if mean > 0 else -one for one in differences)
    return math.fsum(along[:-1]) / (len(along) - 1)


def _alike(found: _Estimated, level: float, least: float, margin: float) -> bool:
    if not level or abs(found.mean) >= least:
        return False
    return abs(found.mean) + one_sided_critical(level, found.df) * found.error < margin


def _margin(paired: Paired, tolerance: Tolerance) -> float:
    """Return the margin on the scale. For a ratio it is log(1 + margin) on both sides, so that
    exchanging the sides changes nothing."""
    return on_scale(paired.scale, tolerance.margin)


def _no_measurement(paired: Paired) -> str:
    """Say why the values cannot be measurements; empty where they can."""
    try:
        _ = paired.differences
    except ValueError as error:
        return f"a round answered a value that cannot be compared: {error}"
    return ""


def _repeated(paired: Paired) -> str:
    """Say why times look like one measurement reported more than once; empty where they do not. A
    coarse clock may give equal times by chance, so a further round decides."""
    if paired.scale is not Scale.RATIO or not paired.rounds:
        return ""
    if paired.reference == paired.candidate:
        return (
            "both cells answered the same times to the last digit: one measurement, reported twice"
        )
    if paired.rounds > 1 and 1 in (len(set(paired.reference)), len(set(paired.candidate))):
        return "every round answered the same time to the last digit: one round, counted as many"
    return ""


def _too_few(rounds: int) -> str:
    if not rounds:
        return "no rounds can be held against each other"
    if rounds == 1:
        return "one round says nothing of how much rounds differ: at least two are needed"
    return "the rounds do not vary at all, and nothing else is known of this host's noise"


def _unreachable(rounds: int, df: float) -> str:
    return (
        f"after {rounds} rounds ({df:.3g} degrees of freedom) no difference could reach the "
        "threshold: calibrate this host, or run more rounds"
    )


def _first_look(family: Family) -> int:
    return max(2, family.looks[0])


_MOST_SENSIBLE = 1000


def _would_do(
    paired: Paired, found: _Estimated, family: Family, tolerance: Tolerance
) -> int | None:
    """Return how many rounds, fixed in advance, would decide with the same estimate and variance.
    More rounds never decide less, so the number is found by bisection."""
    low, high = paired.rounds, _MOST_SENSIBLE
    if not _would_decide(high, found, family.of_fixed(high), paired, tolerance):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _would_decide(middle, found, family.of_fixed(middle), paired, tolerance):
            high = middle
        else:
            low = middle
    return high


def _would_decide(
    rounds: int, found: _Estimated, fixed: Family, paired: Paired, tolerance: Tolerance
) -> bool:
    least, size = on_scale(paired.scale, tolerance.minimum_effect), abs(found.mean)
    error = math.sqrt(found.variance / rounds)
    df = found.df + rounds - found.rounds
    if size > least:
        level = fixed.difference_level(rounds, paired.scale)
        return size > one_sided_critical(level / 2, df) * error
    reach = one_sided_critical(fixed.same_level(rounds, paired.scale), df) * error
    return size < least and size + reach < _margin(paired, tolerance)


def _plain(
    paired: Paired,
    decision: Decision,
    tolerance: Tolerance,
    *,
    refused: str = "",
    would_do: int | None = None,
) -> Decided:
    estimate = 0.0
    if not refused and paired.rounds:
        estimate = statistics.fmean(paired.differences)
    return Decided(
        paired=paired,
        decision=decision,
        rounds=paired.rounds,
        tolerance=tolerance,
        estimate=estimate,
        refused=refused,
        would_do=would_do,
    )

"""Drift, the same, another round, or not to be told: the rule, applied once at one look.

Drift is tested first and wins: the mean difference is significant against zero, and larger than the
minimum effect, and not because of one round alone. The same needs evidence too: the whole interval
inside the margin (two one-sided tests, Schuirmann 1987), and the estimate below the minimum effect.
That no difference was found is never a reason. Both tests are Student's, on the rounds' differences
with their variance shrunken (moderated t, Smyth 2004).
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
"""A test whose threshold is further out than so many standard errors is refused: no clock and no
accuracy is that exact, so it could only ever say that it found nothing."""
SHOWN = 0.95
"""The interval that people are shown covers the true difference so often."""


class Decision(StrEnum):
    """What the rounds so far come to."""

    SAME = "same"
    DRIFT = "drift"
    ANOTHER_ROUND = "another-round"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """A decision on one metric, with all that it rests on. Differences are on the metric's scale:
    logarithms of ratios, or shares."""

    paired: Paired
    decision: Decision
    rounds: int
    tolerance: Tolerance
    estimate: float = 0.0
    """The mean difference of candidate from reference."""
    low: float = 0.0
    """The lower end of the interval that is shown."""
    high: float = 0.0
    noise: float = 0.0
    """How far from zero an unchanged cell's estimate would lie at most, as often as is shown."""
    df: float = 0.0
    variance: float = 0.0
    """Of one round's difference, shrunken and not below the floor."""
    p: float = 1.0
    level: float = 0.0
    """What p was held against; 0: this look does not test for a difference."""
    would_do: int | None = None
    """How many rounds would decide it, if they go on like these; None: no number that is sensible,
    or it is decided."""
    refused: str = ""
    """Why a test was not made, or its outcome does not count, for a person; empty where it does."""
    withheld: Decision | None = None
    """What the rule came to, where that does not count; None: it counts."""

    @property
    def settled(self) -> bool:
        """Whether it needs no further round."""
        return self.decision is not Decision.ANOTHER_ROUND

    @property
    def by_rule(self) -> Decision:
        """What the rule came to, whether or not that counts."""
        return self.withheld or self.decision

    def without_effect(self, why: str, family: Family) -> Decided:
        """The same where, for a reason that the numbers do not show, nothing may be decided by
        them: another round where a look follows, else unverified. As it is where it is open."""
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
    """Decide on a metric after the rounds there are.

    `another-round` is answered only where rounds are not fixed, and a look comes after these. The
    same rounds in any order, and the sides exchanged, give the same decision. Values that no
    difference can be made of are `unverified`, with the reason.
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
    """None where nothing tells how much the rounds vary."""
    own = Spread(variance=paired.variance, df=paired.rounds - 1)
    spread = noise.shrunken(own)
    variance = max(spread.variance, paired.floor)
    if paired.rounds < 2 or spread.df <= 0 or variance <= 0:
        return None
    mean = math.fsum(paired.differences) / paired.rounds
    return _Estimated(mean=mean, variance=variance, df=spread.df, rounds=paired.rounds)


def _drifts(paired: Paired, found: _Estimated, level: float, least: float) -> bool:
    beyond = abs(found.mean) > least and found.p < level
    return beyond and _without_the_farthest(paired.differences, found.mean) > least


def _without_the_farthest(differences: tuple[float, ...], mean: float) -> float:
    """How large the difference is, in the direction it has, without the round that carries most."""
    along = sorted(one if mean > 0 else -one for one in differences)
    return math.fsum(along[:-1]) / (len(along) - 1)


def _alike(found: _Estimated, level: float, least: float, margin: float) -> bool:
    if not level or abs(found.mean) >= least:
        return False
    return abs(found.mean) + one_sided_critical(level, found.df) * found.error < margin


def _margin(paired: Paired, tolerance: Tolerance) -> float:
    """The margin on the scale: of a ratio log(1 + margin) to both sides, so that exchanging the
    sides changes nothing."""
    return on_scale(paired.scale, tolerance.margin)


def _no_measurement(paired: Paired) -> str:
    """Why the values are no measurements; empty where they may be."""
    try:
        _ = paired.differences
    except ValueError as error:
        return f"a round answered a value that cannot be compared: {error}"
    return ""


def _repeated(paired: Paired) -> str:
    """Why times look like one measurement that was told more than once; empty where they do not.
    A coarse clock may tell two rounds the same by chance, so a further round decides that."""
    if paired.scale is not Scale.RATIO or not paired.rounds:
        return ""
    if paired.reference == paired.candidate:
        return "both cells answered the same times to the last digit: one measurement, told twice"
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
    """After how many rounds, fixed now, the same estimate and variance would decide: more rounds
    decide no less, so the number is found by halving."""
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

"""One metric of two cells, over the rounds that pair them."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from enum import StrEnum


class Scale(StrEnum):
    """The scale on which two values are compared."""

    RATIO = "ratio"
    """Times: the logarithm of candidate over reference."""
    SHARE = "share"
    """Shares between 0 and 1, such as an accuracy: candidate minus reference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """What counts as different and what counts as the same, as shares (0.03 is 3 %, or 3 points).

    Between the two lie differences that are real but harmless: they are neither.
    """

    minimum_effect: float
    """A difference that is not larger is no drift, however certain it is."""
    margin: float
    """A difference that lies inside is the same."""

    def __post_init__(self) -> None:
        """Check that the margin is the larger one; otherwise a difference could be both."""
        if not 0 < self.minimum_effect < self.margin:
            raise ValueError("the minimum effect is above zero and below the margin")


TIMES = Tolerance(minimum_effect=0.03, margin=0.10)
ACCURACY = Tolerance(minimum_effect=0.003, margin=0.007)
"""These values are for 200 training steps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Paired:
    """One value for each round and side: element i of both sides comes from the same round.

    A value is one robust location of a round (for example the median of its steps), never a single
    step.
    """

    fact: str
    scale: Scale
    reference: tuple[float, ...]
    candidate: tuple[float, ...]
    floor: float = 0.0
    """The smallest variance that a round's difference can have, whatever the rounds show. For an
    accuracy it is what the choice of test images alone causes (discordant images over images
    squared)."""
    equal_bits: bool = False
    """Both sides computed the same bits in every round, so only times can differ."""

    def __post_init__(self) -> None:
        """Check that both sides have the same number of rounds."""
        if len(self.reference) != len(self.candidate):
            raise ValueError("a pair has two sides")

    @property
    def rounds(self) -> int:
        """How many rounds there are."""
        return len(self.reference)

    @property
    def differences(self) -> tuple[float, ...]:
        """The difference of candidate minus reference in each round, on the metric's scale.

        Raises ValueError where a value has no difference (a time that is not above zero, a NaN).
        """
        pairs = zip(self.reference, self.candidate, strict=True)
        if self.scale is Scale.RATIO:
            return tuple(_log_ratio(one, other) for one, other in pairs)
        return tuple(_finite(other - one) for one, other in pairs)

    @property
    def variance(self) -> float:
        """The variance of the differences between rounds, by n - 1; 0 for a single round."""
        return statistics.variance(self.differences) if self.rounds > 1 else 0.0

    def swapped(self) -> Paired:
        """The same rounds with the sides exchanged."""
        return Paired(
            fact=self.fact,
            scale=self.scale,
            reference=self.candidate,
            candidate=self.reference,
            floor=self.floor,
            equal_bits=self.equal_bits,
        )


def on_scale(scale: Scale, share: float) -> float:
    """Convert a tolerance's share (0.03) to a difference on a scale: its logarithm for a ratio."""
    return math.log1p(share) if scale is Scale.RATIO else share


def told(scale: Scale, difference: float) -> float:
    """Convert a difference to what people read: the ratio itself for a ratio, the difference for a
    share."""
    return math.exp(difference) if scale is Scale.RATIO else difference


def _log_ratio(one: float, other: float) -> float:
    if not (0 < one < math.inf and 0 < other < math.inf):
        raise ValueError("a time is above zero")
    return math.log(other / one)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("it is no number")
    return value

"""Right and wrong answers of a classifier by class, from counts: shares with intervals that show
how much another sample of as many images would change them. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959963984540054
"""95 % of a normal distribution lie within so many standard deviations of its mean."""
Z_AGREES = 4.0
"""Two shares agree if they differ by at most so many standard deviations of their difference: of
pairs that are truly equal, one in fifteen thousand does not."""
MOST_CLASSES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A count out of a total."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """The share itself; None if the total is 0."""
        return self.count / self.of if self.of else None

    def interval(self, z: float = Z_95) -> tuple[float, float] | None:
        """Wilson's score interval; None if the total is 0.

        Unlike the interval of the normal approximation, it lies between 0 and 1 and does not shrink
        to a point if none or all were right (Wilson, J. Am. Stat. Assoc. 22, 1927).
        """
        if not self.of:
            return None
        p, n = self.count / self.of, self.of
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


def agree(one: Share, other: Share, training: float = 0.0, z: float = Z_AGREES) -> bool:
    """Whether two shares differ by no more than `z` standard deviations of their difference, both
    being samples of one share; `training` is as for `deviation`."""
    if not one.of or not other.of:
        return False
    apart = abs(one.count / one.of - other.count / other.of)
    return apart <= z * deviation(one, other, training)


def deviation(one: Share, other: Share, training: float = 0.0) -> float:
    """The standard deviation of the difference of two shares that are samples of one.

    `training` is the standard deviation of each share from one training to another, which the
    binomial error of the test images does not include.
    """
    pooled = (one.count + other.count) / (one.of + other.of)
    binomial = pooled * (1 - pooled) * (1 / one.of + 1 / other.of)
    return math.sqrt(binomial + 2 * training**2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Confusion:
    """How many images of each class (row) were classified as each class (column)."""

    rows: tuple[tuple[int, ...], ...]

    @property
    def right(self) -> Share:
        """How many of all images were classified correctly."""
        return Share(
            count=sum(row[number] for number, row in enumerate(self.rows)),
            of=sum(map(sum, self.rows)),
        )

    @property
    def recall(self) -> tuple[Share, ...]:
        """For each class: of the images that belong to it, those classified as it."""
        return tuple(Share(count=row[number], of=sum(row)) for number, row in enumerate(self.rows))

    @property
    def precision(self) -> tuple[Share, ...]:
        """For each class: of the images classified as it, those that belong to it."""
        columns = tuple(zip(*self.rows, strict=True))
        return tuple(
            Share(count=column[number], of=sum(column)) for number, column in enumerate(columns)
        )


def confusion_of(text: str) -> Confusion:
    """Parse the matrix that a program printed as JSON. Raises ValueError that says what is
    wrong."""
    try:
        told = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(told, list) or not 2 <= len(told) <= MOST_CLASSES:
        raise ValueError(f"it is no list of 2 to {MOST_CLASSES} rows")
    if not all(_is_row(row, len(told)) for row in told):
        raise ValueError(f"its rows are not {len(told)} counts each")
    if not any(map(any, told)):
        raise ValueError("it counts nothing")
    return Confusion(rows=tuple(tuple(row) for row in told))


def _is_row(row: object, length: int) -> bool:
    if not isinstance(row, list) or len(row) != length:
        return False
    return all(type(one) is int and 0 <= one < 2**53 for one in row)


def values(shares: Sequence[Share]) -> tuple[float | None, ...]:
    """The shares themselves, rounded to the precision that a million images give."""
    return tuple(None if one.value is None else round(one.value, 6) for one in shares)


def bounds(shares: Sequence[Share], upper: bool) -> tuple[float | None, ...]:
    """The lower or upper ends of their intervals."""
    intervals = [one.interval() for one in shares]
    return tuple(None if one is None else round(one[upper], 6) for one in intervals)

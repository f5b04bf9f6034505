"""One fact of one cell, merged over its rounds, and when two values count as equal."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from harness.model import Fact, Nature, Scalar


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """One fact of one cell, with the value from each round's answer, ordered by round and probe."""

    fact: str
    nature: Nature
    probe: str
    """The probe that gives it; the first by name where several do."""
    values: tuple[Fact, ...]
    """At least one."""
    lacking: tuple[int, ...] = ()
    """Rounds in which a probe that gives the fact in other rounds answered without it."""
    rounds: tuple[int, ...] = ()
    """The round of each value, where the values come from rounds."""

    @property
    def steady(self) -> bool:
        """Whether all rounds agree. A seeded fact counts as steady, since it depends on the round's
        number."""
        return self.nature is Nature.SEEDED or all(
            equal(self.values[0], value) for value in self.values[1:]
        )

    @property
    def value(self) -> Fact:
        """The value that stands for all rounds: the common one; where numbers vary, the median
        (element by element for series of one length); otherwise the first round's value."""
        if len(self.values) == 1 or self.steady:
            return self.values[0]
        numbers = [number for value in self.values if (number := as_number(value)) is not None]
        if len(numbers) == len(self.values):
            return statistics.median(numbers)
        columns = [series for value in self.values if (series := as_numbers(value)) is not None]
        if len(columns) == len(self.values) and len({len(series) for series in columns}) == 1:
            return tuple(statistics.median(column) for column in zip(*columns, strict=True))
        return self.values[0]


def seeded_apart(one: Merged, other: Merged) -> tuple[Fact, Fact] | None:
    """Return what two cells say about a seeded fact in the first round in which they disagree; None
    where they agree in every round that both have."""
    there = dict(zip(other.rounds, other.values, strict=True))
    for number, value in zip(one.rounds, one.values, strict=True):
        if number in there and not equal(value, there[number]):
            return value, there[number]
    return None


def equal(one: Fact, other: Fact) -> bool:
    """Equality of facts: 1 equals 1.0, True does not equal 1, and NaN equals itself."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same_scalar, one, other))
    if isinstance(one, tuple) or isinstance(other, tuple):
        return False
    return _same_scalar(one, other)


def _same_scalar(one: Scalar, other: Scalar) -> bool:
    if type(one) is float and type(other) is float:
        return one == other or (one != one and other != other)
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return one == other


def as_number(value: Fact) -> float | None:
    """Return the value as a finite number, or None where it is not one. A truth value is not a
    number."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_numbers(value: Fact) -> tuple[float, ...] | None:
    """Return a series as finite numbers, or None where it is no series or contains anything
    else."""
    if not isinstance(value, tuple):
        return None
    if {float} == set(map(type, value)) and all(map(math.isfinite, value)):  # type: ignore[arg-type]
        return value  # type: ignore[return-value]
    numbers = tuple(number for item in value if (number := as_number(item)) is not None)
    return numbers if len(numbers) == len(value) else None

"""The facts of one cell, merged over its rounds.

A round is the unit of replication: a static fact is the same in all of them or that is itself
worth saying; measured facts and times keep one value per round.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.compare.requirements import with_judged
from harness.model import Fact, Nature, Outcome, Probe, Record, Scalar


@dataclass(frozen=True, kw_only=True, slots=True)
class Merged:
    """One fact of one cell: what each round's answer says, ordered by round and probe."""

    fact: str
    nature: Nature
    probe: str
    """The probe that states it; the first by name where several do."""
    values: tuple[Fact, ...]
    """At least one."""
    lacking: tuple[int, ...] = ()
    """Rounds in which a probe that states it elsewhere answered without it."""
    rounds: tuple[int, ...] = ()
    """The round of each value, where they come from rounds."""

    @property
    def steady(self) -> bool:
        """Whether every round says the same. What follows from a round's number need not."""
        return self.nature is Nature.SEEDED or all(
            equal(self.values[0], value) for value in self.values[1:]
        )

    @property
    def value(self) -> Fact:
        """The value that stands for all rounds: the common one; where numbers vary, the median
        (element by element in series of one length); else what the first round says."""
        if len(self.values) == 1 or self.steady:
            return self.values[0]
        numbers = [number for value in self.values if (number := as_number(value)) is not None]
        if len(numbers) == len(self.values):
            return statistics.median(numbers)
        columns = [series for value in self.values if (series := as_numbers(value)) is not None]
        if len(columns) == len(self.values) and len({len(series) for series in columns}) == 1:
            return tuple(statistics.median(column) for column in zip(*columns, strict=True))
        return self.values[0]


def merge(probes: Iterable[Probe], records: Iterable[Record]) -> Mapping[str, Merged]:
    """One cell's facts by key, in sorted order; only answers whose outcome is `ok` count. What a
    record's requirements come to is among them.

    The order of the records does not matter.
    """
    natures = {probe.name: probe.natures for probe in probes}
    said: dict[str, list[tuple[int, str, Fact]]] = defaultdict(list)
    answered: dict[str, set[int]] = defaultdict(set)
    for record in records:
        if record.outcome is Outcome.OK:
            answered[record.probe].add(record.round)
            for fact, value in with_judged(record).facts.items():
                said[fact].append((record.round, record.probe, value))
    merged = {}
    for fact in sorted(said):
        answers = sorted(said[fact], key=lambda answer: (answer[0], answer[1], repr(answer[2])))
        probe = min(name for _, name, _ in answers)
        merged[fact] = Merged(
            fact=fact,
            nature=nature_of(fact, natures.get(probe, ())),
            probe=probe,
            values=tuple(value for _, _, value in answers),
            lacking=_lacking(answers, answered),
            rounds=tuple(number for number, _, _ in answers),
        )
    return merged


def _lacking(
    answers: Iterable[tuple[int, str, Fact]], answered: Mapping[str, set[int]]
) -> tuple[int, ...]:
    stated: dict[str, set[int]] = defaultdict(set)
    for number, probe, _ in answers:
        stated[probe].add(number)
    return tuple(sorted({one for probe in stated for one in answered[probe] - stated[probe]}))


def nature_of(fact: str, natures: Iterable[tuple[str, Nature]]) -> Nature:
    """What kind of thing a fact is: the first pattern that matches says; otherwise static."""
    return next(
        (nature for pattern, nature in natures if fnmatchcase(fact, pattern)), Nature.STATIC
    )


def seeded_apart(one: Merged, other: Merged) -> tuple[Fact, Fact] | None:
    """What two cells say of a seeded fact in the first round in which they do not agree; None:
    they agree in every round that both have."""
    there = dict(zip(other.rounds, other.values, strict=True))
    for number, value in zip(one.rounds, one.values, strict=True):
        if number in there and not equal(value, there[number]):
            return value, there[number]
    return None


def equal(one: Fact, other: Fact) -> bool:
    """Equality of facts: 1 equals 1.0, True does not equal 1, and NaN equals itself."""
    if isinstance(one, tuple) or isinstance(other, tuple):
        return (
            isinstance(one, tuple)
            and isinstance(other, tuple)
            and len(one) == len(other)
            and all(_same_scalar(a, b) for a, b in zip(one, other, strict=True))
        )
    return _same_scalar(one, other)


def _same_scalar(one: Scalar, other: Scalar) -> bool:
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return one == other


def as_number(value: Fact) -> float | None:
    """The value as a finite number, or None where it is none (a truth value is none)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def as_numbers(value: Fact) -> tuple[float, ...] | None:
    """A series as finite numbers, or None where it is no series or holds anything else."""
    if not isinstance(value, tuple):
        return None
    numbers = tuple(number for item in value if (number := as_number(item)) is not None)
    return numbers if len(numbers) == len(value) else None

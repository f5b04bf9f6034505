"""The facts of one cell, merged over its rounds.

A round is the unit of replication. A static fact should be the same in all of them, and is reported
where it is not; measured facts and times keep one value per round.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from harness.compare.patterns import NatureBook, natures_of
from harness.compare.requirements import with_judged
from harness.model import Fact, Facts, Nature, Outcome, Probe, Record, Scalar


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


def merge(probes: Iterable[Probe], records: Iterable[Record]) -> Mapping[str, Merged]:
    """Return one cell's facts by key, in sorted order. Only answers whose outcome is `ok` count.

    The facts judged from a record's package requirements are included. The order of the records
    does not matter.
    """
    natures = {probe.name: natures_of(probe.natures) for probe in probes}
    unstated = natures_of(())
    records = tuple(records)
    parts = [
        _part(one, natures.get(one.probe, unstated)) for one in records if one.outcome is Outcome.OK
    ]
    if len({one.round for one in records}) == 1 and (whole := joined(parts)) is not None:
        return whole
    said: dict[str, list[tuple[int, str, Fact]]] = defaultdict(list)
    answered: dict[str, set[int]] = defaultdict(set)
    for record in records:
        if record.outcome is Outcome.OK:
            answered[record.probe].add(record.round)
            for fact, value in with_judged(record).facts.items():
                said[fact].append((record.round, record.probe, value))
    merged = {}
    for fact in sorted(said):
        answers = said[fact]
        if len(answers) > 1:
            answers.sort(key=lambda answer: (answer[0], answer[1], repr(answer[2])))
        probe = min(name for _, name, _ in answers)
        merged[fact] = Merged(
            fact=fact,
            nature=natures.get(probe, unstated).nature(fact),
            probe=probe,
            values=tuple(value for _, _, value in answers),
            lacking=_lacking(answers, answered),
            rounds=tuple(number for number, _, _ in answers),
        )
    return merged


def joined(parts: Iterable[Mapping[str, Merged]]) -> dict[str, Merged] | None:
    """Join the facts of several probes in the order of their names; None where two probes give the
    same fact."""
    ordered = sorted((one for one in parts if one), key=lambda one: next(iter(one)))
    whole: dict[str, Merged] = {}
    total, last, follow = 0, "", True
    for part in ordered:
        follow = follow and last < next(iter(part))
        whole.update(part)
        total += len(part)
        last = next(reversed(whole))
    if len(whole) < total:
        return None
    return whole if follow else {name: whole[name] for name in sorted(whole)}


_PARTS: dict[tuple[int, int, int, str], tuple[Facts, NatureBook, dict[str, Merged]]] = {}
"""The merged facts of one answer, keyed by the identity of its facts, which the entry keeps alive.
A store gives equal facts of many cells and nights as one object, so they are merged only once."""
_MOST = 131_072


def _part(record: Record, natures: NatureBook) -> dict[str, Merged]:
    """Return the facts of one answer alone, by key, in sorted order."""
    key = (id(record.facts), id(natures), record.round, record.probe)
    kept = _PARTS.get(key)
    if kept is not None:
        return kept[2]
    facts = with_judged(record).facts
    rounds = (record.round,)
    made = {
        fact: Merged(
            fact=fact,
            nature=natures.nature(fact),
            probe=record.probe,
            values=(facts[fact],),
            rounds=rounds,
        )
        for fact in sorted(facts)
    }
    if len(_PARTS) >= _MOST:
        _PARTS.clear()
    _PARTS[key] = (record.facts, natures, made)
    return made


def parts_of(
    probes: Iterable[Probe], records: Iterable[Record]
) -> Mapping[str, Mapping[str, Merged]] | None:
    """Return the facts of a single round by probe, each as `merge` makes it; None where there are
    several rounds."""
    told = tuple(records)
    if len({one.round for one in told}) > 1:
        return None
    natures = {probe.name: natures_of(probe.natures) for probe in probes}
    unstated = natures_of(())
    answers = [one for one in told if one.outcome is Outcome.OK]
    return {one.probe: _part(one, natures.get(one.probe, unstated)) for one in answers}


def _lacking(
    answers: Sequence[tuple[int, str, Fact]], answered: Mapping[str, set[int]]
) -> tuple[int, ...]:
    if len(answers) == len(answered[answers[0][1]]) == 1:
        return ()  # With one answer in one round, no round can lack the fact.
    stated: dict[str, set[int]] = defaultdict(set)
    for number, probe, _ in answers:
        stated[probe].add(number)
    return tuple(sorted({one for probe in stated for one in answered[probe] - stated[probe]}))


@lru_cache(maxsize=256)
def _by_last_name(names: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Group names by the part after their last point, including the point. It is cached, because
    cells answer the same names."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        _, point, last = name.rpartition(".")
        found[point + last].append(name)
    return found


def ending_in(facts: Mapping[str, Merged], pattern: str) -> Sequence[str]:
    """Return, in order, the facts that a pattern `*.NAME` matches; NAME contains no point."""
    return _by_last_name(tuple(facts)).get(pattern.removeprefix("*"), ())


def last_named(facts: Mapping[str, Merged], last: str) -> Sequence[str]:
    """Return the facts whose last (or only) name part is `last`, sorted."""
    found = _by_last_name(tuple(facts))
    return sorted((*found.get(f".{last}", ()), *found.get(last, ())))


def nature_of(fact: str, natures: Iterable[tuple[str, Nature]]) -> Nature:
    """Return the nature of a fact: that of the first pattern that matches, otherwise static."""
    return natures_of(natures).nature(fact)


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
    """Return the value as a finite number, or None where it is not one. A truth value is not a
    number."""
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
    numbers = tuple(number for item in value if (number := as_number(item)) is not None)
    return numbers if len(numbers) == len(value) else None

"""The facts of one cell, merged over its rounds.

A round is the unit of replication. A static fact should be the same in all of them, and is reported
where it is not; measured facts and times keep one value per round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from harness.compare.kept import KeptByIdentity
from harness.compare.merged import Merged as Merged
from harness.compare.merged import as_number as as_number
from harness.compare.merged import as_numbers as as_numbers
from harness.compare.merged import equal as equal
from harness.compare.merged import seeded_apart as seeded_apart
from harness.compare.patterns import NatureBook, natures_of
from harness.compare.requirements import with_judged
from harness.compare.shapes import AnswerFacts, FactsOfCell, facts_of_answer, facts_of_cell
from harness.model import Fact, Facts, Nature, Outcome, Probe, Record


def merge(probes: Iterable[Probe], records: Iterable[Record]) -> Mapping[str, Merged]:
    """Return one cell's facts by key, in sorted order. Only answers whose outcome is `ok` count.

    The facts judged from a record's package requirements are included. The order of the records
    does not matter.
    """
    told = tuple(records)
    books = books_of(probes)
    parts = parts_of(books, told)
    if parts is not None and (whole := facts_of_cell(parts.values())) is not None:
        return whole
    return merged_over_rounds(books, told)


Books = Mapping[str, NatureBook]
"""The natures that each probe declares, by the name of the probe."""


def books_of(probes: Iterable[Probe]) -> Books:
    """Return the natures of the facts of these probes."""
    return {probe.name: natures_of(probe.natures) for probe in probes}


def parts_of(books: Books, records: Sequence[Record]) -> Mapping[str, AnswerFacts] | None:
    """Return the facts of a single round by probe; None where there are several rounds, or several
    answers of one probe. Answers with the same facts give the same object."""
    if len({one.round for one in records}) > 1:
        return None
    answers = [one for one in records if one.outcome is Outcome.OK]
    parts = {one.probe: _part(one, books.get(one.probe, _UNSTATED)) for one in answers}
    return parts if len(parts) == len(answers) else None


_UNSTATED = natures_of(())
_PARTS: dict[tuple[int, int, int, str], tuple[Facts, AnswerFacts]] = {}
"""The facts of one answer, keyed by the identity of the facts in its record, which the entry keeps
alive. A store gives equal facts of many cells and nights as one object."""
_MOST = 131_072


def _part(record: Record, natures: NatureBook) -> AnswerFacts:
    """Return the facts of one answer alone."""
    key = (id(record.facts), id(natures), record.round, record.probe)
    kept = _PARTS.get(key)
    if kept is None:
        facts = with_judged(record).facts
        kept = record.facts, facts_of_answer(facts, natures, record.probe, record.round)
        if len(_PARTS) >= _MOST:
            _PARTS.clear()
        _PARTS[key] = kept
    return kept[1]


def merged_over_rounds(books: Books, records: Iterable[Record]) -> Mapping[str, Merged]:
    """Return what `merge` does, for answers of several rounds or of probes that share facts."""
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
            nature=books.get(probe, _UNSTATED).nature(fact),
            probe=probe,
            values=tuple(value for _, _, value in answers),
            lacking=_lacking(answers, answered),
            rounds=tuple(number for number, _, _ in answers),
        )
    return merged


def _lacking(
    answers: Sequence[tuple[int, str, Fact]], answered: Mapping[str, set[int]]
) -> tuple[int, ...]:
    if len(answers) == len(answered[answers[0][1]]) == 1:
        return ()  # With one answer in one round, no round can lack the fact.
    stated: dict[str, set[int]] = defaultdict(set)
    for number, probe, _ in answers:
        stated[probe].add(number)
    return tuple(sorted({one for probe in stated for one in answered[probe] - stated[probe]}))


def names_in(facts: Mapping[str, Merged]) -> tuple[str, ...]:
    """Return the names of a cell's facts, in order."""
    return facts.shape.names if isinstance(facts, FactsOfCell) else tuple(facts)


def natures_in(facts: Mapping[str, Merged]) -> Iterable[tuple[str, Nature]]:
    """Return the names of a cell's facts, each with its nature."""
    if isinstance(facts, FactsOfCell):
        return [pair for part in facts.parts for pair in part.shape.natures.items()]
    return [(name, one.nature) for name, one in facts.items()]


def values_in(facts: Mapping[str, Merged], name: str) -> tuple[Fact, ...]:
    """Return the values of a fact that there is, one for each answer that gives it."""
    if isinstance(facts, FactsOfCell):
        return (facts.stated(name),)
    return facts[name].values


def value_in(facts: Mapping[str, Merged], name: str) -> Fact:
    """Return the value of a fact that stands for all rounds; None where there is none."""
    if isinstance(facts, FactsOfCell):
        return facts.stated(name)
    merged = facts.get(name)
    return None if merged is None else merged.value


@lru_cache(maxsize=256)
def _by_last_name(names: tuple[str, ...]) -> Mapping[str, list[str]]:
    """Group names by the part after their last point, including the point. It is cached, because
    cells answer the same names."""
    found: dict[str, list[str]] = defaultdict(list)
    for name in names:
        _, point, last = name.rpartition(".")
        found[point + last].append(name)
    return found


_of_shape = KeptByIdentity(_by_last_name, most=4096)
"""The names of a shape are one object."""


def _named_last(facts: Mapping[str, Merged]) -> Mapping[str, list[str]]:
    if isinstance(facts, FactsOfCell):
        return _of_shape(facts.shape.names)
    return _by_last_name(tuple(facts))


def ending_in(facts: Mapping[str, Merged], pattern: str) -> Sequence[str]:
    """Return, in order, the facts that a pattern `*.NAME` matches; NAME contains no point."""
    return _named_last(facts).get(pattern.removeprefix("*"), ())


def last_named(facts: Mapping[str, Merged], last: str) -> Sequence[str]:
    """Return the facts whose last (or only) name part is `last`, sorted."""
    found = _named_last(facts)
    return sorted((*found.get(f".{last}", ()), *found.get(last, ())))


def nature_of(fact: str, natures: Iterable[tuple[str, Nature]]) -> Nature:
    """Return the nature of a fact: that of the first pattern that matches, otherwise static."""
    return natures_of(natures).nature(fact)

"""Finds the differences between two sets of facts, and judges each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.compare.facts import Merged, seeded_apart
from harness.compare.metrics import scale_of
from harness.compare.rules import Judged, Ruling, Values, expectation_for, rule_on
from harness.model import Expectation, Fact, Nature


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruled:
    """What was ruled on one fact in which a candidate and its reference differ, without the values.
    Many cells share it.

    `absent` names the side that lacks the fact, `reference` or `candidate`.
    """

    fact: str
    probe: str
    absent: str = ""
    nature: Nature
    judged: Judged
    rule: str = ""
    reason: str = ""
    ends: str = ""
    by: Expectation | None = None
    """The expectation that decided; None where none matches, so that the fact's nature decides."""

    def ruled(self, ruling: Ruling) -> Ruled:
        """Return the same with another ruling."""
        return replace(
            self, judged=ruling.judged, rule=ruling.rule, reason=ruling.reason, ends=ruling.ends
        )

    def of(self, reference: Fact, candidate: Fact) -> Difference:
        """Return the difference between these two values; that of an absent side is None."""
        return Difference(
            fact=self.fact,
            probe=self.probe,
            reference=reference,
            candidate=candidate,
            absent=self.absent,
            nature=self.nature,
            judged=self.judged,
            rule=self.rule,
            reason=self.reason,
            ends=self.ends,
            by=self.by,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference(Ruled):
    """One fact in which a candidate and its reference differ.

    The value of a side that lacks the fact is None and means nothing. A fact whose value is None
    counts as present.
    """

    reference: Fact
    candidate: Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """All differences in order of fact, and how many facts were equal."""

    differences: Sequence[Difference]
    same: int
    left_out: tuple[str, ...] = ()
    """Probes whose facts were not compared, because only one side answered."""


def compare_facts(
    reference: Mapping[str, Merged],
    candidate: Mapping[str, Merged],
    *,
    expectations: Iterable[Expectation],
    cell: str,
    at: date | None,
    refused: Mapping[str, str],
    unlike: Mapping[str, str],
) -> Compared:
    """Compare a cell's facts with its reference's. Observations are never compared.

    `refused` maps probes whose answers cannot be compared to the reason; what would be drift there
    is not judged. `unlike` maps probes that were asked differently; there, only an expectation can
    make a difference a drift. Leave out facts of probes that only one side answered: they do not
    show that the environments differ.
    """
    rules = tuple(expectations)
    found, same = [], 0
    names = reference if reference.keys() == candidate.keys() else {*reference, *candidate}
    for fact in sorted(names):
        one, other = reference.get(fact), candidate.get(fact)
        side = one or other
        if side is None or Nature.OBSERVED in (side.nature, (other or side).nature):
            continue
        if one is not None and other is not None and _plainly_equal(one, other):
            same += 1
            continue
        nature = (other or side).nature
        left, right = _held(one, other)
        expectation = expectation_for(rules, fact, cell)
        ruling = ruling_on(expectation, fact, (left, right), nature, at)
        if ruling.judged is Judged.SAME:
            same += 1
            continue
        why = refused.get(side.probe) or ("" if ruling.rule else unlike.get(side.probe))
        if why and ruling.judged is Judged.DRIFT:
            ruling = Ruling(judged=Judged.NOT_JUDGED, rule=ruling.rule, reason=why)
        found.append(
            Difference(
                fact=fact,
                probe=side.probe,
                reference=left[0] if left else None,
                candidate=right[0] if right else None,
                absent="" if left and right else ("candidate" if left else "reference"),
                nature=nature,
                judged=ruling.judged,
                rule=ruling.rule,
                reason=ruling.reason,
                ends=ruling.ends,
                by=expectation,
            )
        )
    return Compared(differences=tuple(found), same=same)


def _plainly_equal(one: Merged, other: Merged) -> bool:
    """Tell whether both have a single value, and the same one. Such facts are equal under any
    rules."""
    if len(one.values) != 1 or len(other.values) != 1:
        return False
    a, b = one.values[0], other.values[0]
    return a is b or (type(a) is type(b) and type(a) in PLAIN and a == b)


PLAIN = (str, int, bool)
"""Types for which equal values mean equal facts; a series may contain other types."""


def ruling_on(
    expectation: Expectation | None,
    fact: str,
    sides: tuple[Values, Values],
    nature: Nature,
    at: date | None,
) -> Ruling:
    """Rule on one fact. Two times or two accuracies are never equal, so where an allowance for them
    has expired, rounds decide about drift as if it had never existed."""
    ruling = rule_on(expectation, *sides, nature, at)
    allowance = expectation is not None and expectation.rule == "allowed"
    if allowance and ruling.judged is Judged.DRIFT and scale_of(fact, nature) is not None:
        return replace(ruling, judged=Judged.NOT_JUDGED)
    return ruling


def _held(reference: Merged | None, candidate: Merged | None) -> tuple[Values, Values]:
    """Return the values to compare: the value that stands for all rounds or, for a seeded fact,
    both values of the first round in which the two sides differ."""
    if reference is None or candidate is None:
        return _values(reference), _values(candidate)
    if candidate.nature is Nature.SEEDED and reference.rounds and candidate.rounds:
        apart = seeded_apart(reference, candidate)
        one, other = apart or (candidate.value, candidate.value)
        return (one,), (other,)
    return _values(reference), _values(candidate)


def _values(merged: Merged | None) -> Values:
    return () if merged is None else (merged.value,)


def variations(
    facts: Mapping[str, Merged],
    *,
    expectations: Iterable[Expectation],
    cell: str,
    at: date | None,
) -> tuple[Difference, ...]:
    """Return the facts of one cell that should be the same in every round and are not.

    Rounds are compared by the same rules as two cells: the first round with each later one, and the
    first drift is reported. A fact that only some rounds have counts as missing in the others.
    """
    rules = tuple(expectations)
    found = []
    for fact, merged in sorted(facts.items()):
        if merged.nature is Nature.OBSERVED:
            continue
        expectation = expectation_for(rules, fact, cell)
        first = merged.values[0]
        later_ones = () if merged.nature is Nature.SEEDED else merged.values[1:]
        others: list[Values] = [(later,) for later in later_ones]
        if merged.lacking:
            others.append(())
        for later in others:
            ruling = ruling_on(expectation, fact, ((first,), later), merged.nature, at)
            if ruling.judged is Judged.DRIFT:
                found.append(
                    Difference(
                        fact=fact,
                        probe=merged.probe,
                        reference=first,
                        candidate=later[0] if later else None,
                        absent="" if later else "candidate",
                        nature=merged.nature,
                        judged=ruling.judged,
                        rule=ruling.rule,
                        reason=ruling.reason,
                    )
                )
                break
    return tuple(found)

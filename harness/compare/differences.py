"""What differs between two sets of facts, each difference judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from harness.compare.facts import Merged, seeded_apart
from harness.compare.metrics import scale_of
from harness.compare.patterns import RuleBook, rules_of
from harness.compare.rules import Judged, Ruling, Values, expectation_for, rule_on
from harness.model import Expectation, Fact, Nature


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One fact that a candidate and its reference do not share.

    `absent` is `reference` or `candidate` where only the other has the fact (a fact whose value
    is None is there); that side's value is then None and means nothing.
    """

    fact: str
    probe: str
    reference: Fact
    candidate: Fact
    absent: str = ""
    nature: Nature
    judged: Judged
    rule: str = ""
    reason: str = ""
    ends: str = ""
    by: Expectation | None = None
    """The expectation that ruled; None: none matches, and the fact's nature decides."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Every difference in order of fact, and how many facts were equal."""

    differences: tuple[Difference, ...]
    same: int
    left_out: tuple[str, ...] = ()
    """Probes whose facts were not compared, since only one side answered."""


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

    `refused` names probes (to the reason) whose answers cannot be held against each other: what
    would drift there is not judged. `unlike` names probes that were asked differently: there
    only an expectation can make a difference drift. Facts of probes that only one side answered
    must not be passed in: they are no differences of the environments.
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
    """Whether both have one value, and it is the same: whatever rules there are, it is."""
    if len(one.values) != 1 or len(other.values) != 1:
        return False
    a, b = one.values[0], other.values[0]
    return a is b or (type(a) is type(b) and type(a) in _PLAIN and a == b)


_PLAIN = (str, int, bool)
"""Of these equal values are equal facts: a series may hold others."""
Part = Mapping[str, Merged]
"""What one probe states of one cell."""


def compare_kept_parts(
    parts: Sequence[tuple[Part, Part]],
    *,
    expectations: Iterable[Expectation],
    cell: str,
    at: date | None,
    refused: Mapping[str, str],
    unlike: Mapping[str, str],
) -> Compared:
    """`compare_facts` of what several probes state, reference and candidate of each; no two of them
    state the same fact. Parts that were compared before are not compared again, where no rule is
    for some cells alone: what cells share is compared once."""
    rules = tuple(expectations)
    book = rules_of(rules)
    alike = book.for_every_cell and not refused and not unlike
    each = []
    for one, other in parts:
        key = (id(one), id(other), id(book), at)
        kept = _COMPARED.get(key) if alike else None
        if kept is None:
            made = compare_facts(
                one,
                other,
                expectations=rules,
                cell=cell,
                at=at,
                refused=refused,
                unlike=unlike,
            )
            kept = (one, other, book, made)
            if alike:
                if len(_COMPARED) >= _KEPT:
                    _COMPARED.clear()
                _COMPARED[key] = kept
        each.append(kept[3])
    if len(each) == 1:
        return each[0]
    found = sorted(
        (one.differences for one in each if one.differences), key=lambda one: one[0].fact
    )
    differences = tuple(one for some in found for one in some)
    if any(one[-1].fact > other[0].fact for one, other in pairwise(found)):
        differences = tuple(sorted(differences, key=lambda one: one.fact))
    return Compared(differences=differences, same=sum(one.same for one in each))


_KEPT = 131_072
_COMPARED: dict[tuple[int, int, int, date | None], tuple[Part, Part, RuleBook, Compared]] = {}
"""By the identity of both parts and of the rules, which are held."""


def ruling_on(
    expectation: Expectation | None,
    fact: str,
    sides: tuple[Values, Values],
    nature: Nature,
    at: date | None,
) -> Ruling:
    """The ruling on one fact. Two times and two accuracies are never equal, so where an allowance
    for them has ended, rounds say whether they drift, as if it had never been there."""
    ruling = rule_on(expectation, *sides, nature, at)
    allowance = expectation is not None and expectation.rule == "allowed"
    if allowance and ruling.judged is Judged.DRIFT and scale_of(fact, nature) is not None:
        return replace(ruling, judged=Judged.NOT_JUDGED)
    return ruling


def _held(reference: Merged | None, candidate: Merged | None) -> tuple[Values, Values]:
    """What is held against each other: what stands for all rounds; of a seeded fact, the same
    round of both, the first in which they differ."""
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
    """Facts of one cell that rounds do not agree on and that should be the same in each.

    The rules that judge two cells judge two rounds: first round against each later one, and the
    first that drifts is told. A fact that only some rounds have is missing in the others.
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

"""What differs between two sets of facts, each difference judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from harness.compare.facts import Merged, seeded_apart
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
    for fact in sorted({*reference, *candidate}):
        sides = [side for side in (reference.get(fact), candidate.get(fact)) if side is not None]
        nature = sides[-1].nature
        if Nature.OBSERVED in {side.nature for side in sides}:
            continue
        left, right = _held(reference.get(fact), candidate.get(fact))
        expectation = expectation_for(rules, fact, cell)
        ruling = rule_on(expectation, left, right, nature, at)
        if ruling.judged is Judged.SAME:
            same += 1
            continue
        why = refused.get(sides[0].probe) or ("" if ruling.rule else unlike.get(sides[0].probe))
        if why and ruling.judged is Judged.DRIFT:
            ruling = Ruling(judged=Judged.NOT_JUDGED, rule=ruling.rule, reason=why)
        found.append(
            Difference(
                fact=fact,
                probe=sides[0].probe,
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
            ruling = rule_on(expectation, (first,), later, merged.nature, at)
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

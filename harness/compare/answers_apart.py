"""Compares the answers of two cells probe by probe; what cells share is looked at once.

What is ruled on a fact whose two values differ follows from names, natures, rules and the day;
only a bound looks at the values. So a *plan* is made for each pair of shapes (see
`harness.compare.shapes`), and a pair of answers only has its values compared. `compare_facts` finds
the same fact by fact, and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from harness.compare.apart import Differences, joined
from harness.compare.differences import (
    PLAIN,
    Compared,
    Difference,
    Ruled,
    compare_facts,
    ruling_on,
)
from harness.compare.merged import equal
from harness.compare.patterns import RuleBook, rules_of
from harness.compare.rules import WITHIN, Judged, Values, rulings_within, within
from harness.compare.shapes import AnswerFacts, AnswerShape
from harness.model import Expectation, Facts, Nature

Pair = tuple[AnswerFacts, AnswerFacts]
"""The answer of the reference to one probe, and that of the candidate."""


def compare_answers(
    pairs: Sequence[Pair], *, expectations: Iterable[Expectation], cell: str, at: date | None
) -> Compared:
    """Return what `compare_facts` does for the answers of several probes, where both cells were
    asked alike. No two probes of a cell may give the same fact."""
    book = rules_of(expectations).of_cell(cell)
    each = []
    for one, other in pairs:
        found = _compared(one, other, book, at)
        if found is None:
            return _fact_by_fact(pairs, book, cell, at)
        each.append(found)
    sides = [(one.stated, other.stated) for one, other in pairs]
    apart = [(found[0], side) for found, side in zip(each, sides, strict=True) if found[0]]
    return Compared(
        differences=Differences(
            joined([ruled for ruled, _ in apart]) if apart else (),
            tuple(side for _, side in apart),
        ),
        same=sum(same for _, same in each),
    )


def _fact_by_fact(pairs: Iterable[Pair], book: RuleBook, cell: str, at: date | None) -> Compared:
    each = [
        compare_facts(
            one, other, expectations=book.expectations, cell=cell, at=at, refused={}, unlike={}
        )
        for one, other in pairs
    ]
    found: list[Difference] = [difference for one in each for difference in one.differences]
    return Compared(
        differences=tuple(sorted(found, key=lambda one: one.fact)),
        same=sum(one.same for one in each),
    )


_Found = tuple[tuple[Ruled, ...], int]
"""What was ruled on the facts that differ, and how many are equal."""


@dataclass(kw_only=True, slots=True)
class _Plan:
    """How the answers of two shapes are compared under some rules, on some day."""

    shapes: tuple[AnswerShape, AnswerShape]
    book: RuleBook
    both: tuple[tuple[str, Ruled | Expectation], ...]
    """The facts that both have, with what is ruled where they differ, or the bound that decides."""
    alone: tuple[Ruled, ...]
    """What is ruled on the facts that one side lacks."""
    bounded: dict[tuple[str, bool | None], Ruled]
    """What is ruled on a fact with a bound, by whether it is met (None: it is no number)."""
    made: dict[tuple[int, ...], tuple[Ruled, ...]] = field(default_factory=dict)
    """By identity: so that the same rulings are the same object."""

    def compare(self, reference: Facts, candidate: Facts) -> _Found:
        """Compare two answers of these shapes."""
        found = list(self.alone)
        same = 0
        for name, ruled in self.both:
            one, other = reference[name], candidate[name]
            kind = type(one)
            if one is other:
                same += 1
                continue
            if kind is type(other) and kind in PLAIN:
                if one == other:
                    same += 1
                    continue
            elif equal(one, other):
                same += 1
                continue
            if isinstance(ruled, Ruled):
                found.append(ruled)
            else:
                found.append(self.bounded[name, within(ruled, one, other)])
        if self.alone:
            found.sort(key=lambda one: one.fact)
        key = tuple(map(id, found))
        kept = self.made.get(key)
        if kept is None:
            if len(self.made) >= _MOST:
                self.made.clear()
            kept = self.made[key] = tuple(found)
        return kept, same


_MOST = 131_072
_PLANS: dict[tuple[int, int, int, date | None], _Plan] = {}
_COMPARED: dict[tuple[int, int, int, date | None], tuple[Pair, RuleBook, _Found]] = {}
"""Both keyed by identity. The entry keeps the objects alive, so that their identities stay
valid."""


def _compared(
    one: AnswerFacts, other: AnswerFacts, book: RuleBook, at: date | None
) -> _Found | None:
    """Compare two answers; None where their shapes do not allow a plan."""
    key = (id(one), id(other), id(book), at)
    kept = _COMPARED.get(key)
    if kept is not None:
        return kept[2]
    plan = _plan(one.shape, other.shape, book, at)
    if plan is None:
        return None
    found = plan.compare(one.stated, other.stated)
    if len(_COMPARED) >= _MOST:
        _COMPARED.clear()
    _COMPARED[key] = (one, other), book, found
    return found


def _plan(one: AnswerShape, other: AnswerShape, book: RuleBook, at: date | None) -> _Plan | None:
    if one.rounds != other.rounds and Nature.SEEDED in other.natures.values():
        return None  # Such a fact is another one in each round.
    key = (id(one), id(other), id(book), at)
    plan = _PLANS.get(key)
    if plan is None:
        if len(_PLANS) >= _MOST:
            _PLANS.clear()
        plan = _PLANS[key] = _planned(one, other, book, at)
    return plan


def _planned(one: AnswerShape, other: AnswerShape, book: RuleBook, at: date | None) -> _Plan:
    both: list[tuple[str, Ruled | Expectation]] = []
    alone: list[Ruled] = []
    bounded: dict[tuple[str, bool | None], Ruled] = {}
    for name in sorted({*one.natures, *other.natures}):
        here = name in one.natures and name in other.natures
        side = one if name in one.natures else other
        nature = other.natures.get(name, side.natures[name])
        if Nature.OBSERVED in (side.natures[name], nature):
            continue
        rule = book.first(name)
        about = Ruled(
            fact=name,
            probe=side.probe,
            absent="" if here else "candidate" if side is one else "reference",
            nature=nature,
            judged=Judged.NOT_JUDGED,
            by=rule,
        )
        if here and rule is not None and rule.rule == WITHIN:
            both.append((name, rule))
            rulings = rulings_within(rule)
            bounded |= {(name, met): about.ruled(how) for met, how in rulings.items()}
        elif here:
            both.append((name, about.ruled(ruling_on(rule, name, ((None,), ()), nature, at))))
        else:
            sides: tuple[Values, Values] = ((None,), ()) if side is one else ((), (None,))
            alone.append(about.ruled(ruling_on(rule, name, sides, nature, at)))
    return _Plan(
        shapes=(one, other), book=book, both=tuple(both), alone=tuple(alone), bounded=bounded
    )

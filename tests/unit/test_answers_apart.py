"""What cells share is compared once, and it is what comparing them fact by fact finds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.answers_apart import compare_answers
from harness.compare.apart import Differences, KeptByRulings, drifting, joined, ruled_in
from harness.compare.differences import Compared, Difference, compare_facts
from harness.compare.facts import books_of, merged_over_rounds, parts_of
from harness.compare.kept import Later
from harness.compare.patterns import rules_of
from harness.compare.rules import Judged
from harness.compare.shapes import AnswerFacts, facts_of_cell
from harness.model import Expectation, Fact, Facts, Nature, Probe
from tests.unit.builders import record

DAY = date(2026, 11, 30)
NATURES = tuple((f"{nature.value}.*", nature) for nature in Nature)
ONE = Probe(name="one", question="?", source="", digest="sha256:01", natures=NATURES)
OTHER = Probe(name="other", question="?", source="", digest="sha256:02", natures=NATURES)
BOOKS = books_of((ONE, OTHER))
RULES = (
    Expectation(facts="*.ignored", rule="ignore"),
    Expectation(facts="*.allowed", rule="allowed", reason="so", until="2026-12-05"),
    Expectation(facts="*.ended", rule="allowed", reason="so", until="2026-11-01"),
    Expectation(facts="*.near", rule="within", relative=0.1, absolute=0.01),
    Expectation(facts="*.exact", rule="exact", cells="a*"),
    Expectation(facts="*.near_here", rule="within", relative=0.5, cells="a*"),
    Expectation(facts="*.alike", rule="equivalent", margin=0.1),
    Expectation(facts="*.unknown", rule="of a later version"),
)
_LAST = ("ignored", "allowed", "ended", "near", "exact", "near_here", "alike", "unknown", "free")
NAMES = st.sampled_from([f"{nature.value}.{last}" for nature in Nature for last in _LAST])
NUMBERS = st.sampled_from([0, 1, 1.0, 1.05, 2.0, math.nan, math.inf, True, False])
SCALARS = st.one_of(st.none(), st.sampled_from(["", "a", "b"]), NUMBERS)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=3).map(tuple))
FACTS = st.dictionaries(NAMES, VALUES, max_size=8)


def answers(facts: Facts, number: int = 1) -> Mapping[str, AnswerFacts]:
    """What two probes answer: facts with names of even and of odd length."""
    told = [
        record(probe, {name: facts[name] for name in facts if len(name) % 2 == odd}, round_=number)
        for odd, probe in enumerate(("one", "other"))
    ]
    found = parts_of(BOOKS, told)
    assert found is not None
    return found


def fact_by_fact(
    one: Mapping[str, AnswerFacts], other: Mapping[str, AnswerFacts], cell: str
) -> Compared:
    there, here = facts_of_cell(one.values()), facts_of_cell(other.values())
    assert there is not None
    assert here is not None
    return compare_facts(
        dict(there), dict(here), expectations=RULES, cell=cell, at=DAY, refused={}, unlike={}
    )


@given(FACTS, FACTS, st.sampled_from(["a cell", "b"]), st.sampled_from([1, 2]))
def test_answers_differ_as_their_facts_do(one: Facts, other: Facts, cell: str, number: int) -> None:
    there, here = answers(one), answers(other, number)
    for _ in range(2):  # The second time it is known.
        found = compare_answers(
            [(there[name], here[name]) for name in there], expectations=RULES, cell=cell, at=DAY
        )
        wanted = fact_by_fact(there, here, cell)
        assert repr(tuple(wanted.differences)) == repr(tuple(found.differences))
        assert (wanted.same, len(wanted.differences)) == (found.same, len(found.differences))


@given(FACTS)
def test_a_cell_has_the_facts_that_rounds_would_give(facts: Facts) -> None:
    told = [record("one", facts)]
    whole = facts_of_cell((parts_of(BOOKS, told) or {}).values())
    assert whole is not None
    assert repr(merged_over_rounds(BOOKS, told)) == repr(whole)
    assert list(whole) == sorted(facts)
    assert all(whole.stated(name) is facts[name] for name in facts)
    assert whole.get("nowhere") is None
    assert "nowhere" not in whole


def test_two_probes_that_give_one_fact_are_no_parts_of_a_cell() -> None:
    parts = parts_of(BOOKS, [record("one", {"a": 1}), record("other", {"a": 1})])
    assert parts is not None
    assert facts_of_cell(parts.values()) is None
    assert parts_of(BOOKS, [record("one", {"a": 1}), record("one", {"b": 1}, round_=2)]) is None


def compared(value: Fact, reference: Fact = "x") -> Compared:
    there, here = (answers({"static.free": one}) for one in (reference, value))
    pairs = [(there[name], here[name]) for name in there]
    return compare_answers(pairs, expectations=(), cell="c", at=DAY)


def test_cells_that_differ_alike_share_what_was_ruled() -> None:
    one, other = compared("y"), compared("z")
    assert ruled_in(one.differences) is ruled_in(other.differences)
    assert one.differences != other.differences
    assert one.differences == tuple(one.differences) == one.differences[:]
    assert hash(one.differences) == hash(tuple(one.differences))
    assert "y" == one.differences[0].candidate
    asked: list[int] = []

    def count(differences: Sequence[Difference]) -> int:
        asked.append(1)
        return len(differences)

    kept = KeptByRulings(count)
    assert [1, 1, 1] == [kept(one.differences), kept(other.differences), 1 + kept(())]
    assert 2 == len(asked)


def test_only_drift_is_drift() -> None:
    (drift,) = drifting(compared("y").differences)
    assert isinstance(drift, Difference)
    assert Judged.DRIFT is drift.judged
    assert () == drifting(compared("x").differences)
    assert () == drifting(())
    assert () == joined([()])
    assert Differences((), ()) == ()


def test_a_later_value_is_made_once_and_compared_by_itself() -> None:
    made: list[int] = []
    later = Later(partial(made.append, 1))
    assert [None, None] == [later.value, later.value]
    assert [1] == made
    assert Later(lambda: 5) == Later(lambda: 5)
    assert Later(lambda: 5) != Later(lambda: 6)
    assert "5" == repr(Later(lambda: 5))
    assert hash(5) == hash(Later(lambda: 5))


@pytest.mark.parametrize("cell", ["a1", "a2", "b"])
def test_the_rules_of_a_cell_are_one_book_for_all_that_they_concern(cell: str) -> None:
    book = rules_of(RULES)
    assert (book.of_cell("a1") is book.of_cell(cell)) == cell.startswith("a")
    for name in ("static.exact", "static.near_here", "static.free"):
        assert book.rule(name, cell) == book.of_cell(cell).first(name)

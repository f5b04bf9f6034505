from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given

from harness.compare.differences import Compared, Difference, compare_facts, variations
from harness.compare.facts import merge
from harness.compare.groups import group
from harness.compare.rules import Judged
from harness.model import Expectation, Fact, Nature
from tests.unit.builders import DEVICES, MNIST, cell, record
from tests.unit.strategies import FACTS


def compare(
    reference: Mapping[str, Fact],
    candidate: Mapping[str, Fact],
    *expectations: Expectation,
    refused: Mapping[str, str] | None = None,
    unlike: Mapping[str, str] | None = None,
) -> Compared:
    one, other = (
        merge([MNIST, DEVICES], [record("mnist", facts)]) for facts in (reference, candidate)
    )
    return compare_facts(
        one,
        other,
        expectations=expectations,
        cell="cell",
        at=None,
        refused=refused or {},
        unlike=unlike or {},
    )


def test_equal_facts_are_counted_and_others_told() -> None:
    compared = compare({"a": 1, "b": "x"}, {"a": 1, "b": "y"})
    assert 1 == compared.same
    assert [("b", "x", "y", Judged.DRIFT)] == [
        (one.fact, one.reference, one.candidate, one.judged) for one in compared.differences
    ]


def test_a_fact_that_is_none_is_not_a_fact_that_is_absent() -> None:
    (difference,) = compare({"a": None}, {}).differences
    assert "candidate" == difference.absent
    (difference,) = compare({}, {"a": None}).differences
    assert "reference" == difference.absent


def test_observations_are_never_compared() -> None:
    one, other = (
        merge([DEVICES], [record("devices", {"devices.0.memory_bytes": size})]) for size in (1, 2)
    )
    catch_all = Expectation(facts="*", rule="exact")
    nothing = compare_facts(
        one, other, expectations=[catch_all], cell="c", at=None, refused={}, unlike={}
    )
    assert Compared(differences=(), same=0) == nothing


def test_answers_of_two_versions_of_a_probe_are_not_held_against_each_other() -> None:
    exact = Expectation(facts="*", rule="exact")
    (difference,) = compare({"a": 1}, {"a": 2}, exact, refused={"mnist": "changed"}).differences
    assert (Judged.NOT_JUDGED, "changed") == (difference.judged, difference.reason)


def test_where_settings_differ_only_an_expectation_makes_drift() -> None:
    exact = Expectation(facts="a", rule="exact")
    found = compare({"a": 1, "b": 1}, {"a": 2, "b": 2}, exact, unlike={"mnist": "steps"})
    assert [Judged.DRIFT, Judged.NOT_JUDGED] == [one.judged for one in found.differences]


def test_rounds_that_disagree_on_a_static_fact_are_told() -> None:
    rounds = [
        record("mnist", {"a": 1, "b": place, "mnist.loss": place}, round_=place)
        for place in (1, 2, 3)
    ]
    found = variations(merge([MNIST], rounds), expectations=(), cell="cell", at=None)
    assert [("b", 1, 2)] == [(one.fact, one.reference, one.candidate) for one in found]


def test_a_static_fact_that_only_some_rounds_have_is_told_whichever_lack_it() -> None:
    for lacking in (1, 2, 3):
        rounds = [
            record("mnist", {} if place == lacking else {"b": 1, "mnist.loss": 1}, round_=place)
            for place in (1, 2, 3)
        ]
        found = variations(merge([MNIST], rounds), expectations=(), cell="cell", at=None)
        assert [("b", 1, "candidate")] == [(one.fact, one.reference, one.absent) for one in found]


def test_a_rule_can_let_rounds_disagree() -> None:
    rounds = [record("mnist", {"b": place}, round_=place) for place in (1, 2)]
    ignore = Expectation(facts="b", rule="ignore")
    assert () == variations(merge([MNIST], rounds), expectations=[ignore], cell="c", at=None)


@given(FACTS)
def test_nothing_differs_from_itself(facts: dict[str, Fact]) -> None:
    compared = compare(facts, facts)
    assert () == compared.differences
    assert len(facts) == compared.same


@given(FACTS, FACTS)
def test_what_differs_has_no_direction(one: dict[str, Fact], other: dict[str, Fact]) -> None:
    there, back = compare(one, other), compare(other, one)
    assert there.same == back.same
    assert [(d.fact, d.judged) for d in there.differences] == [
        (d.fact, d.judged) for d in back.differences
    ]
    assert len({*one, *other}) == there.same + len(there.differences)


def difference(fact: str, reference: Fact, candidate: Fact, **more: object) -> Difference:
    return Difference(
        fact=fact,
        probe="packages",
        reference=reference,
        candidate=candidate,
        nature=Nature.STATIC,
        judged=more.pop("judged", Judged.ALLOWED),  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


def test_what_matters_comes_first() -> None:
    shuffled = [
        difference("package.zipp", "1.0", None, absent="candidate"),
        difference("package.six", "1.16.0", "1.17.0"),
        difference("package.attrs", "21.1.0", "21.1.1"),
        difference("package.numpy", "1.26.0", "2.1.0"),
        difference("package.local", "not a version", "x"),
        difference("package.tensorflow-estimator", None, "2.9", absent="reference"),
        difference("package.tensorflow", "1.2.1", "2.21.0"),
        difference("package.wheel", "0.1", "0.2", judged=Judged.DRIFT),
    ]
    (packages,) = group(shuffled, [cell()])
    assert "packages" == packages.name
    assert [
        "wheel",
        "tensorflow",
        "tensorflow-estimator",
        "numpy",
        "six",
        "attrs",
        "local",
        "zipp",
    ] == [one.fact.removeprefix("package.") for one in packages.differences]


def test_groups_with_drift_come_first() -> None:
    groups = group(
        [
            difference("a.x", 1, 2),
            difference("package.six", "1", "2"),
            difference("python.version", "1", "2", judged=Judged.DRIFT),
        ],
        [cell()],
    )
    assert ["python", "packages", "a"] == [one.name for one in groups]

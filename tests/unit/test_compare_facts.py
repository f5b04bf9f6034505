from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from harness.compare.facts import as_number, as_numbers, equal, merge, nature_of
from harness.model import Fact, Nature, Outcome
from tests.unit.builders import MNIST, PYTHON, record
from tests.unit.strategies import FACTS

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4).map(tuple))


def test_a_fact_that_every_round_repeats_is_steady() -> None:
    merged = merge([PYTHON], [record("python", {"a": 1}, round_=one) for one in (1, 2)])
    assert merged["a"].steady
    assert 1 == merged["a"].value


def test_a_measurement_of_several_rounds_is_told_by_its_median() -> None:
    rounds = [
        record("mnist", {"mnist.test_accuracy": one}, round_=place)
        for place, one in enumerate((0.9, 0.95, 0.91), 1)
    ]
    assert 0.91 == merge([MNIST], rounds)["mnist.test_accuracy"].value


def test_series_of_one_length_are_told_element_by_element() -> None:
    rounds = [
        record("mnist", {"mnist.loss": one}, round_=place)
        for place, one in enumerate(((3.0, 1.0), (5.0, 3.0)), 1)
    ]
    assert (4.0, 2.0) == merge([MNIST], rounds)["mnist.loss"].value


def test_a_round_whose_answer_lacks_a_fact_that_another_has_is_known() -> None:
    rounds = [
        record("python", {"a": 1, "b": 1}, round_=1),
        record("python", {"a": 1}, round_=2),
        record("python", {"a": 1}, round_=3, outcome=Outcome.CRASHED),
        record("mnist", {}, round_=1),
    ]
    merged = merge([PYTHON, MNIST], rounds)
    assert ((), (2,)) == (merged["a"].lacking, merged["b"].lacking)


def test_only_answers_count() -> None:
    assert {} == merge([PYTHON], [record("python", {"a": 1}, outcome=Outcome.CRASHED)])


def test_the_first_pattern_says_what_a_fact_is() -> None:
    natures = (("a.b*", Nature.TIMING), ("a.*", Nature.OBSERVED))
    assert Nature.TIMING is nature_of("a.bc", natures)
    assert Nature.OBSERVED is nature_of("a.c", natures)
    assert Nature.STATIC is nature_of("b", natures)


@given(st.lists(FACTS, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(
    facts: list[dict[str, Fact]], shuffle: random.Random
) -> None:
    records = [record("python", one, round_=place) for place, one in enumerate(facts, 1)]
    shuffled = list(records)
    shuffle.shuffle(shuffled)
    assert repr(merge([PYTHON], records)) == repr(merge([PYTHON], shuffled))


@given(VALUES)
def test_every_value_equals_itself(value: Fact) -> None:
    assert equal(value, value)


@given(VALUES, VALUES)
def test_equality_has_no_direction(one: Fact, other: Fact) -> None:
    assert equal(one, other) is equal(other, one)


def test_a_truth_value_is_no_number() -> None:
    assert not equal(1, True)
    assert equal(1, 1.0)
    assert as_number(True) is None
    assert as_numbers((1, True)) is None


def test_what_is_not_finite_is_no_number() -> None:
    assert as_number(float("nan")) is None
    assert as_number(10**400) is None
    assert 2.0 == as_number(2)

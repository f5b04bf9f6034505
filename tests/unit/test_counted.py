"""Shares with intervals, and what a matrix of counts tells of every class."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.outside.counted import (
    Confusion,
    Share,
    agree,
    bounds,
    confusion_of,
    deviation,
    values,
)

CLASSES = Confusion(rows=((90, 10, 0), (5, 95, 0), (0, 50, 0)))


def test_precision_and_recall_are_told_for_every_class() -> None:
    assert (Share(count=185, of=250)) == CLASSES.right
    assert (0.9, 0.95, 0.0) == values(CLASSES.recall)
    assert (round(90 / 95, 6), round(95 / 155, 6), None) == values(CLASSES.precision)
    assert bounds(CLASSES.precision, upper=False)[2] is None, "nothing was said to be of it"


def test_an_interval_is_the_one_that_is_printed_in_books() -> None:
    """15 of 148, Newcombe, Statistics in Medicine 17 (1998), table I: 0.0624 to 0.1605."""
    found = Share(count=15, of=148).interval()
    assert found is not None
    assert (0.0624, 0.1605) == tuple(round(one, 4) for one in found)
    assert (0.0, 0.1611) == tuple(round(one, 4) for one in Share(count=0, of=20).interval() or ())


@given(st.integers(1, 10**6).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_lies_between_nothing_and_all_and_has_the_share_in_it(
    counted: tuple[int, int],
) -> None:
    one = Share(count=counted[0], of=counted[1])
    found = one.interval()
    assert found is not None
    assert one.value is not None
    assert 0 <= found[0] <= one.value + 1e-12
    assert one.value - 1e-12 <= found[1] <= 1
    assert found[0] < found[1]


def test_shares_agree_within_the_binomial_error_of_their_difference() -> None:
    one = Share(count=320, of=10_000)
    assert 0.0025 == round(deviation(one, one), 4)
    assert agree(one, Share(count=415, of=10_000))
    assert not agree(one, Share(count=430, of=10_000))
    assert agree(Share(count=0, of=100), Share(count=0, of=100)), "both are right in everything"
    assert not agree(Share(count=0, of=100), Share(count=100, of=100))
    assert not agree(one, Share(count=0, of=0)), "nothing agrees with nothing"


def test_two_trainings_may_differ_by_more_than_their_test_images() -> None:
    one, other = Share(count=331, of=10_000), Share(count=461, of=10_000)
    assert not agree(one, other)
    assert agree(one, other, training=0.004)
    assert 0.0063 == round(deviation(one, other, training=0.004), 4)
    assert not agree(one, Share(count=900, of=10_000), training=0.004)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[1, 2], [3]]", "its rows are not 2 counts each"),
        ("[[1, true], [3, 4]]", "its rows are not 2 counts each"),
        ("[[1, -2], [3, 4]]", "its rows are not 2 counts each"),
        ("[[1, 2.0], [3, 4]]", "its rows are not 2 counts each"),
        ("[[0, 0], [0, 0]]", "it counts nothing"),
        ("[[1]]", "it is no list of 2 to 1000 rows"),
        ("{}", "it is no list of 2 to 1000 rows"),
        ("[" * 100_000, "nested too deeply|Expecting value"),
        ("[[1, 2], [3, 4", "Expecting"),
    ],
)
def test_what_is_no_matrix_of_counts_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        confusion_of(text)


def test_a_matrix_is_read_as_it_was_printed() -> None:
    assert CLASSES == confusion_of(json.dumps(CLASSES.rows))

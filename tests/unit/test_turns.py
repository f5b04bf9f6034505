"""Interleaved rounds: who takes turns with whom, in which order, and that it can be had again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.running.turns import GROUP, PLACE, turn_order, turns

CELLS = st.lists(
    st.text("abcdef123.-", min_size=1, max_size=6), min_size=1, max_size=8, unique=True
)


@given(CELLS, st.integers(1, 50), st.text(max_size=8))
def test_every_round_takes_every_cell_once(cells: list[str], number: int, seed: str) -> None:
    assert sorted(cells) == sorted(turn_order(seed, number, cells))


@given(CELLS, st.integers(0, 20), st.text(max_size=8))
def test_of_each_two_rounds_the_second_is_the_first_backwards(
    cells: list[str], pair: int, seed: str
) -> None:
    first, second = (turn_order(seed, 2 * pair + number, cells) for number in (1, 2))
    assert first == tuple(reversed(second))


@given(CELLS, st.integers(1, 50), st.text(max_size=8))
def test_the_order_depends_on_the_run_the_round_and_the_cells_alone(
    cells: list[str], number: int, seed: str
) -> None:
    assert turn_order(seed, number, cells) == turn_order(seed, number, sorted(cells))


@given(CELLS, st.integers(1, 50), st.text(max_size=8))
def test_a_cell_that_is_settled_leaves_the_others_in_their_order(
    cells: list[str], number: int, seed: str
) -> None:
    left = cells[1:]
    whole = [one for one in turn_order(seed, number, cells) if one in left]
    assert whole == list(turn_order(seed, number, left))


def test_over_many_pairs_of_rounds_each_cell_is_first_about_equally_often() -> None:
    first = [turn_order("run", 2 * pair + 1, "ab")[0] for pair in range(400)]
    # Four deviations of a fair coin.
    assert 160 <= first.count("a") <= 240


def test_each_turn_says_its_place_and_with_whom_it_was_taken() -> None:
    drawn = turns("run", 1, ("a", "b", "c"), drawn=True)
    assert [1, 2, 3] == [one.observed[PLACE] for one in drawn]
    assert 1 == len({one.observed[GROUP] for one in drawn})
    (other, *_) = turns("run", 1, ("a", "b"), drawn=True)
    assert other.observed[GROUP] != drawn[0].observed[GROUP]


def test_one_round_keeps_the_order_in_which_cells_are_written() -> None:
    assert ["c", "a", "b"] == [one.cell for one in turns("run", 1, ("c", "a", "b"), drawn=False)]

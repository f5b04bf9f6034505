"""Steps of a series: none where there is none, the one that is there, and none for a lone night."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from harness.compare.statistics.steps import (
    LEAST_NIGHTS,
    LEVEL,
    LevelStep,
    lone_nights,
    steps,
)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "history.md").read_text("utf-8")
finite = st.floats(-1e6, 1e6)


def noisy(rng: random.Random, nights: int, sd: float = 1.0) -> list[float]:
    return [rng.gauss(0.0, sd) for _ in range(nights)]


def heavy(rng: random.Random, nights: int) -> list[float]:
    """Student's law with three degrees of freedom."""
    return [
        rng.gauss(0, 1) / math.sqrt(sum(rng.gauss(0, 1) ** 2 for _ in range(3)) / 3)
        for _ in range(nights)
    ]


def places(values: list[float], least: float = 0.0) -> list[int]:
    return [one.place for one in steps(values, least=least)]


@given(finite, st.integers(0, 400))
def test_a_series_of_one_value_has_no_step(value: float, nights: int) -> None:
    assert () == steps([value] * nights)


@given(st.lists(finite, max_size=2 * LEAST_NIGHTS - 1))
def test_too_few_nights_have_no_step(values: list[float]) -> None:
    assert () == steps(values)


@given(
    st.integers(LEAST_NIGHTS, 60),
    st.integers(LEAST_NIGHTS, 60),
    st.floats(-1e3, 1e3),
    st.sampled_from([-50.0, -12.0, 12.0, 50.0]),
    st.integers(0, 2**32),
)
def test_a_step_is_found_where_it_is(
    before: int, after: int, level: float, size: float, seed: int
) -> None:
    rng = random.Random(seed)
    noise = [rng.uniform(-1, 1) for _ in range(before + after)]
    values = [level + one + (size if place >= before else 0.0) for place, one in enumerate(noise)]
    lone = lone_nights(values)
    # With nights set aside, too few may be left on a side for it to be a level.
    kept = [place for place in range(len(values)) if place not in lone]
    assume(LEAST_NIGHTS <= sum(place < before for place in kept) <= len(kept) - LEAST_NIGHTS)
    found = [one for one in steps(values) if abs(one.after - one.before) > abs(size) / 2]
    assert 1 == len(found)
    # Nights beside the step may lie so that they are set aside; it is found all the same.
    assert abs(found[0].place - before) <= len(lone)
    assert (found[0].after - found[0].before) == pytest.approx(size, abs=2)


def test_a_step_of_exact_values_is_certain() -> None:
    (one,) = steps([0.967] * 20 + [0.951] * 3)
    assert LevelStep(place=20, before=0.967, after=0.951, p=0.0) == one


def test_the_p_is_students_times_the_places_that_were_looked_at() -> None:
    values = [1.0, 1.2, 0.9, 1.1, 1.0, 0.95, 2.0, 2.1, 1.9, 2.05, 2.2]
    (one,) = steps(values)
    assert 6 == one.place
    told = stats.ttest_ind(values[:6], values[6:]).pvalue
    assert one.p == pytest.approx(told * (len(values) - 2 * LEAST_NIGHTS + 1))


def test_several_steps_are_each_told_with_the_levels_beside_them() -> None:
    rng = random.Random(1)
    levels = [10.0] * 20 + [12.0] * 15 + [10.0] * 25
    values = [level + rng.gauss(0, 0.2) for level in levels]
    assert [20, 35] == places(values)
    first, second = steps(values)
    assert (10, 12) == (round(first.before), round(first.after))
    assert first.after == second.before


@given(st.integers(0, 2**32), st.sampled_from([0.25, 2.0, 1024.0]), st.integers(-1000, 1000))
def test_the_unit_and_its_zero_do_not_matter(seed: int, unit: float, zero: int) -> None:
    rng = random.Random(seed)
    values = [round(1000 * (rng.gauss(0, 1) + (8 if at >= 12 else 0))) / 1024 for at in range(30)]
    assert places(values) == places([unit * value + zero for value in values])
    assert places(values) == places([-value for value in values])


@given(st.integers(0, 400), st.floats(-1e6, 1e6))
def test_a_lone_night_is_no_step_wherever_it_is(at: int, value: float) -> None:
    rng = random.Random(2)
    values = noisy(rng, 401)
    quiet = places(values)
    values[at] = value
    assert len(places(values)) == len(quiet) == 0
    if abs(value) > 50:
        assert at in lone_nights(values)


def test_a_step_that_is_too_small_to_matter_is_none() -> None:
    rng = random.Random(3)
    values = [rng.gauss(0, 0.001) + (0.02 if at >= 30 else 0) for at in range(60)]
    assert [30] == places(values)
    assert [] == places(values, least=math.log1p(0.03))


def test_in_another_order_the_nights_of_a_step_have_none() -> None:
    rng = random.Random(4)
    values = [rng.gauss(0, 1) + (2 if at >= 15 else 0) for at in range(30)]
    assert 1 == len(places(values))
    shuffled = 0
    for _ in range(300):
        rng.shuffle(values)
        shuffled += bool(places(values))
    assert shuffled <= 2


@given(st.lists(st.floats(-1e9, 1e9), max_size=60))
def test_whatever_the_series_its_steps_are_in_order_and_sure(values: list[float]) -> None:
    found = steps(values)
    assert sorted(one.place for one in found) == [one.place for one in found]
    for one in found:
        assert 0 <= one.p <= LEVEL
        assert LEAST_NIGHTS <= one.place <= len(values) - LEAST_NIGHTS
        assert math.isfinite(one.before)
        assert math.isfinite(one.after)
    assert found == steps(tuple(values))


# --- the table of docs/history.md -----------------------------------------------------------------


def share(draw: Callable[[random.Random], list[float]], hit: Callable[[list[int]], bool]) -> float:
    """In which share of 400 series."""
    rng = random.Random(11)
    found = [places(draw(rng), least=math.log1p(0.03)) for _ in range(400)]
    return sum(map(hit, found)) / len(found)


def shifted(size: float, at: int, nights: int) -> Callable[[random.Random], list[float]]:
    def draw(rng: random.Random) -> list[float]:
        return [
            value + (math.log1p(size) if place >= at else 0.0)
            for place, value in enumerate(noisy(rng, nights, 0.03))
        ]

    return draw


@pytest.mark.parametrize("nights", [30, 60])
def test_nights_that_are_alike_have_next_to_no_steps(nights: int) -> None:
    assert share(lambda rng: noisy(rng, nights), bool) <= 0.005
    assert share(lambda rng: heavy(rng, nights), bool) <= 0.01


@pytest.mark.parametrize(("size", "wanted"), [(0.05, 0.5), (0.10, 0.99)])
def test_a_shift_is_found_as_often_as_documented(size: float, wanted: float) -> None:
    found = share(shifted(size, 50, 60), lambda told: any(abs(at - 50) <= 3 for at in told))
    assert wanted <= found
    assert "57 %" in PAGE


def test_a_large_shift_is_found_in_its_third_night() -> None:
    assert 0.99 <= share(shifted(0.20, 27, 30), lambda told: any(abs(at - 27) <= 1 for at in told))

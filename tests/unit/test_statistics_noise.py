"""The noise that comparisons share: how it is estimated, and what it is worth."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.statistics.laws import (
    inverse_trigamma,
    one_sided_critical,
    power,
    trigamma,
    two_sided_p,
)
from harness.compare.statistics.noise import UNKNOWN_NOISE, HostNoise, Spread, noise_of

positive = st.floats(min_value=1e-9, max_value=1e3)
spreads = st.lists(
    st.builds(Spread, variance=positive, df=st.floats(min_value=1, max_value=50)), max_size=20
)


@given(st.floats(min_value=0.01, max_value=1e4))
def test_inverse_trigamma_undoes_trigamma(value: float) -> None:
    assert value == pytest.approx(inverse_trigamma(trigamma(value)), rel=1e-6)


@pytest.mark.parametrize("df", [1.0, 4.0, 31.0, math.inf])
def test_critical_values_have_their_p(df: float) -> None:
    for level in (0.25, 0.005, 4e-6):
        assert 2 * level == pytest.approx(two_sided_p(one_sided_critical(level, df), df), rel=1e-6)


def test_laws_are_those_of_the_books() -> None:
    assert 2.228 == pytest.approx(one_sided_critical(0.025, 10), abs=5e-4)
    assert 1.960 == pytest.approx(one_sided_critical(0.025, math.inf), abs=5e-4)
    assert 0.05 == pytest.approx(power(0.0, 2.228139, 10), abs=1e-6)
    assert 0.05 == pytest.approx(power(0.0, 1.959964, math.inf), abs=1e-6)


@given(spreads, st.randoms(use_true_random=False))
def test_the_order_of_variances_does_not_matter(told: list[Spread], chance: random.Random) -> None:
    shuffled = list(told)
    chance.shuffle(shuffled)
    assert noise_of(told) == noise_of(shuffled)


@given(spreads)
def test_fewer_than_three_variances_say_nothing(told: list[Spread]) -> None:
    assert UNKNOWN_NOISE == noise_of(told[:2])


@given(spreads, st.builds(Spread, variance=positive, df=st.floats(min_value=1, max_value=50)))
def test_a_shrunken_variance_lies_between_the_two(told: list[Spread], own: Spread) -> None:
    noise = noise_of(told)
    shrunken = noise.shrunken(own)
    ends = sorted((own.variance, noise.variance if noise.df else own.variance))
    assert ends[0] * (1 - 1e-9) <= shrunken.variance <= ends[1] * (1 + 1e-9)
    assert own.df <= shrunken.df <= max(own.df, math.fsum(one.df for one in told))


def drawn(df: float, cells: int, rounds: int, chance: random.Random) -> list[Spread]:
    """Variances of cells whose true variances have a prior of `df` degrees of freedom around 1."""
    found = []
    for _ in range(cells):
        true = df / chance.gammavariate(df / 2, 2) if math.isfinite(df) else 1.0
        own = rounds - 1
        found.append(Spread(variance=true * chance.gammavariate(own / 2, 2) / own, df=own))
    return found


@pytest.mark.parametrize("df", [4.0, 30.0])
def test_the_degrees_of_freedom_behind_many_variances_are_found(df: float) -> None:
    """A little below, by design: one standard error."""
    chance = random.Random(1)
    found = sorted(noise_of(drawn(df, 400, 12, chance)).df for _ in range(41))
    assert 0.5 * df < found[20] < 1.05 * df


def test_equal_variances_are_worth_what_they_rest_on() -> None:
    few, many = (noise_of([Spread(variance=2.0, df=5)] * count) for count in (4, 4000))
    assert few.df < 6
    assert 60 == many.df
    assert 20 == few.df_of_spreads
    assert 2.0 == pytest.approx(many.variance, rel=0.25)


def test_a_host_is_not_said_to_be_known_better_than_it_is() -> None:
    """Twelve calibrations of six rounds: in nine of ten estimates no more than is true."""
    chance = random.Random(2)
    for df in (3.0, 10.0):
        found = [noise_of(drawn(df, 12, 6, chance)).df for _ in range(200)]
        assert 170 <= sum(one <= 2 * df for one in found)


def test_a_variance_of_zero_is_no_measurement() -> None:
    told = [Spread(variance=2.0, df=5)] * 4
    assert noise_of(told) == noise_of([*told, Spread(variance=0.0, df=5)])


def test_unknown_noise_changes_nothing() -> None:
    own = Spread(variance=3.0, df=2)
    assert own == UNKNOWN_NOISE.shrunken(own)
    assert HostNoise(df=2, variance=1.0).shrunken(own) == Spread(variance=2.0, df=4)

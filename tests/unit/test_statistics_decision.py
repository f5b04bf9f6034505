"""The rule that tells drift from noise: what it never does, and how often it errs."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.compare.statistics.decision import Decided, Decision, decide
from harness.compare.statistics.family import LOOKS, Family
from harness.compare.statistics.noise import UNKNOWN_NOISE, HostNoise
from harness.compare.statistics.paired import ACCURACY, TIMES, Paired, Scale, Tolerance

REPORT = Family(questions=200)
QUIET = HostNoise(df=30, variance=0.03**2, spreads=50)
STEADY = HostNoise(df=60, variance=0.003**2, spreads=50)

times = st.floats(min_value=1e-4, max_value=1e3)
shares = st.floats(min_value=0.0, max_value=1.0)
noises = st.builds(
    HostNoise,
    df=st.one_of(st.just(0.0), st.floats(min_value=0.5, max_value=200), st.just(math.inf)),
    variance=st.floats(min_value=1e-8, max_value=1.0),
    df_of_spreads=st.floats(min_value=1, max_value=1e4),
)


@st.composite
def pairs(draw: st.DrawFn) -> Paired:
    scale = draw(st.sampled_from(Scale))
    rounds = draw(st.integers(min_value=1, max_value=14))
    values = st.lists(
        times if scale is Scale.RATIO else shares, min_size=rounds, max_size=rounds
    ).map(tuple)
    floor = draw(st.floats(min_value=1e-9, max_value=1e-4)) if scale is Scale.SHARE else 0.0
    return Paired(
        fact="x", scale=scale, reference=draw(values), candidate=draw(values), floor=floor
    )


def tolerance_of(paired: Paired) -> Tolerance:
    return TIMES if paired.scale is Scale.RATIO else ACCURACY


def decided(paired: Paired, noise: HostNoise) -> Decided:
    return decide(paired, noise, REPORT, tolerance_of(paired))


@given(pairs(), noises)
def test_exchanging_the_sides_changes_the_sign_and_nothing_else(
    paired: Paired, noise: HostNoise
) -> None:
    one, other = decided(paired, noise), decided(paired.swapped(), noise)
    assert one.decision is other.decision
    assert -one.estimate == pytest.approx(other.estimate, abs=1e-12)
    assert one.would_do == other.would_do


@given(pairs(), noises, st.randoms(use_true_random=False))
def test_the_order_of_the_rounds_does_not_matter(
    paired: Paired, noise: HostNoise, chance: random.Random
) -> None:
    order = list(range(paired.rounds))
    chance.shuffle(order)
    shuffled = Paired(
        fact="x",
        scale=paired.scale,
        reference=tuple(paired.reference[one] for one in order),
        candidate=tuple(paired.candidate[one] for one in order),
        floor=paired.floor,
    )
    assert decided(paired, noise).decision is decided(shuffled, noise).decision


@given(pairs(), noises)
def test_drift_is_beyond_the_minimum_effect_and_same_is_below_it(
    paired: Paired, noise: HostNoise
) -> None:
    found = decided(paired, noise)
    size = abs(found.estimate)
    least = TIMES.minimum_effect if paired.scale is Scale.RATIO else ACCURACY.minimum_effect
    least = math.log1p(least) if paired.scale is Scale.RATIO else least
    if found.decision is Decision.DRIFT:
        assert size > least
        assert found.p < found.level
    if found.decision is Decision.SAME and not paired.equal_bits:
        assert size < least


@given(pairs(), noises)
def test_equal_bits_are_the_same_at_once_whatever_the_numbers_say(
    paired: Paired, noise: HostNoise
) -> None:
    assume(paired.scale is Scale.SHARE)
    equal = Paired(
        fact="x",
        scale=paired.scale,
        reference=paired.reference,
        candidate=paired.reference,
        equal_bits=True,
    )
    assert Decision.SAME is decided(equal, noise).decision


@given(st.lists(times, min_size=1, max_size=12), noises)
def test_identical_times_are_neither_drift_nor_the_same(
    values: list[float], noise: HostNoise
) -> None:
    """Two measurements are never equal to the last digit: one was told twice."""
    told = Paired(fact="x", scale=Scale.RATIO, reference=tuple(values), candidate=tuple(values))
    assert decided(told, noise).decision in (Decision.ANOTHER_ROUND, Decision.UNVERIFIED)


@given(
    st.lists(st.floats(min_value=0.9, max_value=1.1), min_size=5, max_size=12, unique=True),
    st.floats(min_value=1.04, max_value=3),
    st.floats(min_value=1.0, max_value=3),
)
def test_what_drifts_still_drifts_when_it_is_further_away(
    noise: list[float], factor: float, more: float
) -> None:
    def at(by: float) -> Decision:
        reference = tuple(1.0 + 0.001 * index for index in range(len(noise)))
        candidate = tuple(a * b * by for a, b in zip(reference, noise, strict=True))
        paired = Paired(fact="x", scale=Scale.RATIO, reference=reference, candidate=candidate)
        return decided(paired, QUIET).decision

    assume(at(factor) is Decision.DRIFT)
    assert Decision.DRIFT is at(factor * more)


def played(
    shift: float, sd: float, noise: HostNoise, scale: Scale, chance: random.Random
) -> Decided:
    """Rounds with normal noise, looked at as an `auto` run does."""
    tolerance = TIMES if scale is Scale.RATIO else ACCURACY
    reference: list[float] = []
    candidate: list[float] = []
    found = None
    for rounds in range(1, LOOKS[-1] + 1):
        base = chance.gauss(0, 0.05)
        apart = shift + chance.gauss(0, sd)
        if scale is Scale.RATIO:
            reference.append(math.exp(base))
            candidate.append(math.exp(base + apart))
        else:
            reference.append(0.967 + 0.01 * base)
            candidate.append(0.967 + 0.01 * base + apart)
        if rounds in LOOKS:
            paired = Paired(
                fact="x",
                scale=scale,
                reference=tuple(reference),
                candidate=tuple(candidate),
            )
            found = decide(paired, noise, REPORT, tolerance)
            if found.settled:
                return found
    assert found is not None
    return found


def shares_of(shift: float, sd: float, noise: HostNoise, scale: Scale, trials: int) -> Counter[str]:
    chance = random.Random(20261129)
    return Counter(played(shift, sd, noise, scale, chance).decision for _ in range(trials))


def at_least(trials: int, share: float) -> int:
    """How many of so many trials succeed at the least, but for one time in ten thousand, where each
    does with the probability `share`."""
    from scipy import stats

    return int(stats.binom.ppf(1e-4, trials, share))


def test_unchanged_cells_are_called_the_same_in_few_rounds() -> None:
    chance = random.Random(7)
    found = [played(0.0, 0.03, QUIET, Scale.RATIO, chance) for _ in range(400)]
    assert 0 == sum(one.decision is Decision.DRIFT for one in found)
    assert 400 * 0.98 <= sum(one.decision is Decision.SAME for one in found)
    assert 2.5 >= sum(one.rounds for one in found) / len(found)


@pytest.mark.parametrize(
    ("shift", "sd", "noise", "scale", "share"),
    [
        (math.log(1.10), 0.03, QUIET, Scale.RATIO, 0.95),
        (math.log(1.05), 0.03, QUIET, Scale.RATIO, 0.60),
        (-math.log(1.10), 0.03, QUIET, Scale.RATIO, 0.95),
        (-0.01, 0.003, STEADY, Scale.SHARE, 0.95),
        (-0.005, 0.003, STEADY, Scale.SHARE, 0.85),
    ],
    ids=["10-percent-slower", "5-percent", "faster", "1-point-of-accuracy", "half-a-point"],
)
def test_drift_is_found_as_often_as_is_promised(
    shift: float, sd: float, noise: HostNoise, scale: Scale, share: float
) -> None:
    assert at_least(300, share) <= shares_of(shift, sd, noise, scale, 300)[Decision.DRIFT]


def test_a_difference_of_the_margin_is_called_the_same_within_the_stated_rate() -> None:
    from scipy import stats

    found = shares_of(math.log(1.10), 0.06, HostNoise(df=30, variance=0.06**2), Scale.RATIO, 600)
    assert stats.binom.ppf(1 - 1e-4, 600, REPORT.same) >= found[Decision.SAME]


def test_one_disturbed_round_is_no_drift() -> None:
    for far in (1.3, 2.0, 50.0):
        for rounds in LOOKS:
            reference = tuple(1 + 0.001 * index for index in range(rounds))
            candidate = (*(one * 1.0001 for one in reference[:-1]), reference[-1] * far)
            paired = Paired(fact="x", scale=Scale.RATIO, reference=reference, candidate=candidate)
            for noise in (QUIET, HostNoise(df=math.inf, variance=1e-6), UNKNOWN_NOISE):
                assert decided(paired, noise).decision is not Decision.DRIFT


def test_a_test_that_cannot_reach_its_threshold_is_refused_and_says_so() -> None:
    paired = Paired(
        fact="x", scale=Scale.RATIO, reference=(1.0, 1.01, 1.02), candidate=(2.0, 2.03, 2.05)
    )
    found = decided(paired, UNKNOWN_NOISE)
    assert Decision.ANOTHER_ROUND is found.decision
    assert (
        "after 3 rounds (2 degrees of freedom) no difference could reach the threshold: calibrate "
        "this host, or run more rounds" == found.refused
    )


def test_one_round_says_that_it_is_one() -> None:
    paired = Paired(fact="x", scale=Scale.RATIO, reference=(1.0,), candidate=(9.0,))
    fixed = decide(paired, QUIET, REPORT.of_fixed(1), TIMES)
    assert Decision.UNVERIFIED is fixed.decision
    assert (
        "one round says nothing of how much rounds differ: at least two are needed" == fixed.refused
    )
    assert 2 == fixed.would_do


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_value_that_is_no_time_is_unverified(value: float) -> None:
    paired = Paired(fact="x", scale=Scale.RATIO, reference=(1.0, 1.1), candidate=(1.0, value))
    found = decided(paired, QUIET)
    assert Decision.UNVERIFIED is found.decision
    assert "a round answered a value that cannot be compared: a time is above zero" == found.refused


def test_a_floor_keeps_equal_accuracies_from_being_certain() -> None:
    """11 of 1,000 images classified differently: two rounds cannot show 0.7 points."""
    values = (0.967, 0.968)
    few = Paired(
        fact="x", scale=Scale.SHARE, reference=values, candidate=(0.966, 0.967), floor=11 / 1000**2
    )
    many = Paired(
        fact="x", scale=Scale.SHARE, reference=values, candidate=(0.966, 0.967), floor=113 / 1e8
    )
    known = HostNoise(df=60, variance=1e-7)
    assert Decision.ANOTHER_ROUND is decided(few, known).decision
    assert Decision.SAME is decided(many, known).decision


@pytest.mark.parametrize("scale", Scale)
def test_what_is_spent_over_looks_and_questions_is_what_the_report_may_spend(scale: Scale) -> None:
    spent = math.fsum(REPORT.difference_level(one, scale) for one in LOOKS) * REPORT.questions
    assert REPORT.alpha == pytest.approx(spent)
    assert REPORT.same == pytest.approx(math.fsum(REPORT.same_level(one, scale) for one in LOOKS))
    assert 5e-5 == pytest.approx(REPORT.of_fixed(10).difference_level(10, scale))
    assert 0.0 == REPORT.of_fixed(10).difference_level(9, scale)


def test_a_number_of_rounds_that_would_do_is_given_and_does() -> None:
    chance = random.Random(3)
    reference = tuple(1 + 0.001 * index for index in range(12))
    candidate = tuple(one * math.exp(0.05 + chance.gauss(0, 0.08)) for one in reference)
    paired = Paired(fact="x", scale=Scale.RATIO, reference=reference, candidate=candidate)
    found = decided(paired, HostNoise(df=30, variance=0.08**2))
    assert Decision.UNVERIFIED is found.decision
    assert found.would_do is not None
    assert 12 < found.would_do < 200

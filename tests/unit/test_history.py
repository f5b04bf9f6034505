"""Series, their changes with the inputs on each side, and the rhythm of a suite."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.formats.history import BLOCKS, brief_change, change_told, inputs_told, over, spark
from harness.history.changes import MovedInput, changed_facts, changed_levels
from harness.history.rhythm import (
    ALLOWED,
    LEAST_INTERVALS,
    gap_before,
    missing_between,
    moment,
    rhythm_of,
    whole_nights,
)
from harness.history.series import (
    FactSeries,
    Track,
    ever_changed,
    primary_series,
    series_of,
    tracks_of,
)
from harness.history.summary import cell_nights
from harness.model import CellNight, Fact, KeptNight, Nature
from tests.unit.builders import HOST, MNIST, cell, healthy, mnist_facts, record, run
from tests.unit.nightly import BEGAN, World, cells_of, night

CELLS = cells_of(2)
ONE, OTHER = (one.id for one in CELLS)
STEP = "mnist.step_seconds"
TRACK = Track(cell="a", engine="docker", host=HOST)


def kept(number: int, **fields: object) -> CellNight:
    plain = CellNight(
        run=f"run{number:02}",
        started=(BEGAN + timedelta(days=number)).isoformat(),
        cell="a",
        engine="docker",
        host=HOST,
        numbers={STEP: 0.027},
        primary=(STEP,),
        facts={"package.keras": "3.0.0", "python.version": "3.13"},
        inputs={"image": "sha256:1", "harness": "0.1"},
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


def nights_of(values: Sequence[float], name: str = STEP) -> list[CellNight]:
    return [
        kept(number, numbers={name: value}, primary=(name,)) for number, value in enumerate(values)
    ]


def noisy(level: float, nights: int, seed: int = 1, spread: float = 0.02) -> list[float]:
    rng = random.Random(seed)
    return [level * rng.lognormvariate(0, spread) for _ in range(nights)]


# --- a run as it is kept --------------------------------------------------------------------------


def test_numbers_are_the_median_over_rounds_and_of_a_series_in_a_round_its_median() -> None:
    one = cell()
    records = [
        record("mnist", {**mnist_facts(step_seconds=seconds, accuracy=share)}, round_=number)
        for number, (seconds, share) in enumerate([(0.02, 0.9), (0.03, 0.94), (0.09, 0.95)], 1)
    ]
    (found,) = cell_nights(run(one, rounds=3), records)
    assert (0.03, 0.94) == (found.numbers[STEP], found.numbers["mnist.test_accuracy"])
    assert ("mnist.test_accuracy", STEP, "mnist.import_seconds") == found.primary


def test_facts_are_kept_beside_numbers_and_observations_are_not() -> None:
    (found,) = cell_nights(run(cell()), healthy(cell()))
    assert "devices.0.memory_bytes" not in {**found.facts, **found.numbers}
    assert "2.1.0" == found.facts["package.numpy"]
    assert ("C", "UTF-8") == found.facts["python.locale"]
    assert not any(one.startswith("package") for one in found.inputs)
    assert {"image", "probe mnist", "host class", "driver"} <= found.inputs.keys()
    assert 5.735269546508789 == found.numbers["mnist.loss"]


def test_a_measured_fact_that_is_no_number_is_kept_as_it_is() -> None:
    probe = replace(MNIST, natures=(("mnist.*", Nature.MEASURED),))
    odd = record("mnist", {"mnist.final_weights_sha256": "ab", "mnist.test_accuracy": "high"})
    (found,) = cell_nights(run(cell(), probes=(probe,)), [odd])
    assert {"mnist.final_weights_sha256": "ab", "mnist.test_accuracy": "high"} == found.facts
    assert ({}, ()) == (found.numbers, found.primary)


def test_a_cell_that_answered_nothing_has_a_night_without_numbers() -> None:
    (found,) = cell_nights(run(cell()), [])
    assert ({}, {}, ()) == (found.numbers, found.facts, found.primary)


# --- series ---------------------------------------------------------------------------------------


def test_hosts_and_engines_of_another_kind_are_in_no_series_together() -> None:
    other = replace(HOST, cores=64)
    nights = [
        kept(number, host=other if number % 2 else HOST, numbers={STEP: 0.01 if number % 2 else 1})
        for number in range(20)
    ]
    nights.append(kept(20, engine="podman"))
    told = tracks_of(nights)
    assert {("docker", 2): 10, ("docker", 64): 10, ("podman", 2): 1} == {
        (track.engine, track.host.cores): len(found) for track, found in told.items()
    }
    for track, found in told.items():
        (series,) = primary_series(track, found)
        assert 1 == len({night.value for night in series.nights})
        assert () == series.changes


def test_primary_metrics_come_first_then_numbers_then_facts() -> None:
    nights = [kept(0, numbers={"a.ratio": 1.0, STEP: 0.02})]
    told = series_of(TRACK, nights, lambda _: True)
    assert [STEP, "a.ratio", "package.keras", "python.version"] == [one.fact for one in told]
    assert [True, True, False, False] == [one.numeric for one in told]
    assert [True, False, False, False] == [one.primary for one in told]
    (only,) = series_of(TRACK, nights, lambda fact: fact == "package.keras")
    assert "3.0.0" == only.last


def test_a_night_without_the_fact_is_not_in_its_series() -> None:
    nights = [kept(0), kept(1, numbers={}, facts={}), kept(2)]
    told = series_of(TRACK, nights, lambda _: True)
    assert {("run00", "run02")} == {tuple(night.run for night in one.nights) for one in told}
    assert not any(ever_changed(one) for one in told)
    (step, *_) = told
    assert [0.027, None, 0.027] == over(step, ["run00", "run01", "run02"])


# --- changes --------------------------------------------------------------------------------------


def test_a_step_of_a_time_is_told_by_its_ratio_with_the_runs_and_inputs_on_each_side() -> None:
    nights = nights_of([*noisy(0.027, 20), *noisy(0.0324, 10, 2)])
    for place in range(20, 30):
        moved = {"package.keras": "3.0.1", "python.version": "3.13"}
        nights[place] = replace(
            nights[place], facts=moved, inputs={"image": "sha256:2", "harness": "0.1"}
        )
    ((change,), lone) = changed_levels(STEP, nights)
    assert ("run19", "run20", "2026-11-21") == (change.before, change.after, change.day)
    assert 1.2 == pytest.approx(change.effect, rel=0.03)
    assert 0.027 == pytest.approx(change.old, rel=0.03)
    assert change.p is not None
    assert change.p < 1e-6
    assert (
        MovedInput(what="image", before="sha256:1", after="sha256:2"),
        MovedInput(what="package keras", before="3.0.0", after="3.0.1"),
    ) == change.inputs
    assert () == lone
    assert "image sha256:1 -> sha256:2; package keras 3.0.0 -> 3.0.1" == inputs_told(change)
    assert change_told(STEP, change).startswith("2026-11-21 27")


def test_the_unit_of_a_time_does_not_matter() -> None:
    values = [*noisy(0.027, 20), *noisy(0.031, 10, 2)]
    (one,) = changed_levels(STEP, nights_of(values))[0]
    (other,) = changed_levels(STEP, nights_of([1000 * value for value in values]))[0]
    assert (one.after, one.effect) == (other.after, pytest.approx(other.effect))
    assert one.p == pytest.approx(other.p, rel=1e-6)


def test_what_is_no_larger_than_the_least_effect_of_verdicts_is_no_change() -> None:
    steps = [*noisy(0.0270, 20, spread=0.001), *noisy(0.0276, 10, 2, 0.001)]
    assert () == changed_levels(STEP, nights_of(steps))[0]
    accuracy = "mnist.test_accuracy"
    assert () == changed_levels(accuracy, nights_of([0.967] * 10 + [0.965] * 10, accuracy))[0]
    told = changed_levels(accuracy, nights_of([0.967] * 10 + [0.960] * 10, accuracy))[0]
    assert [-0.007] == [pytest.approx(one.effect) for one in told]
    assert "-0.70 points" in change_told(accuracy, told[0])


def test_a_disturbed_night_is_set_aside_and_is_on_no_side_of_a_change() -> None:
    values = [*noisy(0.027, 20), *noisy(0.0324, 10, 2)]
    values[19] = 0.5
    (change,), lone = changed_levels(STEP, nights_of(values))
    assert ("run18", "run20", ("run19",)) == (change.before, change.after, lone)
    series = primary_series(TRACK, nights_of(values))[0]
    assert ("run19",) == series.lone
    assert 0.5 in [night.value for night in series.nights]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=40))
def test_any_numbers_of_an_image_give_a_series_that_can_be_told(values: list[float]) -> None:
    for name in (STEP, "mnist.test_accuracy", "mnist.final_loss"):
        nights = nights_of(values, name)
        if not values:
            continue
        (series,) = primary_series(TRACK, nights)
        runs = [one.run for one in nights]
        assert len(runs) == len(spark(over(series, runs)))
        assert brief_change(series)


def test_another_value_of_a_fact_is_a_change_and_a_silent_probe_is_none() -> None:
    def with_(**packages: str) -> dict[str, Fact]:
        return {f"package.{name}": version for name, version in packages.items()}

    nights = [
        kept(0, facts=with_(keras="3.0.0", numpy="2.1")),
        kept(1, facts={}),
        kept(2, facts=with_(keras="3.0.1", numpy="2.1")),
        kept(3, facts=with_(numpy="2.1")),
        kept(4, facts=with_(keras="3.0.1", numpy="2.1")),
    ]
    found = changed_facts("package.keras", nights)
    assert [("3.0.0", "3.0.1"), ("3.0.1", "absent"), ("absent", "3.0.1")] == [
        (one.old, one.new) for one in found
    ]
    assert ("run00", "run02") == (found[0].before, found[0].after)
    assert [None] * 3 == [one.p for one in found]
    assert () == found[0].inputs  # that it is another one stands in the change itself
    assert () == changed_facts("package.numpy", nights)
    assert "no known input" == inputs_told(found[0])


def test_an_integer_and_the_same_number_as_a_float_are_one_value_and_a_truth_is_another() -> None:
    def told(*values: Fact) -> int:
        nights = [kept(at, facts={"x.y": value}) for at, value in enumerate(values)]
        return len(changed_facts("x.y", nights))

    assert [0, 1, 1] == [told(1, 1.0), told(1, True), told((1, 2), (1, 3))]


def test_inputs_of_a_kind_that_is_not_known_are_left_out() -> None:
    nights = nights_of([0.02] * 5 + [0.04] * 5)
    nights[5] = replace(nights[5], inputs={"weather": "rain", "image": "sha256:1"})
    (change,) = changed_levels(STEP, nights)[0]
    assert () == change.inputs


def test_the_history_of_real_runs_names_the_package_that_moved() -> None:
    worlds = [World()] * 3 + [World(packages={ONE: {"keras": "3.0.1"}})] * 3
    judged = [night(number, CELLS, world) for number, world in enumerate(worlds)]
    every = (one for made in judged for one in cell_nights(made.judgement.run, made.records))
    nights = [one for one in every if one.cell == ONE]
    ((track, told),) = tracks_of(nights).items()
    changed = [one for one in series_of(track, told, lambda _: True) if ever_changed(one)]
    assert ["package.keras"] == [one.fact for one in changed]
    (change,) = changed[0].changes
    assert ["image"] == [one.what for one in change.inputs]


# --- in few words ---------------------------------------------------------------------------------


def test_blocks_go_from_the_least_to_the_greatest() -> None:
    assert BLOCKS == spark([float(one) for one in range(8)])
    assert "▁ █" == spark([1.0, None, 2.0])
    assert "▄▄" == spark([3.0, 3.0])
    assert "  " == spark([None, None])
    assert "▁█▁█" == spark([1.0, 2.0, 1.0, 900.0], {3})


def test_too_few_nights_are_said_to_be_so() -> None:
    (few,) = primary_series(TRACK, nights_of([0.02] * 5))
    (enough,) = primary_series(TRACK, nights_of([0.02] * 6))
    assert ["too few nights", "none"] == [brief_change(few), brief_change(enough)]


def test_a_change_that_is_next_to_certain_has_no_p_of_zero() -> None:
    (series,) = primary_series(TRACK, nights_of([0.02] * 5 + [0.04] * 5))
    assert "(+100.0%, p below 1e-12)" in change_told(STEP, series.changes[0])


# --- rhythm ---------------------------------------------------------------------------------------


def began(*days: float, cells: int = 4) -> tuple[KeptNight, ...]:
    return tuple(
        KeptNight(
            run=f"r{at}",
            started=(BEGAN + timedelta(days=day)).isoformat().replace("+00:00", "Z"),
            cells=cells,
        )
        for at, day in enumerate(days)
    )


def starts(*days: float) -> list[datetime]:
    return [BEGAN + timedelta(days=day) for day in days]


@given(st.integers(5, 60), st.integers(1, 30 * 24))
def test_runs_at_even_intervals_have_that_rhythm(count: int, hours: int) -> None:
    found = rhythm_of([BEGAN + timedelta(hours=hours * number) for number in range(count)])
    assert timedelta(hours=hours) == found


def test_one_missing_night_and_one_late_one_leave_the_rhythm() -> None:
    assert timedelta(days=1) == rhythm_of(starts(0, 1, 2.1, 3, 4, 6, 7, 8, 9))


def test_runs_now_and_then_have_none() -> None:
    assert rhythm_of(starts(0, 1, 5, 5.1, 9, 9.5, 20)) is None
    assert rhythm_of(starts(*range(LEAST_INTERVALS))) is None
    assert rhythm_of(starts(0, 0, 0, 0, 0, 0)) is None


def test_a_night_is_missing_after_one_and_a_half_intervals() -> None:
    day = timedelta(days=1)
    assert [0, 1, 1, 2, 6] == [
        missing_between(BEGAN, BEGAN + passed * day, day) for passed in (ALLOWED, 1.6, 2, 3, 7)
    ]


def test_a_run_of_a_few_cells_is_no_night() -> None:
    few = replace(began(3.4)[0], cells=1)
    nights = (*began(0, 1, 2, 3), few)
    assert began(0, 1, 2, 3) == whole_nights(nights)
    assert () == whole_nights(())


def test_nights_that_are_missing_before_a_run_are_told_of_it() -> None:
    told = gap_before(began(0, 1, 2, 3, 4, 5, 6, 9))
    assert (
        "2 nights are missing before this one: the suite runs every 24 hours, and the run before, "
        "r6, began 3 days earlier" == told
    )
    assert gap_before(began(0, 1, 2, 3, 4, 5, 6, 8)).startswith("a night is missing")


def test_without_a_gap_or_a_rhythm_nothing_is_told() -> None:
    assert "" == gap_before(began(0, 1, 2, 3, 4, 5))
    assert "" == gap_before(began(0, 1, 9))
    assert "" == gap_before(())
    assert "" == gap_before((*began(0, 1, 2, 3, 4, 5, 6), replace(began(9)[0], cells=1)))
    assert "" == gap_before((*began(0, 1, 2, 3, 4), replace(began(9)[0], started="never")))


def test_a_time_that_is_none_is_not_taken_for_one() -> None:
    assert moment("never") is None
    assert datetime(2026, 11, 1, 2, tzinfo=UTC) == moment("2026-11-01T02:00:00Z")
    assert datetime(2026, 11, 1, 2, tzinfo=UTC) == moment("2026-11-01T02:00:00")


def test_a_series_knows_its_last_value() -> None:
    (series,) = primary_series(TRACK, nights_of([0.02, 0.03]))
    assert isinstance(series, FactSeries)
    assert 0.03 == series.last

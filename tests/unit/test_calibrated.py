"""A cell against itself: what its rounds tell of a host's noise, and when rounds suffice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare.calibration import CalibratedMetric, calibrated, smallest_effect
from harness.compare.statistics.decision import Decision
from harness.compare.statistics.family import LOOKS, Family
from harness.compare.statistics.noise import HostNoise
from harness.compare.statistics.paired import Scale
from harness.errors import UsageError
from harness.model import Record, Run
from harness.running.calibrated import (
    AGAIN,
    CALIBRATIONS,
    blocks_of,
    known_spreads,
    measured_again,
    spreads_in,
)
from harness.running.looking import UntilTold
from harness.running.wanted import rounds_asked
from harness.store.store import Store
from tests.unit.builders import HOST, cell, healthy, mnist_facts
from tests.unit.builders import run as run_of

ONE = cell()
TWO = cell(f"{ONE.id}{AGAIN}")


def rounds(of: int, factor: Callable[[int], float], seed: int = 1) -> tuple[Run, list[Record]]:
    """A run of both, the second `factor` times as slow in each round, with noise of 3 %."""
    chance = random.Random(seed)
    run = replace(run_of(ONE, TWO, rounds=of), suite=CALIBRATIONS)
    records: list[Record] = []
    for number in range(1, of + 1):
        for place, one in enumerate((ONE, TWO), start=1):
            slow = factor(number) if one is TWO else 1.0
            told = mnist_facts(step_seconds=0.03 * slow * chance.lognormvariate(0, 0.03))
            told["mnist.import_seconds"] = 2.5 * chance.lognormvariate(0, 0.03)
            told["mnist.final_weights_sha256"] = f"{number:064x}"
            records += [
                replace(
                    record,
                    round=number,
                    observed={"round.place": place, "round.group": "g"},
                )
                for record in healthy(one, mnist=told)
            ]
    return run, records


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def kept(store: Store, run: Run, records: list[Record]) -> None:
    store.begin(run)
    for one in records:
        store.record(one)
    store.finish(run.id, ended=run.started)


def of_steps(found: tuple[CalibratedMetric, ...]) -> CalibratedMetric:
    return next(one for one in found if one.fact == "mnist.step_seconds")


@pytest.mark.parametrize(
    ("made", "each", "comparisons"),
    [(3, 3, 1), (5, 3, 1), (12, 3, 4), (24, 6, 4), (26, 6, 4), (48, 12, 4), (96, 12, 8)],
)
def test_a_calibration_is_four_comparisons_none_longer_than_an_auto_run(
    made: int, each: int, comparisons: int
) -> None:
    run, records = rounds(made, lambda _: 1.0)
    found = blocks_of(run, records)
    assert comparisons == len(found)
    assert {each} == {one.decided.rounds for block in found for one in block if one.primary}
    spreads = [one for one in spreads_in(run, records) if one.metric == "*.step_seconds"]
    assert [each - 1] * comparisons == [one.df for one in spreads]
    assert all(0 < one.variance < 0.02 for one in spreads)


def test_a_cell_that_differs_from_itself_is_an_alarm_in_whichever_block_it_does() -> None:
    """Every block has a test: that of the last is no test for the look of a longer run."""
    run, records = rounds(24, lambda number: 3.0 if number > 18 else 1.0)
    found = blocks_of(run, records)
    steps = of_steps(calibrated(measured_again(run, records), found, (), (12,)))
    assert (1, 4) == (steps.alarms, steps.comparisons)
    (last,) = (one for one in found[-1] if one.metric.fact == "mnist.step_seconds")
    assert Decision.DRIFT is last.decided.decision


def test_a_cell_against_itself_raises_no_alarm_and_tells_what_it_could_see() -> None:
    run, records = rounds(12, lambda _: 1.0)
    measured = measured_again(run, records)
    known = tuple(spreads_in(run, records))
    steps = of_steps(calibrated(measured, blocks_of(run, records), known, (3, 12)))
    assert (0, 4) == (steps.alarms, steps.comparisons)
    # A pair of rounds with 3 % of noise each.
    assert 0.02 < steps.deviation < 0.08
    (_, few), (_, many) = steps.smallest
    assert many is not None
    assert few is None or many < few
    assert 0.03 <= many < 0.2


def test_more_noise_hides_more() -> None:
    family = Family(questions=4)
    found = [
        smallest_effect(HostNoise(df=30, variance=sd**2), Scale.RATIO, family, 12)
        for sd in (0.01, 0.03, 0.1)
    ]
    assert found == sorted(found, key=lambda one: one or 9)
    assert None is smallest_effect(HostNoise(df=30, variance=0.0009), Scale.RATIO, family, 1)
    assert None is smallest_effect(HostNoise(), Scale.RATIO, family, 12)


def test_a_calibration_is_valid_for_its_host_class_and_engine_alone(store: Store) -> None:
    run, records = rounds(6, lambda _: 1.0)
    kept(store, run, records)
    assert known_spreads(store, HOST, run.engine.name)
    assert None is known_spreads(store, replace(HOST, cpu_model="another"), run.engine.name)
    assert None is known_spreads(store, HOST, "podman")


def test_an_ordinary_run_is_no_calibration(store: Store) -> None:
    run, records = rounds(6, lambda _: 1.0)
    kept(store, replace(run, suite="tensorflow"), records)
    assert None is known_spreads(store, HOST, run.engine.name)


def further(of: int, factor: Callable[[int], float]) -> tuple[int, tuple[str, ...]] | None:
    run, records = rounds(of, factor)
    calibration, its = rounds(12, lambda _: 1.0, seed=2)
    known = tuple(spreads_in(calibration, its)) * 4
    run = replace(run, rounds=2, looks=LOOKS, noise=known)
    more = UntilTold(run=run).further(of, records)
    return None if more is None else (more.rounds, more.cells)


def test_what_is_told_after_some_rounds_asks_for_no_more() -> None:
    assert None is further(12, lambda _: 1.5)


def test_what_is_not_told_goes_on_to_the_next_look_with_its_reference() -> None:
    assert (3, (ONE.id, TWO.id)) == further(2, lambda _: 1.06)


def test_after_the_last_look_nothing_goes_on() -> None:
    assert None is further(LOOKS[-1], lambda number: 1.0 if number % 2 else 1.3)


def test_a_cell_that_stopped_before_is_not_taken_up_again() -> None:
    run, records = rounds(3, lambda _: 1.06)
    run = replace(run, rounds=2, looks=LOOKS)
    stopped = [one for one in records if one.round <= 2 or one.cell == ONE.id]
    assert None is UntilTold(run=run).further(3, stopped)


@pytest.mark.parametrize("text", ["0", "-1", "two", "", "1.5", "Auto", "9999999", "\u0663"])
def test_only_a_number_of_rounds_or_auto_is_taken(text: str) -> None:
    with pytest.raises(UsageError, match="rounds"):
        rounds_asked(text)


def test_auto_begins_with_the_first_look() -> None:
    assert (LOOKS[0], LOOKS) == rounds_asked("auto")
    assert (7, None) == rounds_asked("7")


def test_more_rounds_see_smaller_effects_and_a_tail_without_a_number_spoils_nothing() -> None:
    noise = HostNoise(df=30, variance=0.03**2, df_of_spreads=60)
    found = [smallest_effect(noise, Scale.RATIO, Family(questions=4), n) for n in (2, 3, 5, 8, 12)]
    told = [one for one in found if one is not None]
    assert len(found) == len(told)
    assert told == sorted(told, reverse=True)
    # 3.29 (the critical value) and about 1.75 more standard errors of 0.03 / sqrt(2).
    assert 0.10 < told[0] < 0.13

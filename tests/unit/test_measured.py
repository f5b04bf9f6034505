"""Rounds of cells compared with each other: which pair, and what they come to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.compare.classified import classified
from harness.compare.measured import Measured, measure, rounds_wanted, spreads_of
from harness.compare.metrics import networks_of
from harness.compare.statistics.decision import Decision
from harness.compare.view import views
from harness.model import Expectation, Fact, Nature, Probe, Record, Run
from tests.unit.builders import record
from tests.unit.measuring import (
    CANDIDATE,
    QUIET,
    REFERENCE,
    learned,
    measured_run,
    noisy,
    rounds_of,
)


def held(run: Run, records: Sequence[Record]) -> dict[str, Measured]:
    """What is measured of the candidate, by fact."""
    reference, candidate = views(run, records)
    (found,) = measure([(reference, candidate)], run.rules.expectations, None)
    return {one.metric.fact: one for one in found}


STEP, ACCURACY = "mnist.step_seconds", "mnist.test_accuracy"


def test_unchanged_cells_are_the_same_in_times_and_accuracy() -> None:
    found = held(measured_run(8), noisy(8))
    assert Decision.SAME is found[STEP].decided.decision
    assert Decision.SAME is found[ACCURACY].decided.decision


def test_a_slower_cell_drifts() -> None:
    found = held(measured_run(5), noisy(5, shift=0.27))[STEP]
    assert Decision.DRIFT is found.decided.decision
    assert found.drifts
    assert 0.27 == pytest.approx(found.decided.estimate, abs=0.05)


def test_a_cell_that_learns_worse_drifts() -> None:
    found = held(measured_run(5), noisy(5, points=12))[ACCURACY]
    assert Decision.DRIFT is found.decided.decision
    assert -0.011 == pytest.approx(found.decided.estimate, abs=0.001)


def test_an_allowed_drift_is_measured_and_no_alarm() -> None:
    rule = Expectation(facts="mnist.*_seconds", rule="allowed", reason="other years")
    found = held(measured_run(5, expectations=(rule,)), noisy(5, shift=0.27))[STEP]
    assert Decision.DRIFT is found.decided.decision
    assert not found.drifts


def test_a_suite_states_its_own_margin_and_minimum_effect() -> None:
    rule = Expectation(facts="mnist.test_accuracy", rule="equivalent", margin=0.03, minimum=0.02)
    found = held(measured_run(5, expectations=(rule,)), noisy(5, points=12))[ACCURACY]
    assert Decision.SAME is found.decided.decision


def test_the_order_of_records_changes_nothing() -> None:
    records = noisy(5, shift=0.05)
    shuffled = list(records)
    random.Random(2).shuffle(shuffled)
    run = measured_run(5)
    assert held(run, records) == held(run, shuffled)


def test_at_most_four_metrics_of_a_cell_may_alarm() -> None:
    found = held(measured_run(5), noisy(5, shift=0.27)).values()
    assert 4 == sum(one.primary for one in found)
    others = [one for one in found if not one.primary]
    assert others
    assert not any(one.drifts for one in others)


def test_an_auto_run_goes_on_until_step_time_and_accuracy_are_settled() -> None:
    looks = (2, 3, 5, 8, 12)
    unclear = held(measured_run(2, looks=looks), noisy(2, shift=0.045, sd=0.001)).values()
    assert 3 == rounds_wanted(unclear, 2)
    apart = [replace(one, observed={}) for one in noisy(2)]
    assert 2 == rounds_wanted([held(measured_run(2, looks=looks), apart)[STEP]], 2)
    clear = held(measured_run(5, looks=looks), noisy(5, shift=0.4)).values()
    assert 5 == rounds_wanted(clear, 5)


def test_an_auto_run_ends_at_twelve_rounds_unverified_with_the_number_that_would_do() -> None:
    run = measured_run(12, looks=(2, 3, 5, 8, 12), noise=None)
    found = held(run, noisy(12, shift=0.05, sd=0.15))
    assert Decision.UNVERIFIED is found[STEP].decided.decision
    assert (found[STEP].decided.would_do or 0) > 12
    assert 12 == rounds_wanted(found.values(), 12)


def test_rounds_that_were_not_interleaved_give_no_times() -> None:
    apart = [replace(one, observed={}) for one in noisy(5)]
    found = held(measured_run(5), apart)[STEP]
    assert 0 == found.decided.rounds
    assert ("5 rounds were not interleaved with the reference's",) == found.pairing.left_out


def test_blocks_are_not_interleaved_whatever_they_say() -> None:
    records = noisy(5)
    ours = [one for one in records if one.cell == REFERENCE.id]
    late = [replace(one, started="2026-11-21" + one.started[10:]) for one in records[len(ours) :]]
    found = held(measured_run(5), [*ours, *late])[STEP]
    assert 0 == found.decided.rounds
    assert (
        "rounds overlap or do not follow each other: they were not interleaved",
    ) == found.pairing.left_out


def test_a_repeated_answer_gives_no_time() -> None:
    records = [replace(one, repeats="earlier/1") if one.round == 2 else one for one in noisy(5)]
    found = held(measured_run(5), records)[STEP]
    assert 4 == found.decided.rounds
    assert ("1 round repeat an earlier answer: no time is reused",) == found.pairing.left_out


def test_rounds_that_trained_the_same_model_count_as_one() -> None:
    ours = [
        learned(REFERENCE, n, step=0.027 + n / 1e4, errors=range(33), weights="aa") for n in (1, 2)
    ]
    theirs = [
        learned(CANDIDATE, n, step=0.027 + n / 2e4, errors=range(34), weights="bb") for n in (1, 2)
    ]
    records = [*rounds_of(REFERENCE, ours, place=1), *rounds_of(CANDIDATE, theirs, place=2)]
    found = held(measured_run(2), records)[ACCURACY]
    assert 1 == found.decided.rounds
    assert (
        "1 round trained the same model again, to the bit: they count as one",
    ) == found.pairing.left_out


def test_equal_bits_settle_the_accuracy_at_once_and_not_the_time() -> None:
    ours = learned(REFERENCE, 1, step=0.027, errors=range(33), weights="aa")
    theirs = learned(CANDIDATE, 1, step=0.029, errors=range(33), weights="aa")
    records = [*rounds_of(REFERENCE, [ours], place=1), *rounds_of(CANDIDATE, [theirs], place=2)]
    found = held(measured_run(1), records)
    assert Decision.SAME is found[ACCURACY].decided.decision
    assert Decision.UNVERIFIED is found[STEP].decided.decision


def test_two_models_are_told_as_a_person_thinks() -> None:
    """Images 0 to 59 are wrong for the reference alone, 60 to 112 for the candidate alone."""
    from tests.unit.measuring import wrong

    told = classified(wrong(range(60), 10_000), wrong(range(60, 113), 10_000), 10_000)
    assert told is not None
    assert "9,887 of 10,000 images classified alike; of the 113 others 60 to 53" == told.told
    assert 0.573 == pytest.approx(told.mcnemar_p, abs=0.001)
    assert 113 / 1e8 == pytest.approx(told.floor)


@pytest.mark.parametrize("told", [None, 3, "", "!!!!", "AAAA", "gA=="])
def test_what_does_not_say_which_images_were_wrong_is_not_believed(told: object) -> None:
    from tests.unit.measuring import wrong

    right = wrong(range(3), 100)
    assert classified(right, right, 100) is not None
    assert classified(told, right, 100) is None  # type: ignore[arg-type]
    assert classified(right, told, 100) is None  # type: ignore[arg-type]


def test_what_rounds_show_of_the_noise_can_be_kept() -> None:
    kept = spreads_of(held(measured_run(8), noisy(8)).values())
    by_metric = {one.metric: one for one in kept}
    assert 7 == by_metric["*.step_seconds"].df
    assert 0.02**2 == pytest.approx(by_metric["*.step_seconds"].variance, rel=1.5)
    assert {one.metric for one in QUIET} <= set(by_metric)


TWO = Probe(
    name="keras",
    question="Do two networks learn?",
    source="",
    digest="",
    natures=(
        ("keras.*_seconds", Nature.TIMING),
        ("keras.small.test_accuracy", Nature.MEASURED),
        ("keras.recurrent.test_accuracy", Nature.MEASURED),
    ),
)


def of_two_networks(rounds: int, points: int) -> tuple[Run, list[Record]]:
    """Rounds of a probe that trains two networks, the recurrent one `points` of 1,000 worse in the
    candidate."""
    records = []
    for number in range(1, rounds + 1):
        for place, one in enumerate((REFERENCE, CANDIDATE), start=1):
            noise = 0.0001 * (number % 3) * place
            worse = points / 1000 if one is CANDIDATE else 0.0
            facts: dict[str, Fact] = {
                "keras.import_seconds": 2.0 + noise,
                "keras.small.step_seconds": (0.01 + noise / 10,),
                "keras.small.test_accuracy": 0.95 + noise,
                "keras.small.test_images": 10_000,
                "keras.recurrent.test_images": 10_000,
                "keras.recurrent.step_seconds": (0.02 + noise / 10,),
                "keras.recurrent.test_accuracy": 0.85 - worse + noise,
            }
            made = record("keras", facts, of=one.id, round_=number)
            seen = {"round.place": place, "round.group": "g"}
            at = f"2026-11-20T23:{number * 3 + place:02}:00Z"
            records.append(replace(made, started=at, observed=seen))
    made_run = measured_run(rounds)
    pairs = tuple((one.id, "keras") for one in made_run.cells)
    return replace(made_run, probes=(TWO,), pairs=pairs), records


def test_each_network_that_is_declared_may_alarm_and_the_family_is_as_large() -> None:
    run, records = of_two_networks(5, points=100)
    found = held(run, records)
    assert found["keras.recurrent.test_accuracy"].drifts
    assert not found["keras.small.test_accuracy"].drifts
    primary = {name for name, one in found.items() if one.primary}
    assert primary == {
        "keras.small.test_accuracy",
        "keras.small.step_seconds",
        "keras.import_seconds",
        "keras.recurrent.test_accuracy",
        "keras.recurrent.step_seconds",
    }
    assert {8} == {one.family.questions for one in found.values()}
    assert len(primary) <= 8


def test_the_noise_of_one_of_several_networks_is_not_that_of_others() -> None:
    run, records = of_two_networks(5, points=0)
    kept = {one.metric for one in spreads_of(held(run, records).values())}
    assert {"keras.recurrent.step_seconds", "keras.small.step_seconds"} <= kept
    assert "*.import_seconds" in kept
    assert "*.step_seconds" not in kept


def test_a_probe_that_declares_one_network_is_judged_as_before() -> None:
    declared = replace(TWO, natures=(("mnist.test_accuracy", Nature.MEASURED),))
    assert ("mnist",) == networks_of(replace(measured_run(5), probes=(declared,)))
    assert {4} == {one.family.questions for one in held(measured_run(5), noisy(5)).values()}

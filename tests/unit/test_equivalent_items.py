"""A rule `equivalent` as a test of pytest: what rounds show decides it, never one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.compare.items import ItemOutcome, expectation_outcome, probe_outcome, results_of
from harness.model import Expectation, Record, Run, Verdict
from tests.unit.measuring import CANDIDATE, REFERENCE, measured_run, noisy

RULE = Expectation(
    facts="mnist.test_accuracy",
    rule="equivalent",
    margin=0.02,
    minimum=0.01,
    reason="every release must learn alike",
)
STRICT = Expectation(facts="mnist.test_accuracy", rule="equivalent", margin=0.007, minimum=0.003)


def outcome(run: Run, records: Sequence[Record], rule: Expectation) -> ItemOutcome:
    return expectation_outcome(results_of(run, records), rule)


def test_it_passes_where_rounds_show_that_cells_are_the_same() -> None:
    told = outcome(measured_run(5, expectations=(RULE,)), noisy(5), RULE)
    assert (Verdict.PASS, "") == (told.verdict, told.reason)


def test_it_fails_where_rounds_show_a_drift_and_says_how_large() -> None:
    records = noisy(5, points=30)
    told = outcome(measured_run(5, expectations=(RULE,)), records, RULE)
    assert Verdict.DRIFT is told.verdict
    assert "points less accurate" in told.message
    assert 1 == told.message.count("drift: ")


def test_the_probe_that_measured_it_fails_once_for_it() -> None:
    run = measured_run(5, expectations=(RULE,))
    results = results_of(run, noisy(5, points=30))
    told = probe_outcome(results, CANDIDATE.id, "mnist", run.probes)
    assert Verdict.DRIFT is told.verdict
    assert 1 == told.message.count("points less accurate")


def test_one_round_does_not_tell() -> None:
    told = outcome(measured_run(1, expectations=(RULE,)), noisy(1), RULE)
    assert Verdict.UNVERIFIED is told.verdict
    assert CANDIDATE.id in told.reason
    assert "one round says nothing" in told.reason


def test_two_rounds_on_a_host_that_nothing_is_known_of_do_not_tell_a_narrow_margin() -> None:
    told = outcome(measured_run(2, expectations=(STRICT,), noise=None), noisy(2), STRICT)
    assert Verdict.UNVERIFIED is told.verdict
    assert CANDIDATE.id in told.reason


def test_a_rule_that_meets_no_metric_is_unverified() -> None:
    rule = Expectation(facts="mnist.loss", rule="equivalent", margin=0.02)
    told = outcome(measured_run(5, expectations=(rule,)), noisy(5), rule)
    assert Verdict.UNVERIFIED is told.verdict
    assert "nothing that `mnist.loss` matches was compared" in told.reason


def test_what_one_cell_shows_is_no_answer_for_another() -> None:
    third = replace(CANDIDATE, id="tf2.20.0-py3.13")
    run = measured_run(5, expectations=(RULE,), cells=(REFERENCE, CANDIDATE, third))
    single = [replace(one, cell=third.id) for one in noisy(1) if one.cell == CANDIDATE.id]
    told = outcome(run, [*noisy(5), *single], RULE)
    assert Verdict.UNVERIFIED is told.verdict
    assert third.id in told.reason

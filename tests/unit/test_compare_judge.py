from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.compare.judge import judge, judge_cell
from harness.compare.judgement import same_for_several
from harness.compare.rules import Judged
from harness.errors import Exit
from harness.formats import render
from harness.model import Evidence, Expectation, Level, Outcome, Profile, Record, Run, Verdict
from harness.outcomes import TELLING, verdict_of
from harness.serial import decode, encode
from tests.unit.builders import (
    DEVICES,
    GPU_HOST,
    LIBCUSOLVER,
    MNIST,
    PACKAGES,
    PROBES,
    PYTHON,
    cell,
    healthy,
    mnist_facts,
    python_facts,
    record,
    run,
    without,
)

NEW = cell()
OLD = cell("tf1.2.1-py3.13", "1.2.1", "3.13")
ALLOW = tuple(
    Expectation(facts=facts, rule="allowed", reason="by intent")
    for facts in ("package.*", "framework.version", "mnist.framework_version", "python.version")
)
FAILING = {
    Outcome.RAISED,
    Outcome.CRASHED,
    Outcome.TIMED_OUT,
    Outcome.OUT_OF_MEMORY,
    Outcome.OUTPUT_LIMIT,
    Outcome.NO_ANSWER,
    Outcome.NO_INTERPRETER,
    Outcome.BUILD_FAILED,
}
INFRASTRUCTURE = {
    Outcome.PULL_FAILED,
    Outcome.ENGINE_GONE,
    Outcome.DISK_FULL,
    Outcome.INTERFERED,
}


def all_end(outcome: Outcome) -> list[Record]:
    return [record(probe.name, outcome=outcome, has_image=False) for probe in PROBES]


def test_every_outcome_leads_to_the_verdict_of_the_table() -> None:
    assert set(Outcome) == set(TELLING)
    assert {one for one in Outcome if verdict_of(one) is Verdict.FAIL} == FAILING
    assert {one for one in Outcome if verdict_of(one) is Verdict.INFRASTRUCTURE} == INFRASTRUCTURE
    assert Verdict.PASS is verdict_of(Outcome.OK)
    assert Verdict.UNVERIFIED is verdict_of(Outcome.HOST_INCOMPATIBLE)
    assert verdict_of(Outcome.NOT_APPLICABLE) is None


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.OK])
def test_a_cell_whose_probes_all_end_so_gets_that_verdict(outcome: Outcome) -> None:
    judgement = judge(run(NEW), all_end(outcome))
    expected = verdict_of(outcome) or Verdict.UNVERIFIED
    status = {
        Verdict.FAIL: Exit.FINDINGS,
        Verdict.INFRASTRUCTURE: Exit.INFRASTRUCTURE,
        Verdict.UNVERIFIED: Exit.NOTHING,
    }
    assert expected is judgement.cells[0].verdict
    assert status[expected] is judgement.exit
    assert ((outcome, 4),) == judgement.cells[0].outcomes


@pytest.mark.parametrize("probe", [PYTHON, PACKAGES, DEVICES, MNIST])
@pytest.mark.parametrize("outcome", sorted(FAILING - {Outcome.BUILD_FAILED}))
def test_one_probe_that_ends_badly_fails_its_cell(probe: object, outcome: Outcome) -> None:
    name = getattr(probe, "name", "")
    records = [*without(healthy(NEW), name), record(name, outcome=outcome)]
    assert Verdict.FAIL is judge(run(NEW), records).cells[0].verdict


def test_all_as_expected_is_a_pass_and_exit_0() -> None:
    judgement = judge(run(NEW, OLD, expectations=ALLOW), [*healthy(NEW), *healthy(OLD)])
    assert [Verdict.PASS, Verdict.PASS] == [one.verdict for one in judgement.cells]
    assert () == judgement.findings
    assert Exit.OK is judgement.exit
    assert ((Verdict.PASS, 2),) == judgement.counts


def test_facts_no_expectation_allows_are_drift_told_once_a_group() -> None:
    packages = {"numpy": "1.16.6", "six": "1.16.0", "mock": "3.0.5"}
    records = [*healthy(NEW), *healthy(OLD, packages=packages)]
    judgement = judge(run(NEW, OLD, expectations=ALLOW[1:]), records)
    (finding,) = judgement.findings
    assert (Verdict.DRIFT, OLD.id) == (finding.verdict, finding.cell)
    headline = "numpy 1.16.6 and mock 3.0.5, and 1 more package, differ from tf2.21.0-py3.13"
    assert headline == finding.title
    assert "" == finding.cause
    assert "numpy 1.16.6 (reference 2.1.0)" == finding.evidence[0]
    assert Exit.FINDINGS is judgement.exit
    assert [Verdict.PASS, Verdict.DRIFT] == [one.verdict for one in judgement.cells]


def test_a_stored_run_that_asks_for_what_nothing_judges_says_so() -> None:
    """Its matrix was read by a version that accepted all of this."""
    mine = replace(NEW, level=Level.L4)
    evidence = Evidence(level=Level.L4, kind="band", fact="mnist.test_accuracy")
    odd = replace(MNIST, evidence=(*MNIST.evidence, evidence))
    expectation = Expectation(facts="mnist.test_accuracy", rule="equivalent")
    stored = run(mine, OLD, probes=(PYTHON, PACKAGES, DEVICES, odd), expectations=(expectation,))
    stored = decode(Run, encode(stored))
    other = mnist_facts("1.2.1", accuracy=0.1234)
    judgement = judge(stored, [*healthy(mine), *healthy(OLD, mnist=other)])
    for name in ("terminal", "markdown", "json"):
        text = " ".join(render(name, judgement).split())
        assert "the evidence of mnist for L4 is not judged" in text
        assert "0.1234" in text, "shown, side by side"
    assert "mnist.test_accuracy" in {one.fact for one in judgement.not_judged}


def test_accuracy_loss_and_times_are_listed_side_by_side_and_not_judged() -> None:
    other = mnist_facts("1.2.1", accuracy=0.9436, step_seconds=0.196)
    records = [*healthy(NEW), *healthy(OLD, mnist=other)]
    judgement = judge(run(NEW, OLD, expectations=ALLOW), records)
    listed = {one.fact: one.values for one in judgement.not_judged}
    assert Exit.OK is judgement.exit
    assert {"mnist.test_accuracy", "mnist.loss", "mnist.step_seconds"} <= set(listed)
    assert ((NEW.id, 0.9512), (OLD.id, 0.9436)) == listed["mnist.test_accuracy"]


def test_a_measurement_with_a_bound_is_judged_and_no_longer_listed() -> None:
    bound = Expectation(facts="mnist.test_accuracy", rule="within", absolute=0.001)
    records = [*healthy(NEW), *healthy(OLD, mnist=mnist_facts("1.2.1", accuracy=0.9))]
    judgement = judge(run(NEW, OLD, expectations=(bound, *ALLOW)), records)
    assert Verdict.DRIFT is judgement.cells[1].verdict
    assert "mnist.test_accuracy" not in {one.fact for one in judgement.not_judged}


def test_the_reference_is_the_one_the_suite_names() -> None:
    records = [*healthy(NEW), *healthy(OLD)]
    judgement = judge(run(OLD, NEW, expectations=ALLOW, reference=NEW.id), records)
    assert NEW.id == judgement.reference
    assert () == judgement.notices
    assert [True, False] == [one.compared for one in judgement.cells]


def test_another_reference_than_the_named_one_is_said() -> None:
    records = [*healthy(NEW), *healthy(OLD)]
    judgement = judge(run(OLD, NEW, expectations=ALLOW, reference="gone"), records)
    assert OLD.id == judgement.reference
    assert (
        f"the reference is {OLD.id}, the first cell of the run: gone is not in this run",
    ) == judgement.notices
    alone = judge(run(NEW, reference="gone"), healthy(NEW))
    assert ("", Exit.OK) == (alone.reference, alone.exit)
    assert "was not compared" in alone.notices[0]


def test_a_broken_reference_leaves_the_others_unverified_without_a_cascade() -> None:
    broken = [*without(healthy(NEW), "mnist"), record("mnist", outcome=Outcome.CRASHED)]
    third = replace(OLD, id="third")
    judgement = judge(run(NEW, OLD, third), [*broken, *healthy(OLD), *healthy(third)])
    assert [Verdict.FAIL, Verdict.UNVERIFIED, Verdict.UNVERIFIED] == [
        one.verdict for one in judgement.cells
    ]
    assert Level.L3 is judgement.cells[1].level
    assert () == judgement.cells[1].differences
    assert [1, 2] == [len(cells) for _, cells in same_for_several(judgement.findings)]
    assert Exit.FINDINGS is judgement.exit


def test_missing_records_are_infrastructure_and_told_per_cell() -> None:
    interrupted = run(NEW, OLD, expectations=ALLOW, state="interrupted")
    judgement = judge(interrupted, [*healthy(NEW), *without(healthy(OLD), "mnist", "devices")])
    (finding,) = judgement.findings
    assert Verdict.INFRASTRUCTURE is judgement.cells[1].verdict
    assert "2 of 4 planned records are missing" == finding.title
    assert "the run is interrupted" == finding.cause
    assert (8, 2, Exit.INFRASTRUCTURE) == (judgement.planned, judgement.missing, judgement.exit)


def test_infrastructure_comes_before_findings_in_the_exit_status_and_hides_none() -> None:
    pulled = [replace(one, cell=OLD.id, outcome=Outcome.PULL_FAILED) for one in all_end(Outcome.OK)]
    broken = [*without(healthy(NEW), "mnist"), record("mnist", outcome=Outcome.CRASHED)]
    judgement = judge(run(NEW, OLD), [*broken, *pulled])
    assert Exit.INFRASTRUCTURE is judgement.exit
    assert [Verdict.INFRASTRUCTURE, Verdict.FAIL] == [one.verdict for one in judgement.findings]


def test_nothing_run_is_never_green() -> None:
    assert Exit.NOTHING is judge(run(), []).exit
    assert Exit.NOTHING is judge(run(NEW, pairs=()), []).exit
    assert Exit.INFRASTRUCTURE is judge(run(NEW), []).exit


def test_unverified_is_no_finding_but_fails_where_verification_is_required() -> None:
    gpu = replace(NEW, id="gpu", gpu="all")
    records = [*healthy(NEW), *healthy(gpu)]
    judgement = judge(run(NEW, gpu), records)
    assert [Verdict.PASS, Verdict.UNVERIFIED] == [one.verdict for one in judgement.cells]
    assert Exit.OK is judgement.exit
    assert Exit.NOTHING is judge(run(NEW, gpu), records, require_verified=True).exit
    assert Exit.NOTHING is judge(run(gpu), healthy(gpu)).exit
    seen = judge(run(gpu, host=GPU_HOST), healthy(gpu))
    assert (Verdict.FAIL, Exit.FINDINGS) == (seen.cells[0].verdict, seen.exit)


def test_a_selection_of_probes_leaves_levels_unverified() -> None:
    pairs = tuple((NEW.id, name) for name in ("python", "packages"))
    judgement = judge(run(NEW, pairs=pairs), without(healthy(NEW), "devices", "mnist"))
    assert Verdict.UNVERIFIED is judgement.cells[0].verdict
    assert "L1 (starts) is unverified" in judgement.findings[0].title


def test_what_fails_above_the_wanted_level_is_noted_not_judged() -> None:
    modest = replace(NEW, level=Level.L0)
    raised = [
        record(one, outcome=Outcome.RAISED, raised=LIBCUSOLVER) for one in ("devices", "mnist")
    ]
    judgement = judge(run(modest), [*without(healthy(modest), "devices", "mnist"), *raised])
    (judged,) = judgement.cells
    assert (Verdict.PASS, Level.L0) == (judged.verdict, judged.level)
    assert "libcusolver.so.8.0: cannot open shared object file" in judged.notes[0].text


def test_a_wanted_level_that_cannot_be_pulled_is_not_noted_away() -> None:
    modest = replace(NEW, level=Level.L0)
    assert (
        Verdict.INFRASTRUCTURE is judge(run(modest), all_end(Outcome.PULL_FAILED)).cells[0].verdict
    )


def test_a_cell_that_cannot_be_obtained_is_not_noted_away_where_only_higher_levels_were_asked() -> (
    None
):
    modest = replace(NEW, level=Level.L0)
    pairs = tuple((NEW.id, name) for name in ("devices", "mnist"))
    pulled = [
        record(name, outcome=Outcome.PULL_FAILED, has_image=False) for name in ("devices", "mnist")
    ]
    judged = judge(run(modest, pairs=pairs), pulled).cells[0]
    assert Verdict.INFRASTRUCTURE is judged.verdict


def test_one_cause_in_two_probes_is_one_finding_headed_by_the_missing_library() -> None:
    raised = [
        record(one, outcome=Outcome.RAISED, raised=LIBCUSOLVER) for one in ("devices", "mnist")
    ]
    (finding,) = judge(run(NEW), [*without(healthy(NEW), "devices", "mnist"), *raised]).findings
    assert "libcusolver.so.8.0: cannot open shared object file" == finding.title
    assert ("devices", "mnist") == finding.probes
    assert "ImportError: libcusolver.so.8.0" in finding.evidence[1]


def test_rounds_that_disagree_are_drift_of_the_cell_itself() -> None:
    records = healthy(NEW, rounds=2)
    odd = [
        replace(one, facts=python_facts("3.13.6"))
        if (one.round, one.probe) == (2, "python")
        else one
        for one in records
    ]
    (finding,) = judge(run(NEW, rounds=2), odd).findings
    assert "python.version varies from round to round" == finding.title
    assert Verdict.DRIFT is finding.verdict


def test_facts_of_a_probe_that_only_one_side_answered_are_not_differences() -> None:
    records = [*healthy(NEW), *without(healthy(OLD), "packages")]
    records.append(record("packages", of=OLD.id, outcome=Outcome.TIMED_OUT))
    judged = judge(run(NEW, OLD, expectations=ALLOW), records).cells[1]
    assert Verdict.FAIL is judged.verdict
    assert ("packages",) == judged.left_out
    assert not [one for one in judged.differences if one.fact.startswith("package.")]


def test_an_allowance_that_ends_soon_is_announced_and_an_ended_one_is_drift() -> None:
    soon = Expectation(facts="*", rule="allowed", reason="old base", until="2026-11-25")
    over = replace(soon, until="2026-11-01")
    records = [*healthy(NEW), *healthy(OLD)]
    announced = judge(run(NEW, OLD, expectations=(soon,)), records)
    assert "an allowance ends on 2026-11-25 (old base)" in announced.notices[-1]
    assert Exit.OK is announced.exit
    ended = judge(run(NEW, OLD, expectations=(over,)), records)
    assert Verdict.DRIFT is ended.cells[1].verdict
    assert "the allowance ended on 2026-11-01: old base" == ended.findings[0].cause


def test_relaxed_limits_are_shown() -> None:
    loose = replace(NEW, profile=Profile(name="relaxed", relaxations=("network=true",)))
    (notice,) = judge(run(loose), healthy(loose)).notices
    assert f"{NEW.id} ran under relaxed limits: network=true" == notice


def test_other_settings_do_not_make_default_drift() -> None:
    facts = {**mnist_facts("1.2.1"), "mnist.steps": 100}
    shorter = record("mnist", facts, of=OLD.id, settings={"steps": 100, "epochs": 0})
    bands = (replace(run(NEW).rules.bands[0], steps=None),)
    records = [*healthy(NEW), *without(healthy(OLD), "mnist"), shorter]
    judged = judge(run(NEW, OLD, expectations=ALLOW, bands=bands), records).cells[1]
    steps = next(one for one in judged.differences if one.fact == "mnist.steps")
    assert Verdict.PASS is judged.verdict
    assert Judged.NOT_JUDGED is steps.judged
    assert "mnist was asked with steps 100 (reference 200)" == steps.reason


def test_a_finished_cell_can_be_judged_before_the_others() -> None:
    one = judge_cell(run(NEW, OLD, state="running"), healthy(OLD), OLD.id)
    assert (Verdict.PASS, Level.L3, False) == (one.verdict, one.level, one.compared)
    with pytest.raises(ValueError, match="no cell"):
        judge_cell(run(NEW), [], "other")


def test_the_three_numbers_people_ask_for_are_found() -> None:
    told = judge(run(NEW), healthy(NEW)).cells[0].headline
    assert (0.9512, 3.905205726623535, 0.027) == (told.accuracy, told.loss, told.step_seconds)


CELLS = (NEW, OLD, replace(NEW, id="gpu", gpu="all"), replace(OLD, id="modest", level=Level.L1))
ANSWERED = {(one.cell, one.round, one.probe): one for of in CELLS for one in healthy(of, rounds=2)}


@st.composite
def partial_runs(draw: st.DrawFn) -> list[Record]:
    """Some records of four cells in two rounds, each ended in some way."""
    chosen = draw(st.lists(st.sampled_from(sorted(ANSWERED)), unique=True))
    records = []
    for key in chosen:
        outcome = draw(st.one_of(st.just(Outcome.OK), st.sampled_from(Outcome)))
        one = ANSWERED[key]
        records.append(
            one if outcome is Outcome.OK else replace(one, outcome=outcome, facts={}, image=None)
        )
    return records


@settings(max_examples=40, deadline=None)
@given(partial_runs(), st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(
    records: list[Record], shuffle: random.Random
) -> None:
    shuffled = list(records)
    shuffle.shuffle(shuffled)
    of = run(*CELLS, rounds=2)
    assert repr(judge(of, records)) == repr(judge(of, shuffled))


@settings(deadline=None)
@given(partial_runs())
def test_verdicts_never_lie(records: list[Record]) -> None:
    judgement = judge(run(*CELLS, rounds=2), records)
    for judged in judgement.cells:
        worst = max((one.verdict.severity for one in judged.findings), default=0)
        assert worst == judged.verdict.severity
        if judged.verdict is Verdict.PASS:
            assert judged.level.rank >= judged.wanted.rank
            assert not judged.missing
        if judged.missing:
            assert Verdict.INFRASTRUCTURE is judged.verdict
    verdicts = {judged.verdict for judged in judgement.cells}
    if judgement.exit is Exit.OK:
        assert Verdict.PASS in verdicts
        assert verdicts <= {Verdict.PASS, Verdict.UNVERIFIED}
    if Verdict.INFRASTRUCTURE in verdicts:
        assert Exit.INFRASTRUCTURE is judgement.exit

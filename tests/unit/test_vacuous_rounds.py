"""What would make a verdict of rounds green and empty, or red and wrong: each comes out loud."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from harness.compare.judge import judge
from harness.compare.judgement import CellJudgement, Judgement
from harness.compare.kinds import FindingKind
from harness.compare.measurement import Measured
from harness.compare.statistics.decision import Decision
from harness.compare.telling import why_untold
from harness.errors import Exit
from harness.model import Expectation, Fact, Level, Outcome, Record, Verdict
from tests.unit.measuring import CANDIDATE, REFERENCE, learned, measured_run, noisy, rounds_of

Says = Callable[[str], None]
STEP, ACCURACY = "mnist.step_seconds", "mnist.test_accuracy"


def candidate_of(judgement: Judgement) -> CellJudgement:
    (found,) = (one for one in judgement.cells if one.cell.id == CANDIDATE.id)
    return found


def metric(judgement: Judgement, fact: str) -> Measured:
    (found,) = (one for one in candidate_of(judgement).measured if one.metric.fact == fact)
    return found


def why(one: Measured) -> str:
    return "; ".join((*one.pairing.left_out, why_untold(one)))


def with_facts(records: Sequence[Record], cell: str, **facts: Fact) -> list[Record]:
    """The records with facts of the probe mnist of one cell replaced: `test_accuracy=0.5`."""
    named = {f"mnist.{name}": value for name, value in facts.items()}
    return [
        replace(one, facts={**one.facts, **named})
        if one.probe == "mnist" and one.cell == cell
        else one
        for one in records
    ]


@pytest.mark.attack("rounds", "one round of each cell is compared")
def test_one_round_is_never_the_same(says: Says) -> None:
    one = metric(judge(measured_run(1), noisy(1)), STEP)
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "the times of one round are given for every round")
def test_one_round_told_many_times_is_unverified(says: Says) -> None:
    records = [
        replace(one, facts={**one.facts, STEP: (0.027, 0.028)})
        if one.probe == "mnist" and one.cell == CANDIDATE.id
        else one
        for one in noisy(8)
    ]
    one = metric(judge(measured_run(8), records), STEP)
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "the reference's times are given for the cell's own")
def test_the_references_times_are_not_the_cells(says: Says) -> None:
    records = noisy(8)
    ours = {one.round: one for one in records if one.probe == "mnist" and one.cell == REFERENCE.id}
    copied = [
        replace(one, facts={**one.facts, STEP: ours[one.round].facts[STEP]})
        if one.probe == "mnist" and one.cell == CANDIDATE.id
        else one
        for one in records
    ]
    one = metric(judge(measured_run(8), copied), STEP)
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "the steps of one round are given as if they were rounds")
def test_steps_are_not_samples(says: Says) -> None:
    """A thousand steps of two rounds weigh as two values."""
    records = noisy(2)
    many = [
        replace(one, facts={**one.facts, STEP: tuple([*one.facts[STEP]] * 500)})  # type: ignore[misc]
        if one.probe == "mnist"
        else one
        for one in records
    ]
    one = metric(judge(measured_run(2, noise=None), many), STEP)
    assert 2 == one.decided.rounds
    assert one.decided.df == 1
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "answers of an earlier run stand in for the rounds of a cell")
def test_repeated_answers_are_no_rounds(says: Says) -> None:
    records = [
        replace(one, repeats="earlier/1") if one.cell == CANDIDATE.id else one for one in noisy(5)
    ]
    one = metric(judge(measured_run(5), records), STEP)
    assert 0 == one.decided.rounds
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "forty rounds of one cell, then forty of the other")
def test_blocks_are_no_rounds(says: Says) -> None:
    late = [
        replace(one, started="2026-11-22" + one.started[10:]) if one.cell == CANDIDATE.id else one
        for one in noisy(8, shift=-0.3)
    ]
    one = metric(judge(measured_run(8), late), STEP)
    assert 0 == one.decided.rounds
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "rounds of two cells that no group interleaved")
def test_rounds_without_turns_give_no_times(says: Says) -> None:
    one = metric(judge(measured_run(5), [replace(r, observed={}) for r in noisy(5)]), STEP)
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "a seed that does not change from round to round")
def test_the_same_model_in_every_round_counts_once(says: Says) -> None:
    records = with_facts(
        with_facts(noisy(8), CANDIDATE.id, final_weights_sha256="b" * 64),
        REFERENCE.id,
        final_weights_sha256="a" * 64,
    )
    one = metric(judge(measured_run(8), records), ACCURACY)
    assert 1 == one.decided.rounds
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "equal accuracies in every round, of models that are not equal")
def test_equal_accuracies_of_few_images_do_not_prove_agreement(says: Says) -> None:
    """Without which images were wrong, two models are taken to err independently."""
    records = noisy(2)
    for cell in (REFERENCE.id, CANDIDATE.id):
        records = with_facts(records, cell, test_accuracy=0.9, wrong_test_images="")
    one = metric(judge(measured_run(2), records), ACCURACY)
    assert one.decided.decision is not Decision.SAME
    says(why(one))


@pytest.mark.attack("rounds", "an accuracy that is NaN in every round")
def test_nan_is_no_accuracy(says: Says) -> None:
    records = with_facts(noisy(5), CANDIDATE.id, test_accuracy=math.nan)
    judgement = judge(measured_run(5), records)
    assert Exit.FINDINGS == judgement.exit
    assert Decision.SAME is not metric(judgement, ACCURACY).decided.decision
    says(candidate_of(judgement).findings[0].title)


@pytest.mark.attack("rounds", "step times that are NaN, zero or below")
def test_times_that_are_none_are_not_compared(says: Says) -> None:
    told = []
    for value in (math.nan, 0.0, -0.01):
        records = with_facts(noisy(5), CANDIDATE.id, step_seconds=(value,))
        one = metric(judge(measured_run(5), records), STEP)
        assert one.decided.decision is Decision.UNVERIFIED
        told.append(why(one))
    says("; ".join(dict.fromkeys(told)))


@pytest.mark.attack("rounds", "a loss that is the same at every step")
def test_a_constant_loss_is_contradicted(says: Says) -> None:
    records = with_facts(noisy(2), CANDIDATE.id, loss=(2.3, 2.3, 2.3))
    judged = candidate_of(judge(measured_run(2), records))
    assert Verdict.FAIL is judged.verdict
    says(judged.findings[0].title)


@pytest.mark.attack("rounds", "weights that training never changes")
def test_weights_that_never_change_are_contradicted(says: Says) -> None:
    records = with_facts(noisy(2), CANDIDATE.id, final_weights_sha256="ab" * 32)
    judged = candidate_of(judge(measured_run(2), records))
    assert Verdict.FAIL is judged.verdict
    says(judged.findings[0].title)


@pytest.mark.attack("rounds", "shuffled labels: the first losses are of another problem")
def test_another_problem_shows_in_early_losses(says: Says) -> None:
    records = with_facts(noisy(5), CANDIDATE.id, loss=(13.9, 12.8, 12.1))
    judged = candidate_of(judge(measured_run(5), records))
    assert Verdict.DRIFT is judged.verdict
    assert Level.L4 is not judged.level
    says(judged.findings[0].title)


@pytest.mark.attack("rounds", "all-zero labels: every image of another class is wrong")
def test_all_zero_labels_are_no_accuracy(says: Says) -> None:
    records = with_facts(noisy(5), CANDIDATE.id, test_accuracy=0.098)
    judged = candidate_of(judge(measured_run(5), records))
    assert Verdict.FAIL is judged.verdict
    says(judged.findings[0].title)


@pytest.mark.attack("rounds", "the cell is its own reference")
def test_a_cell_alone_reaches_no_l4(says: Says) -> None:
    alone = replace(REFERENCE, level=Level.L4)
    of = measured_run(8, cells=(alone,))
    records = [one for one in noisy(8) if one.cell == REFERENCE.id]
    (judged,) = judge(replace(of, rules=replace(of.rules, reference="")), records).cells
    assert Level.L3 is judged.level
    assert () == judged.measured
    says(f"{judged.level}: {judged.ladder.marks[-1].why if judged.ladder.marks else ''}")


@pytest.mark.attack("rounds", "the reference is absent from the run")
def test_an_absent_reference_is_said(says: Says) -> None:
    ambitious = replace(CANDIDATE, level=Level.L4)
    of = measured_run(8, cells=(ambitious,))
    of = replace(of, rules=replace(of.rules, reference=REFERENCE.id))
    judgement = judge(of, [one for one in noisy(8) if one.cell == CANDIDATE.id])
    assert Verdict.UNVERIFIED is judgement.cells[0].verdict
    says("; ".join((judgement.findings[0].title, *judgement.notices)))


@pytest.mark.attack("rounds", "the reference itself fails in every round")
def test_a_broken_reference_compares_nothing(says: Says) -> None:
    records = [
        replace(one, outcome=Outcome.CRASHED, facts={}, reason="SIGSEGV")
        if one.probe == "mnist" and one.cell == REFERENCE.id
        else one
        for one in noisy(5)
    ]
    judged = candidate_of(judge(measured_run(5), records))
    assert () == judged.measured
    assert Verdict.UNVERIFIED is judged.verdict
    says(judged.findings[0].title)


@pytest.mark.attack("rounds", "half of the rounds of a slower cell are missing")
def test_missing_rounds_are_told(says: Says) -> None:
    records = [one for one in noisy(8) if not (one.cell == CANDIDATE.id and one.round > 4)]
    judgement = judge(measured_run(8), records)
    assert Exit.INFRASTRUCTURE == judgement.exit
    says(candidate_of(judgement).findings[0].title)


@pytest.mark.attack("rounds", "which images were wrong is told for other images than were tested")
def test_bits_of_other_images_are_not_believed(says: Says) -> None:
    records = with_facts(noisy(5), CANDIDATE.id, wrong_test_images="AAAA")
    one = metric(judge(measured_run(5), records), ACCURACY)
    assert () == one.pairing.classified
    assert one.decided.variance > 5e-5
    says(f"taken to err independently: {why(one)}")


@pytest.mark.attack("rounds", "a thread pin is ignored: the cell could use other processors")
def test_other_processors_give_no_times(says: Says) -> None:
    told = [
        replace(
            one,
            facts={
                **one.facts,
                "limits.cpus_usable": 2 if one.cell == REFERENCE.id else 64,
                "limits.cpus_visible": 64,
                "limits.cpu_quota": None,
            },
        )
        if one.probe == "python"
        else one
        for one in noisy(5, shift=-1.0)
    ]
    one = metric(judge(measured_run(5), told), STEP)
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "an allowance for a drift that nobody sees any more")
def test_an_allowance_without_a_drift_is_said(says: Says) -> None:
    rule = Expectation(
        facts="package.numpy", rule="allowed", reason="numpy 2 comes", until="2027-06-30"
    )
    judgement = judge(measured_run(5, expectations=(rule,)), noisy(5))
    (notice,) = (one for one in judgement.notices if "no longer needed" in one)
    says(notice)


@pytest.mark.attack("rounds", "an allowance that ended lets a drift of time pass")
def test_an_ended_allowance_does_not_allow(says: Says) -> None:
    rule = Expectation(
        facts="mnist.step_seconds", rule="allowed", reason="new kernels", until="2026-11-01"
    )
    judgement = judge(measured_run(5, expectations=(rule,)), noisy(5, shift=0.4))
    (drift,) = (one for one in candidate_of(judgement).findings if STEP in one.subject)
    assert (Verdict.DRIFT, FindingKind.TIME_DRIFTS) == (drift.verdict, drift.kind)
    assert "the allowance ended on 2026-11-01: new kernels" in drift.evidence
    says(drift.title)


def test_an_ended_allowance_makes_no_drift_of_times_that_only_vary() -> None:
    rule = Expectation(
        facts="mnist.step_seconds", rule="allowed", reason="new kernels", until="2026-11-01"
    )
    alike = judge(measured_run(5, expectations=(rule,)), noisy(5))
    assert Verdict.PASS is candidate_of(alike).verdict
    once = judge(measured_run(1, expectations=(rule,)), noisy(1))
    assert not [one for one in candidate_of(once).findings if STEP in one.subject]
    assert any("ended on 2026-11-01" in one and STEP in one for one in once.notices)


def test_a_dated_allowance_of_a_time_that_is_the_same_again_is_said() -> None:
    rule = Expectation(
        facts="mnist.step_seconds", rule="allowed", reason="new kernels", until="2027-06-30"
    )
    told = judge(measured_run(5, expectations=(rule,)), noisy(5)).notices
    assert any("no longer needed" in one for one in told)
    slower = judge(measured_run(5, expectations=(rule,)), noisy(5, shift=0.4)).notices
    assert not any("no longer needed" in one for one in slower)


def test_what_varies_from_round_to_round_by_itself_is_nothing_that_a_rule_let_pass() -> None:
    rule = Expectation(facts="mnist.*_seconds", rule="allowed", reason="other years")
    judgement = judge(measured_run(5, expectations=(rule,)), noisy(5, shift=0.4))
    (use,) = (one for one in judgement.let_pass if one.rule == rule)
    assert (CANDIDATE.id,) == use.cells
    alike = judge(measured_run(5, expectations=(rule,)), noisy(5))
    few = sum(one.differences for one in alike.let_pass if one.rule == rule)
    assert few < use.differences


@pytest.mark.attack("rounds", "one disturbed round of five makes a cell slower")
def test_one_disturbed_round_is_no_drift(says: Says) -> None:
    records = [
        replace(one, facts={**one.facts, STEP: tuple(30 * s for s in one.facts[STEP])})  # type: ignore[union-attr, operator, misc]
        if one.probe == "mnist" and one.cell == CANDIDATE.id and one.round == 3
        else one
        for one in noisy(5)
    ]
    one = metric(judge(measured_run(5), records), STEP)
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "a cell that learns worse hides behind a faster step")
def test_a_faster_cell_may_not_learn_worse(says: Says) -> None:
    rule = Expectation(facts="*_seconds", rule="allowed", reason="may be faster")
    judged = candidate_of(
        judge(measured_run(8, expectations=(rule,)), noisy(8, shift=-1.0, points=15))
    )
    assert Verdict.DRIFT is judged.verdict
    says(judged.findings[0].title)


@pytest.mark.attack("rounds", "two rounds without any knowledge of the host's noise")
def test_two_rounds_without_a_calibration_are_unverified(says: Says) -> None:
    one = metric(judge(measured_run(2, noise=None), noisy(2, shift=0.4)), STEP)
    assert one.decided.decision is Decision.UNVERIFIED
    says(why(one))


@pytest.mark.attack("rounds", "the rounds of a cell are told under other numbers")
def test_rounds_pair_by_their_number(says: Says) -> None:
    """The two cells' rounds are equal; the candidate's are told in another order."""
    ours = [
        learned(REFERENCE, n, step=0.02 + n / 500, errors=range(n, n + 33)) for n in range(1, 6)
    ]
    theirs = [
        learned(CANDIDATE, n, step=0.0201 + (6 - n) / 500, errors=range(n, n + 33))
        for n in range(1, 6)
    ]
    records = [*rounds_of(REFERENCE, ours, place=1), *rounds_of(CANDIDATE, theirs, place=2)]
    one = metric(judge(measured_run(5), records), STEP)
    assert one.decided.decision is not Decision.SAME
    says(why(one))

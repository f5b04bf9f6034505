"""A host that was too busy is said to be, and no time is decided by rounds of such a host."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.compare.busy import TOO_BUSY, busy_rounds, busy_told, share_taken, too_many
from harness.compare.comparison import Side, compare_cells
from harness.compare.judge import judge
from harness.compare.judgement import CellJudgement, Judgement
from harness.compare.kinds import FindingKind
from harness.compare.measured import rounds_wanted
from harness.compare.measurement import Measured
from harness.compare.statistics.decision import Decision
from harness.compare.telling import said, why_untold
from harness.formats import terminal
from harness.formats.document import document
from harness.formats.report import report_on
from harness.model import Expectation, Record, Scalar, Verdict
from tests.unit.builders import record
from tests.unit.measuring import CANDIDATE, REFERENCE, measured_run, noisy

Says = Callable[[str], None]
STEP, ACCURACY = "mnist.step_seconds", "mnist.test_accuracy"
SLOWER = 0.27


def disturbed(
    records: Sequence[Record],
    rounds: Collection[int],
    *,
    cells: Collection[str] = (CANDIDATE.id,),
    elsewhere: Scalar = 1.2,
    stolen: Scalar = 0.0,
) -> list[Record]:
    """The records, with what others took of the two processors in some rounds of some cells."""
    quiet = {"host.busy_elsewhere": 0.02, "host.stolen": 0.0, "host.processors": 2}
    busy = {**quiet, "host.busy_elsewhere": elsewhere, "host.stolen": stolen}
    return [
        replace(
            one,
            observed={
                **one.observed,
                **(busy if one.round in rounds and one.cell in cells else quiet),
            },
        )
        for one in records
    ]


def judged(records: Sequence[Record], rounds: int, **more: object) -> Judgement:
    return judge(measured_run(rounds, **more), records)  # type: ignore[arg-type]


def of(found: Judgement) -> CellJudgement:
    return next(one for one in found.cells if one.cell.id == CANDIDATE.id)


def metric(found: Judgement, fact: str = STEP) -> Measured:
    return next(one for one in of(found).measured if one.metric.fact == fact)


def test_a_quiet_host_is_not_spoken_of() -> None:
    found = judged(disturbed(noisy(5), ()), 5)
    assert Decision.SAME is metric(found).decided.decision
    assert not [one for one in found.notices if "busy" in one]
    assert "busy" not in terminal.render(report_on(found))


def test_few_busy_rounds_are_told_and_the_drift_stands() -> None:
    found = judged(disturbed(noisy(5, shift=SLOWER), (2, 4)), 5)
    one = metric(found)
    assert Decision.DRIFT is one.decided.decision
    assert (2, 4) == tuple(each.number for each in one.pairing.busy)
    assert Verdict.DRIFT is of(found).verdict
    shown = " ".join(terminal.render(report_on(found)).split())
    assert "the host was too busy in 2 of 5 rounds: other processes took up to 60 % of its" in shown
    assert "tf2.21.0-py3.13 in rounds 2 (60 %), 4 (60 %)" in shown


@pytest.mark.attack("rounds", "a host that others keep busy makes a cell slower")
def test_a_drift_of_mostly_busy_rounds_is_unverified_and_says_what_it_would_be(says: Says) -> None:
    found = judged(disturbed(noisy(5, shift=SLOWER), (1, 2, 4)), 5)
    one = metric(found)
    assert (Decision.UNVERIFIED, Decision.DRIFT) == (one.decided.decision, one.decided.withheld)
    assert "the host was too busy in 3 of 5 rounds" in why_untold(one)
    assert "times as long" in said(one)
    assert Verdict.UNVERIFIED is of(found).verdict
    (finding,) = (each for each in of(found).findings if each.subject == (STEP,))
    assert FindingKind.TOO_BUSY is finding.kind
    assert "the rule would call that drift" in finding.cause
    assert "too busy" in finding.title
    says(finding.title)


@pytest.mark.attack("rounds", "two cells are the same in rounds in which the host was busy")
def test_the_same_of_mostly_busy_rounds_is_unverified_too(says: Says) -> None:
    found = judged(disturbed(noisy(5), (1, 2, 4), cells=(REFERENCE.id,)), 5)
    one = metric(found)
    assert (Decision.UNVERIFIED, Decision.SAME) == (one.decided.decision, one.decided.withheld)
    assert Verdict.UNVERIFIED is of(found).verdict
    says(why_untold(one))


def test_an_import_that_would_drift_on_a_busy_host_is_no_silence() -> None:
    found = judged(disturbed(noisy(5, shift=SLOWER), range(1, 6)), 5)
    told = {each.subject for each in of(found).findings if each.kind is FindingKind.TOO_BUSY}
    assert ("mnist.import_seconds",) in told


def test_where_no_time_is_told_a_busy_host_is_nothing_to_speak_of() -> None:
    records = [
        replace(one, facts={} if one.probe == "mnist" else one.facts)
        for one in disturbed(noisy(2), (1, 2))
    ]
    assert not [one for one in judged(records, 2).notices if "busy" in one]


def test_accuracy_does_not_depend_on_how_busy_the_host_is() -> None:
    found = judged(disturbed(noisy(5, points=12), range(1, 6)), 5)
    assert Decision.DRIFT is metric(found, ACCURACY).decided.decision
    assert () == metric(found, ACCURACY).pairing.busy


def test_an_auto_run_goes_on_while_the_host_is_too_busy_and_ends() -> None:
    looks = (2, 3, 5, 8, 12)
    first = judged(disturbed(noisy(2), (1, 2)), 2, looks=looks)
    assert Decision.ANOTHER_ROUND is metric(first).decided.decision
    last = judged(disturbed(noisy(12), range(1, 13)), 12, looks=looks)
    assert Decision.UNVERIFIED is metric(last).decided.decision


def test_a_busy_host_is_not_waited_for_where_a_rule_lets_times_differ() -> None:
    rule = Expectation(facts="*_seconds", rule="allowed", reason="other years")
    looks = (2, 3, 5, 8, 12)
    for rules, wanted in (((), 3), ((rule,), 2)):
        found = judged(disturbed(noisy(2), (1, 2)), 2, looks=looks, expectations=rules)
        assert wanted == rounds_wanted([metric(found)], 2)


def test_what_a_hypervisor_took_counts_as_much() -> None:
    found = judged(disturbed(noisy(5), range(1, 6), elsewhere=0.0, stolen=0.5), 5)
    assert 0.25 == pytest.approx(of(found).busy[0].share)


def test_a_comparison_says_so_too() -> None:
    records = disturbed(noisy(5), (1, 2, 3))
    run = measured_run(5)
    sides = (Side(run=run, records=records, cell=one.id) for one in (REFERENCE, CANDIDATE))
    made = compare_cells(*sides, rules=run.rules, at=None)
    assert any("too busy" in one for one in made.notices)


def test_the_document_has_each_busy_round_with_its_share() -> None:
    told = document(report_on(judged(disturbed(noisy(5, shift=SLOWER), (1, 2, 4)), 5)))
    cell = next(one for one in told.cells if one.id == CANDIDATE.id)
    assert [(1, 0.6), (2, 0.6), (4, 0.6)] == [(one.round, one.share) for one in cell.busy_rounds]
    step = next(one for one in cell.measured if one.fact == STEP)
    assert ("unverified", "drift", 3) == (step.decision, step.withheld, len(step.busy_rounds))


@pytest.mark.parametrize(
    ("observed", "share"),
    [
        ({}, None),
        ({"host.busy_elsewhere": "0.5"}, None),
        ({"host.busy_elsewhere": float("nan")}, None),
        ({"host.busy_elsewhere": 0.5}, 0.125),
        ({"host.busy_elsewhere": 0.5, "host.processors": 2}, 0.25),
        ({"host.busy_elsewhere": 0.5, "host.stolen": 0.5, "host.processors": 2}, 0.5),
        ({"host.busy_elsewhere": 9.0, "host.processors": 2}, 1.0),
        ({"host.busy_elsewhere": -1.0, "host.processors": 2}, 0.0),
        ({"host.busy_elsewhere": 0.5, "host.processors": 0}, 0.125),
        ({"host.busy_elsewhere": 0.5, "host.processors": True}, 0.125),
    ],
)
def test_a_share_is_of_the_processors_that_were_counted(
    observed: dict[str, Scalar], share: float | None
) -> None:
    one = replace(record("mnist", {}), observed=observed)
    assert share == share_taken(one, 4)


def test_answers_that_were_repeated_were_not_asked_on_this_host_now() -> None:
    one = replace(record("mnist", {}), observed={"host.busy_elsewhere": 2.0}, repeats="earlier")
    assert () == busy_rounds([one], 2)


@given(
    shares=st.lists(st.floats(min_value=0, max_value=1), max_size=12),
)
def test_rounds_are_too_busy_above_the_limit_and_decide_nothing_above_half(
    shares: list[float],
) -> None:
    records = [
        replace(
            record("mnist", {}, round_=number),
            observed={"host.busy_elsewhere": share, "host.processors": 1},
        )
        for number, share in enumerate(shares, 1)
    ]
    busy = busy_rounds(records, 1)
    above = [number for number, share in enumerate(shares, 1) if share > TOO_BUSY]
    assert above == [one.number for one in busy]
    assert too_many(busy, len(shares)) == (len(above) > len(shares) / 2)
    assert bool(busy_told(busy, len(shares))) == bool(above)


def test_step_times_of_a_busy_host_are_not_compared_in_a_sentence() -> None:
    slow = noisy(5, shift=SLOWER)
    told = " ".join(terminal.render(report_on(judged(disturbed(slow, ()), 5))).split())
    assert "A training step takes" in told
    told = " ".join(terminal.render(report_on(judged(disturbed(slow, (2,)), 5))).split())
    assert "A training step takes" not in told
    assert "training steps are not compared: the host was too busy with other work." in told

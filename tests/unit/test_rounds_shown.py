"""What rounds come to, where people look first: L4 has a column where rounds can tell it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.compare.measured import measure
from harness.compare.statistics.decision import Decision
from harness.compare.view import views
from harness.formats import render
from harness.model import Expectation, Level
from harness.running.looking import UntilTold
from tests.unit.measuring import CANDIDATE, QUIET, REFERENCE, measured_run, noisy

LEARNS_ALIKE = Expectation(
    facts="mnist.test_accuracy", rule="equivalent", margin=0.02, minimum=0.01, reason="alike"
)
COLUMN = {"terminal": "L0 L1 L2 L3 L4", "markdown": "| L3   | L4   |"}


def judged(rounds: int, **more: object) -> Judgement:
    run = measured_run(rounds, expectations=(LEARNS_ALIKE,), **more)  # type: ignore[arg-type]
    return judge(run, noisy(rounds))


def line_of(shown: str, cell: str) -> str:
    """The cell's row in the grid: it has its verdict."""
    return next(one for one in shown.splitlines() if cell in one and "pass" in one and "✓" in one)


@pytest.mark.parametrize("name", COLUMN)
def test_l4_has_a_column_where_rounds_were_compared(name: str) -> None:
    shown = render(name, judged(5))
    assert COLUMN[name] in shown
    assert "L4 agrees" in shown
    reached = judged(5).cells[1].ladder.reached
    assert Level.L4 is reached
    # One more is the sign of the verdict.
    signs = [line_of(shown, one.id).count("✓") for one in (REFERENCE, CANDIDATE)]
    assert [4 + 1, 5 + 1] == signs


@pytest.mark.parametrize("name", COLUMN)
def test_one_round_has_none(name: str) -> None:
    shown = render(name, judged(1))
    assert COLUMN[name] not in shown
    assert "L4 agrees" not in shown.partition("## Findings")[0].partition("Findings (")[0]


@pytest.mark.parametrize("name", COLUMN)
def test_a_cell_that_should_agree_has_the_column_whatever_was_compared(name: str) -> None:
    wants = replace(CANDIDATE, level=Level.L4)
    shown = render(name, judged(1, cells=(REFERENCE, wants)))
    assert COLUMN[name] in shown
    assert any("?" in one for one in shown.splitlines() if CANDIDATE.id in one)


def test_cells_that_go_on_are_looked_at_with_the_questions_of_the_whole_report() -> None:
    """What is drift at a look must be drift in the report: fewer cells make no milder test."""
    more = tuple(replace(CANDIDATE, id=f"other-{number}") for number in range(60))
    records = noisy(3, shift=0.12, sd=0.003)
    run = measured_run(3, looks=(2, 3, 5, 8, 12), noise=QUIET, cells=(REFERENCE, CANDIDATE, *more))
    views_of = views(run, records)[:2]
    alone = [
        one.decided.decision
        for one in measure([(views_of[0], views_of[1])], (), None)[0]
        if one.metric.steers
    ]
    shared = [
        one.decided.decision
        for one in measure([(views_of[0], views_of[1])], (), None, compared=61)[0]
        if one.metric.steers
    ]
    assert Decision.DRIFT in alone
    assert Decision.DRIFT not in shared
    further = UntilTold(run=run).further(3, records)
    assert further is not None
    assert CANDIDATE.id in further.cells


def test_times_of_two_hosts_are_not_compared() -> None:
    run, records = measured_run(5), noisy(5)
    one, other = views(run, records)
    elsewhere = replace(other, run=replace(run, host=replace(run.host, cores=64)))
    (found,) = measure([(one, elsewhere)], (), None)
    step = next(each for each in found if each.metric.fact == "mnist.step_seconds")
    assert 0 == step.decided.rounds
    assert "different hosts" in step.pairing.left_out[0]

"""A night that others are compared with is judged as far as its findings, and they are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.judge import judge
from harness.model import Level, Outcome, Record, Run
from tests.unit.builders import cell, healthy, mnist_facts, record, run, without
from tests.unit.measuring import CANDIDATE, REFERENCE, measured_run, noisy


def same_findings(of: Run, records: list[Record]) -> int:
    """How many findings the run has; they are the same both ways."""
    whole, found = judge(of, records), judge(of, records, whole=False)
    assert whole.findings == found.findings
    assert (whole.exit, whole.counts, whole.reference) == (
        found.exit,
        found.counts,
        found.reference,
    )
    for one, other in zip(whole.cells, found.cells, strict=True):
        assert (one.cell, one.verdict, one.findings) == (other.cell, other.verdict, other.findings)
        assert one.differences == other.differences
    assert [] == [*found.notices, *found.not_judged, *found.let_pass]
    return len(found.findings)


@pytest.mark.parametrize("level", [Level.L3, Level.L4])
@pytest.mark.parametrize("rounds", [1, 2, 5])
@pytest.mark.parametrize(("shift", "points"), [(0.0, 0), (0.5, 40)])
def test_of_rounds(rounds: int, level: Level, shift: float, points: int) -> None:
    cells = (REFERENCE, replace(CANDIDATE, level=level))
    made = measured_run(rounds, cells=cells)
    found = same_findings(made, noisy(rounds, shift=shift, points=points))
    # What a single round does not tell is a finding where it should be told.
    assert found or not (level is Level.L4 and rounds == 1)
    assert found or not (shift and rounds == 5)


def test_of_facts_and_outcomes() -> None:
    one, other, third = cell("one"), cell("other"), cell("third")
    made = run(one, other, third, reference="one")
    records = healthy(one)
    records += healthy(other, python={"python.version": "3.9.1"}, mnist=mnist_facts(accuracy=0.2))
    records += [
        *without(healthy(third), "mnist"),
        record("mnist", of="third", outcome=Outcome.CRASHED, reason="it died"),
    ]
    assert 3 <= same_findings(made, records)

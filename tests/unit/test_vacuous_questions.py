"""What would be green because nothing was asked, or another question than it seems: each comes out
loud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.compare.comparison import Side, compare_cells
from harness.compare.judge import judge
from harness.compare.judgement import Comparison
from harness.compare.kinds import FindingKind
from harness.compare.statistics.decision import Decision
from harness.errors import Exit, NothingToRunError, UsageError
from harness.model import (
    Evidence,
    Expectation,
    Level,
    Outcome,
    Probe,
    Record,
    Rules,
    Verdict,
)
from harness.suite.selection import select
from tests.unit.builders import GPU_HOST, PYTHON, cell, healthy, mnist_facts, record, run, without
from tests.unit.measuring import CANDIDATE, measured_run, noisy
from tests.unit.test_matrix import BASES, suite_of

Says = Callable[[str], None]
CELL = cell()
LATER = "20261201T000000Z-0001"
ROWS = 'version: 1\ncells: [{id: one, image: "x:1", tags: [quick]}]'


@pytest.mark.attack("questions", "a selection that no cell matches")
@pytest.mark.parametrize(("cells", "tags"), [(["tow"], []), ([], ["nightly"])])
def test_a_selection_of_nothing_starts_nothing(
    cells: list[str], tags: list[str], says: Says
) -> None:
    with pytest.raises(UsageError) as caught:
        select(suite_of(ROWS), cells, tags)
    assert Exit.USAGE is caught.value.exit
    says(caught.value.message)


@pytest.mark.attack("questions", "axes whose members are all left out")
def test_axes_that_come_to_nothing_are_no_success(says: Says) -> None:
    suite = suite_of(
        f"""version: 1
{BASES}
axes:
  - id: "tf{{tensorflow}}-py{{python}}"
    framework: {{tensorflow: ["1.2.1"]}}
    python: ["3.13"]
    base: {{"3.13": new}}
"""
    )
    with pytest.raises(NothingToRunError) as caught:
        select(suite, [], [])
    assert Exit.NOTHING is caught.value.exit
    says(caught.value.message)


@pytest.mark.attack("questions", "every probe says that it does not apply to the cell")
def test_probes_that_do_not_apply_show_nothing(says: Says) -> None:
    of = run(CELL)
    judgement = judge(of, [record(one.name, outcome=Outcome.NOT_APPLICABLE) for one in of.probes])
    assert (Verdict.UNVERIFIED, Exit.NOTHING) == (judgement.cells[0].verdict, judgement.exit)
    says(judgement.findings[0].title)


@pytest.mark.attack("questions", "only the probe python is asked, which shows no level")
def test_a_probe_that_shows_no_level_earns_none(says: Says) -> None:
    of = run(CELL, probes=(PYTHON,))
    judgement = judge(of, [one for one in healthy(CELL) if one.probe == "python"])
    assert (Verdict.UNVERIFIED, Exit.NOTHING) == (judgement.cells[0].verdict, judgement.exit)
    says(judgement.findings[0].title)


@pytest.mark.attack("questions", "every probe answers, with no facts at all")
def test_answers_without_facts_are_no_success(says: Says) -> None:
    of = run(CELL)
    judgement = judge(of, [record(one.name, {}) for one in of.probes])
    assert Verdict.FAIL is judgement.cells[0].verdict
    says(judgement.findings[0].title)


def compared(now: list[Record], probe: str, rules: Rules | None = None) -> Comparison:
    """The cell of a later run with these answers, compared with the same cell of an earlier one;
    what `probe` says differs in a static fact."""
    there, later = run(CELL), run(CELL, run_id=LATER)
    changed = [
        replace(one, facts={**one.facts, f"{probe}.more": 1}) if one.probe == probe else one
        for one in now
    ]
    return compare_cells(
        Side(run=there, records=healthy(CELL), cell=CELL.id),
        Side(run=later, records=changed, cell=CELL.id),
        rules=rules or Rules(),
        at=None,
    )


@pytest.mark.attack("questions", "the baseline was asked by an older version of the probe")
def test_another_version_of_a_probe_is_no_agreement(says: Says) -> None:
    now = [
        replace(one, probe_digest="sha256:ff") if one.probe == "packages" else one
        for one in healthy(CELL, run_id=LATER)
    ]
    found = compared(now, "packages")
    (said,) = found.findings
    assert FindingKind.ASKED_OTHERWISE is said.kind
    assert ("packages.more",) == said.subject
    assert Verdict.UNVERIFIED is found.candidate.verdict
    says(f"unverified: {said.title}")


@pytest.mark.attack("questions", "the baseline was given another data set")
def test_another_data_set_is_no_agreement(says: Says) -> None:
    facts = {**mnist_facts(), "mnist.dataset_sha256": "77" * 32}
    now = [
        replace(one, dataset_digest="77" * 32) if one.probe == "mnist" else one
        for one in healthy(CELL, run_id=LATER, mnist=facts)
    ]
    there = [
        replace(one, dataset_digest="5e" * 32) if one.probe == "mnist" else one
        for one in healthy(CELL)
    ]
    found = compare_cells(
        Side(run=run(CELL), records=there, cell=CELL.id),
        Side(run=run(CELL, run_id=LATER), records=now, cell=CELL.id),
        rules=Rules(),
        at=None,
    )
    (said,) = found.findings
    assert FindingKind.ASKED_OTHERWISE is said.kind
    assert "mnist.dataset_sha256" in said.subject
    assert Verdict.UNVERIFIED is found.candidate.verdict
    says(f"unverified: {said.title}")


def test_another_version_that_answers_the_same_leaves_nothing_open() -> None:
    now = [replace(one, probe_digest="sha256:ff") for one in healthy(CELL, run_id=LATER)]
    found = compare_cells(
        Side(run=run(CELL), records=healthy(CELL), cell=CELL.id),
        Side(run=run(CELL, run_id=LATER), records=now, cell=CELL.id),
        rules=Rules(),
        at=None,
    )
    assert () == found.findings


def test_what_a_rule_lets_pass_is_not_left_open_by_another_version() -> None:
    now = [replace(one, probe_digest="sha256:ff") for one in healthy(CELL, run_id=LATER)]
    rules = Rules(expectations=(Expectation(facts="packages.more", rule="ignore"),))
    assert () == compared(now, "packages", rules).findings


@pytest.mark.attack("questions", "the framework computes on the CPU where a GPU was asked for")
def test_a_silent_fall_back_to_the_cpu_fails(says: Says) -> None:
    wanted = replace(CELL, gpu="all")
    gpu = Probe(
        name="gpu",
        question="?",
        source="",
        digest="sha256:06",
        evidence=(Evidence(level=Level.L2, kind="computes", fact="gpu.outcome"),),
    )
    of = run(wanted, host=GPU_HOST)
    of = replace(of, probes=(*of.probes, gpu), pairs=(*of.pairs, (wanted.id, "gpu")))
    said = {"gpu.outcome": "silent fall-back to the CPU", "gpu.why": "it lists no GPU"}
    records = [*healthy(wanted), record("gpu", said)]
    judged = judge(of, records).cells[0]
    assert (Verdict.FAIL, Level.L1) == (judged.verdict, judged.level)
    says(judged.findings[0].title)


@pytest.mark.attack("questions", "the only answers are of a probe that nobody planned")
def test_answers_that_nobody_planned_stand_for_none(says: Says) -> None:
    strange = [replace(one, probe="mnist2") for one in without(healthy(CELL), "python")]
    judgement = judge(run(CELL), strange)
    assert Exit.INFRASTRUCTURE is judgement.exit
    says(judgement.findings[0].title)


@pytest.mark.attack("questions", "rounds asked by two versions of a probe are equally accurate")
def test_rounds_of_two_versions_of_a_probe_show_no_agreement(says: Says) -> None:
    records = [
        replace(one, probe_digest="sha256:ff")
        if (one.cell, one.probe) == (CANDIDATE.id, "mnist")
        else one
        for one in noisy(8)
    ]
    judged = judge(measured_run(8), records).cells[1]
    told = {one.metric.fact: one for one in judged.measured}
    accuracy = told["mnist.test_accuracy"]
    assert Decision.UNVERIFIED is accuracy.decided.decision
    assert judged.level is not Level.L4
    says("; ".join(accuracy.pairing.left_out))

"""A cell that is expected to fail: that very failure passes, and nothing else does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare.comparison import Side, compare_cells
from harness.compare.items import probe_outcome, results_of
from harness.compare.judge import judge, judge_cell
from harness.compare.judgement import CellJudgement, ExpectedStanding
from harness.compare.kinds import FindingKind
from harness.compare.rules import run_date
from harness.errors import Exit
from harness.formats import render
from harness.formats.progress import finished_line
from harness.model import (
    Cell,
    Expectation,
    ExpectedFailure,
    Level,
    Outcome,
    Raised,
    Record,
    Run,
    Verdict,
)
from harness.serial import decode, encode
from harness.store.store import Store
from harness.store.transfer import import_file
from harness.suite.matrix import load_suite
from tests.unit.builders import LIBCUSOLVER, cell, healthy, record, run, without

ROOT = Path(__file__).resolve().parents[2]
NEW = cell()
EXPECT = ExpectedFailure(level=Level.L0, breakage="libcublas-8.0", reason="it has no CUDA")
GPU = replace(cell("tf1.2.1-gpu-py3.13", "1.2.1", "3.13"), expect=EXPECT)
ALLOW = (Expectation(facts="*", rule="allowed", reason="by intent"),)
OTHER = Raised(type="RuntimeError", message="out of luck", traceback="RuntimeError: out of luck\n")


def with_expect(**changes: object) -> Cell:
    return replace(GPU, expect=replace(EXPECT, **changes))  # type: ignore[arg-type]


def broken(of: Cell = GPU, **by_probe: Record) -> list[Record]:
    """The records of the cell as expected: every probe that imports the framework raises."""
    records = without(healthy(of), "devices", "mnist")
    for name in ("devices", "mnist"):
        raised = record(name, of=of.id, outcome=Outcome.RAISED, raised=LIBCUSOLVER)
        records.append(by_probe.get(name, raised))
    return records


def told(of: Cell, records: list[Record], **options: bool) -> tuple[CellJudgement, Exit]:
    """The cell's judgement beside a healthy reference, and the exit status of the run."""
    judged = judge(run(NEW, of, expectations=ALLOW), [*healthy(NEW), *records], **options)
    return judged.cells[1], judged.exit


def test_that_very_failure_passes_and_is_counted_apart() -> None:
    judged, status = told(GPU, broken())
    assert (Verdict.PASS, Level.L0, Exit.OK) == (judged.verdict, judged.level, status)
    assert judged.fails_as_expected
    (finding,) = judged.findings
    assert FindingKind.FAILS_AS_EXPECTED is finding.kind
    assert "fails as expected: libcusolver.so.8.0: cannot open shared object file" == finding.title
    assert "it has no CUDA" == finding.cause
    assert "a known breakage: harness explain libcublas-8.0" in finding.evidence
    assert [Verdict.FAIL] == [one.verdict for one in finding.under]


def test_without_the_expectation_the_same_records_fail() -> None:
    judged, status = told(replace(GPU, expect=None), broken(replace(GPU, expect=None)))
    assert (Verdict.FAIL, Exit.FINDINGS, None) == (judged.verdict, status, judged.expected)


def test_it_is_verified_where_all_must_be_verified() -> None:
    assert Exit.OK is told(GPU, broken(), require_verified=True)[1]
    alone = judge(run(GPU), broken(), require_verified=True)
    assert (Exit.OK, True) == (alone.exit, alone.cells[0].fails_as_expected)


@pytest.mark.parametrize(
    ("outcome", "raised"),
    [(Outcome.RAISED, OTHER), (Outcome.CRASHED, None), (Outcome.TIMED_OUT, None)],
)
@pytest.mark.parametrize("probe", ["devices", "mnist", "python"])
def test_a_probe_that_fails_for_another_reason_beside_it_fails_the_cell(
    probe: str, outcome: Outcome, raised: Raised | None
) -> None:
    other = record(probe, of=GPU.id, outcome=outcome, raised=raised)
    records = [*without(broken(), probe), other]
    judged, status = told(GPU, records)
    assert (Verdict.FAIL, Exit.FINDINGS) == (judged.verdict, status)
    assert not judged.fails_as_expected
    kinds = {one.kind: one for one in judged.findings}
    assert Verdict.PASS is kinds[FindingKind.FAILS_AS_EXPECTED].verdict
    assert (probe,) == kinds[FindingKind(outcome.value)].probes


def test_the_breakage_in_what_a_probe_printed_before_it_timed_out_is_not_its_end() -> None:
    noise = "ImportError: libcusolver.so.8.0: cannot open shared object file"
    late = record("mnist", of=GPU.id, outcome=Outcome.TIMED_OUT, noise=noise)
    assert Verdict.FAIL is told(GPU, broken(mnist=late))[0].verdict


def test_a_record_that_shows_another_breakage_is_not_the_failure_even_under_the_same_headline() -> (
    None
):
    headed = "ImportError: libcusolver.so.8.0: cannot open shared object file"
    first = Raised(type="ImportError", message=headed, traceback=f"{headed}\n")
    before = f"Descriptors cannot be created directly\n{headed}\n"
    second = Raised(type="ImportError", message=headed, traceback=before)
    records = broken(
        devices=record("devices", of=GPU.id, outcome=Outcome.RAISED, raised=first),
        mnist=record("mnist", of=GPU.id, outcome=Outcome.RAISED, raised=second),
    )
    judged, _ = told(GPU, records)
    assert [("devices", "mnist")] == [one.probes for one in judged.findings]
    assert (Verdict.FAIL, ExpectedStanding.ANOTHER_FAILURE) == (
        judged.verdict,
        judged.expected and judged.expected.standing,
    )


def test_another_breakage_is_another_failure_and_said() -> None:
    judged, status = told(with_expect(breakage="libcublas-9.0"), broken())
    assert (Verdict.FAIL, Exit.FINDINGS) == (judged.verdict, status)
    assert (
        "a failure after L0 (obtained) with the breakage libcublas-9.0 was expected, but not "
        "seen: it has no CUDA",
    ) == tuple(note.text for note in judged.notes if not note.probes)


def test_a_failure_below_the_level_is_another_failure() -> None:
    lost = [
        record(one, of=GPU.id, outcome=Outcome.BUILD_FAILED, reason="gcc", has_image=False)
        for one in ("python", "packages", "devices", "mnist")
    ]
    judged, _ = told(with_expect(breakage=""), lost)
    assert (Verdict.FAIL, Level.NONE) == (judged.verdict, judged.level)


def test_without_a_breakage_whatever_keeps_it_there_is_the_failure() -> None:
    of = with_expect(breakage="")
    for records in (
        broken(mnist=record("mnist", of=GPU.id, outcome=Outcome.RAISED, raised=OTHER)),
        broken(mnist=record("mnist", of=GPU.id, outcome=Outcome.CRASHED, reason="SIGILL")),
    ):
        judged, status = told(of, records)
        assert (Exit.OK, True) == (status, judged.fails_as_expected)
        assert 2 == len(judged.findings[0].under)
    claims = [
        replace(one, facts={**one.facts, "framework.version": "9.9"})
        if one.probe == "devices"
        else one
        for one in healthy(of)
    ]
    judged, _ = told(of, claims)
    assert [Level.L1] == [one.level for one in judged.findings[0].under]
    assert judged.fails_as_expected


def test_without_a_breakage_a_probe_that_shows_no_level_still_fails_the_cell() -> None:
    records = [*without(broken(), "python"), record("python", of=GPU.id, outcome=Outcome.CRASHED)]
    judged, _ = told(with_expect(breakage=""), records)
    assert Verdict.FAIL is judged.verdict


def test_that_the_framework_says_another_version_is_not_a_breakage() -> None:
    wrong = [
        replace(one, facts={**one.facts, "framework.version": "9.9"})
        if one.probe == "devices"
        else one
        for one in healthy(GPU)
    ]
    assert Verdict.FAIL is told(GPU, wrong)[0].verdict


def test_reaching_more_than_the_level_is_drift_and_headed_so() -> None:
    judged, status = told(GPU, healthy(GPU))
    (finding,) = judged.findings
    assert (Verdict.DRIFT, Exit.FINDINGS) == (judged.verdict, status)
    assert FindingKind.WORKS_UNEXPECTEDLY is finding.kind
    assert finding.title.startswith("works unexpectedly: it reaches L3 (learns)")
    assert ("devices", "mnist") == finding.probes


def test_reaching_more_and_failing_then_is_a_failure_and_both_are_told() -> None:
    further = [*without(healthy(GPU), "mnist"), record("mnist", of=GPU.id, outcome=Outcome.CRASHED)]
    judged, _ = told(GPU, further)
    assert [FindingKind.CRASHED, FindingKind.WORKS_UNEXPECTEDLY] == [
        one.kind for one in judged.findings
    ]
    assert Verdict.FAIL is judged.verdict


def test_after_its_last_day_the_expectation_no_longer_counts_and_that_is_said() -> None:
    ended, status = told(with_expect(until="2026-11-19"), broken())
    assert (Verdict.FAIL, Exit.FINDINGS) == (ended.verdict, status)
    assert "its failure was expected until 2026-11-19, which has passed" in ended.notes[0].text
    works, status = told(with_expect(until="2026-11-19"), healthy(GPU))
    assert (Verdict.PASS, Exit.OK) == (works.verdict, status)
    last_day, _ = told(with_expect(until="2026-11-20"), broken())
    assert last_day.fails_as_expected
    undated = judge(replace(run(with_expect(until="2027-01-01")), started="soon"), broken())
    assert Verdict.FAIL is undated.cells[0].verdict


def test_the_end_of_an_expectation_is_announced() -> None:
    soon = judge(run(with_expect(until="2026-11-25")), broken())
    assert (
        "tf1.2.1-gpu-py3.13 is expected to fail until 2026-11-25 (it has no CUDA): from then on "
        "that counts as a failure"
    ) in soon.notices
    assert not [one for one in judge(run(GPU), broken()).notices if "expected" in one]


@pytest.mark.parametrize("outcome", [Outcome.ENGINE_GONE, Outcome.DISK_FULL, Outcome.INTERFERED])
def test_infrastructure_beside_it_leaves_the_cell_incomplete(outcome: Outcome) -> None:
    judged, status = told(GPU, broken(mnist=record("mnist", of=GPU.id, outcome=outcome)))
    assert (Verdict.INFRASTRUCTURE, Exit.INFRASTRUCTURE) == (judged.verdict, status)
    assert not judged.fails_as_expected


def test_a_record_that_is_missing_leaves_the_cell_incomplete() -> None:
    judged, status = told(GPU, without(broken(), "mnist"))
    assert (Verdict.INFRASTRUCTURE, Exit.INFRASTRUCTURE) == (judged.verdict, status)


def test_infrastructure_alone_is_not_the_failure() -> None:
    gone = [
        record(one, of=GPU.id, outcome=Outcome.PULL_FAILED, has_image=False)
        for one in ("python", "packages", "devices", "mnist")
    ]
    judged, _ = told(with_expect(breakage=""), gone)
    assert (Verdict.INFRASTRUCTURE, ExpectedStanding.NOT_SEEN) == (
        judged.verdict,
        judged.expected and judged.expected.standing,
    )


def test_a_failure_that_was_not_asked_for_was_not_seen() -> None:
    pairs = ((NEW.id, "python"), (GPU.id, "python"))
    records = [record("python", {"python.version": "3"}, of=one.id) for one in (NEW, GPU)]
    judgement = judge(run(NEW, GPU, pairs=pairs), records)
    assert [Verdict.UNVERIFIED] * 2 == [one.verdict for one in judgement.cells]
    assert Exit.NOTHING is judgement.exit


def test_a_host_that_cannot_tell_is_unverified() -> None:
    cannot = [
        record(one, of=GPU.id, outcome=Outcome.HOST_INCOMPATIBLE)
        for one in ("python", "packages", "devices", "mnist")
    ]
    for of in (GPU, with_expect(breakage="")):
        assert Verdict.UNVERIFIED is told(of, cannot)[0].verdict
        assert Exit.NOTHING is told(of, cannot, require_verified=True)[1]


def test_facts_that_drift_beside_it_are_drift() -> None:
    judged = judge(run(NEW, GPU), [*healthy(NEW), *broken()]).cells[1]
    exact = judge(
        run(NEW, GPU, expectations=(Expectation(facts="python.*", rule="exact"),)),
        [*healthy(NEW), *healthy(GPU, python={"python.version": "3.13.99"})[:2], *broken()[2:]],
    ).cells[1]
    assert (Verdict.PASS, True) == (judged.verdict, judged.fails_as_expected)
    assert (Verdict.DRIFT, False) == (exact.verdict, exact.fails_as_expected)


def test_it_must_fail_so_in_every_round() -> None:
    one, two = broken(), [replace(each, round=2) for each in broken()]
    assert judge(run(GPU, rounds=2), [*one, *two]).cells[0].fails_as_expected
    now_and_then = [replace(each, round=2) for each in healthy(GPU)]
    crashed = record("mnist", of=GPU.id, round_=2, outcome=Outcome.CRASHED)
    for odd in (now_and_then, [*two[:3], crashed]):
        judged = judge(run(GPU, rounds=2), [*one, *odd]).cells[0]
        assert (Verdict.FAIL, Level.L0) == (judged.verdict, judged.level)


def test_a_reference_that_fails_as_expected_is_no_measure_for_others() -> None:
    judgement = judge(run(GPU, NEW, reference=GPU.id), [*broken(), *healthy(NEW)])
    first, second = judgement.cells
    assert first.fails_as_expected
    assert Verdict.UNVERIFIED is second.verdict
    assert "the reference tf1.2.1-gpu-py3.13 itself ends in fail" in second.findings[0].title


def test_two_cells_are_judged_so_wherever_they_are_held_against_each_other() -> None:
    of = run(NEW, GPU)
    comparison = compare_cells(
        Side(run=of, records=healthy(NEW), cell=NEW.id),
        Side(run=of, records=broken(), cell=GPU.id),
        rules=replace(of.rules, expectations=ALLOW),
        at=run_date(of),
    )
    assert (Exit.OK, True) == (comparison.exit, comparison.candidate.fails_as_expected)
    assert "1 fails as expected, 1 passes" in render("markdown", comparison)


def test_every_report_says_that_it_fails_as_expected() -> None:
    judgement = judge(run(NEW, GPU, expectations=ALLOW), [*healthy(NEW), *broken()])
    for name in ("terminal", "markdown"):
        report = render(name, judgement)
        assert "2 cells: 1 fails as expected, 1 passes." in report
        assert "✓ expected" in report
        assert report.count("fails as expected: libcusolver.so.8.0") >= 2
    document = json.loads(render("json", judgement))
    assert "2 cells: 1 fails as expected, 1 passes." == document["summary"]
    assert [None, "fails as expected"] == [
        one["expect"]["standing"] if "expect" in one else None for one in document["cells"]
    ]
    line = finished_line(1, 2, judge_cell(run(GPU), broken(), GPU.id), 5.0)
    assert "  expected  L0  5.0 s  fails as expected: libcusolver.so.8.0" in line


@pytest.mark.parametrize("probe", ["devices", "mnist"])
def test_a_question_it_fails_at_passes_and_says_so(probe: str) -> None:
    of = run(NEW, GPU, expectations=ALLOW)
    results = results_of(of, [*healthy(NEW), *broken()])
    outcome = probe_outcome(results, GPU.id, probe, of.probes)
    assert Verdict.PASS is outcome.verdict
    assert outcome.reason.startswith("fails as expected: libcusolver")
    assert "cause: it has no CUDA" in outcome.message
    assert "" == probe_outcome(results, GPU.id, "python", of.probes).message


def test_a_question_above_the_expected_gap_passes_and_says_so() -> None:
    of = with_expect(breakage="")
    wrong = [
        replace(one, facts={**one.facts, "framework.version": "9.9"})
        if one.probe == "devices"
        else one
        for one in healthy(of)
    ]
    ran = run(NEW, of, expectations=ALLOW)
    results = results_of(ran, [*healthy(NEW), *wrong])
    for probe in ("devices", "mnist"):
        outcome = probe_outcome(results, of.id, probe, ran.probes)
        assert (Verdict.PASS, "fails as expected:") == (outcome.verdict, outcome.reason[:18])


@pytest.mark.parametrize("probe", ["devices", "mnist"])
def test_a_question_it_answers_unexpectedly_fails(probe: str) -> None:
    of = run(NEW, GPU, expectations=ALLOW)
    results = results_of(of, [*healthy(NEW), *healthy(GPU)])
    outcome = probe_outcome(results, GPU.id, probe, of.probes)
    assert Verdict.DRIFT is outcome.verdict
    assert outcome.reason.startswith("works unexpectedly: it reaches L3")


def test_a_run_without_the_field_loads_and_keeps_its_bytes() -> None:
    old = encode(run(NEW))
    assert b'expect"' not in old
    assert run(NEW) == decode(Run, old)
    assert run(GPU) == decode(Run, encode(run(GPU)))
    assert b'"expect":{"breakage":"libcublas-8.0","level":"L0"' in encode(run(GPU))


@pytest.fixture
def nightly(tmp_path: Path) -> tuple[Run, tuple[Record, ...]]:
    """The recorded nightly run as if it had been made of the suite as it is now."""
    suite = load_suite(ROOT)
    with Store(tmp_path / "store.sqlite3") as store:
        found = import_file(store, ROOT / "reports/nightly/records.jsonl")
        records = store.records(found.id)
    # Cells that came after the recording have no answers in it.
    recorded = [one.id for one in found.cells]
    cells = [one for one in suite.cells if "nightly" in one.tags and one.id in recorded]
    assert recorded == [one.id for one in cells]
    return replace(found, cells=tuple(cells), rules=suite.rules), records


def test_the_nightly_of_the_default_suite_exits_0_on_a_host_without_a_gpu(
    nightly: tuple[Run, tuple[Record, ...]],
) -> None:
    judgement = judge(*nightly)
    by_id = {one.cell.id: one for one in judgement.cells}
    assert Exit.OK is judgement.exit
    assert ["tf1.2.1-gpu-py3.6"] == [one for one in by_id if by_id[one].fails_as_expected]
    on_gpu = [one.cell.id for one in judgement.cells if one.cell.gpu]
    assert 3 == len(on_gpu)
    assert dict.fromkeys(on_gpu, Verdict.UNVERIFIED) == {
        one: by_id[one].verdict for one in by_id if by_id[one].verdict is not Verdict.PASS
    }
    report = render("terminal", judgement)
    assert "19 cells: 3 are unverified, 1 fails as expected, 15 pass." in report


def test_the_nightly_of_the_default_suite_would_not_hide_a_cell_that_breaks(
    nightly: tuple[Run, tuple[Record, ...]],
) -> None:
    of, records = nightly
    lost = [
        replace(one, outcome=Outcome.CRASHED, raised=None, noise="")
        if (one.cell, one.probe) == ("tf1.2.1-gpu-py3.6", "mnist")
        else one
        for one in records
    ]
    assert Exit.FINDINGS is judge(of, lost).exit
    other = [
        replace(one, facts={**one.facts, "libraries.mismatches": ("cudnn: built for 9",)})
        if (one.cell, one.probe) == ("tf2.18.1-cuda12-py3.12", "libraries")
        else one
        for one in records
    ]
    assert Exit.FINDINGS is judge(of, other).exit

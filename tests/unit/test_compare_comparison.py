from __future__ import annotations

from dataclasses import replace

import pytest

from harness.compare.comparison import Side, compare_cells
from harness.compare.judge import judge
from harness.compare.kinds import FindingKind
from harness.compare.rules import Judged, run_date
from harness.errors import Exit, UsageError
from harness.model import Expectation, Level, Outcome, Rules, Verdict
from tests.unit.builders import GPU_HOST, cell, healthy, mnist_facts, record, run, without

NEW = cell()
OLD = cell("tf1.2.1-py3.13", "1.2.1", "3.13")
THERE = run(NEW, OLD)
RECORDS = [*healthy(NEW), *healthy(OLD)]
LATER = "20261201T000000Z-0001"
AT = run_date(THERE)


def test_a_cell_against_itself_in_another_run_does_not_drift() -> None:
    later = run(NEW, run_id=LATER)
    again = healthy(NEW, run_id=LATER)
    comparison = compare_cells(
        Side(run=THERE, records=RECORDS, cell=NEW.id),
        Side(run=later, records=again, cell=NEW.id),
        rules=Rules(),
        at=AT,
    )
    assert () == comparison.findings
    assert Exit.OK is comparison.exit
    assert {Judged.NOT_JUDGED} >= {one.judged for one in comparison.candidate.differences}
    assert f"{NEW.id} ({LATER})" == comparison.candidate.cell.id


def test_two_cells_are_compared_as_a_run_compares_with_its_reference() -> None:
    inside = judge(run(NEW, OLD), RECORDS).cells[1]
    beside = compare_cells(
        Side(run=THERE, records=RECORDS, cell=NEW.id),
        Side(run=THERE, records=RECORDS, cell=OLD.id),
        rules=THERE.rules,
        at=AT,
    ).candidate
    assert inside == beside


def test_expectations_know_a_cell_by_its_row_also_when_it_is_told_with_its_run() -> None:
    later = run(NEW, run_id=LATER)
    other = healthy(NEW, run_id=LATER, packages={"numpy": "2.2.0"})
    rules = Rules(expectations=(Expectation(facts="*", cells=NEW.id, rule="allowed"),))
    comparison = compare_cells(
        Side(run=THERE, records=RECORDS, cell=NEW.id),
        Side(run=later, records=other, cell=NEW.id),
        rules=rules,
        at=AT,
    )
    assert Exit.OK is comparison.exit


def test_the_levels_of_both_sides_are_told() -> None:
    mine = replace(NEW, id="host:3.13", framework=())
    silent = [
        record(one, of=mine.id, outcome=Outcome.NOT_APPLICABLE) for one in ("devices", "mnist")
    ]
    records = [*without(healthy(mine), "devices", "mnist"), *silent]
    comparison = compare_cells(
        Side(run=THERE, records=RECORDS, cell=NEW.id),
        Side(run=run(mine), records=records, cell=mine.id),
        rules=Rules(),
        at=AT,
    )
    assert (Level.L3, Level.L0) == (comparison.reference.level, comparison.candidate.level)
    assert Verdict.UNVERIFIED is comparison.candidate.verdict
    assert ("devices", "mnist") == comparison.candidate.left_out


def test_other_hosts_and_engines_are_said() -> None:
    elsewhere = replace(
        run(OLD, run_id=LATER, host=GPU_HOST), engine=replace(THERE.engine, name="podman")
    )
    comparison = compare_cells(
        Side(run=THERE, records=RECORDS, cell=NEW.id),
        Side(run=elsewhere, records=healthy(OLD), cell=OLD.id),
        rules=Rules(),
        at=AT,
    )
    assert [
        "the two ran on different hosts: times cannot be compared with each other",
        "the two ran on different engines: docker, podman",
    ] == list(comparison.notices)


def test_a_changed_probe_is_said_and_its_facts_are_not_judged() -> None:
    changed = [
        replace(one, probe_digest="sha256:ff") if one.probe == "mnist" else one
        for one in healthy(NEW, run_id=LATER, mnist={**mnist_facts(), "mnist.more": 199})
    ]
    later = run(NEW, run_id=LATER)
    comparison = compare_cells(
        Side(run=THERE, records=RECORDS, cell=NEW.id),
        Side(run=later, records=changed, cell=NEW.id),
        rules=Rules(),
        at=AT,
    )
    assert [FindingKind.ASKED_OTHERWISE] == [one.kind for one in comparison.findings]
    assert Verdict.UNVERIFIED is comparison.candidate.verdict
    notes = [note.text for note in comparison.candidate.notes]
    assert "they were asked by different versions of the probe mnist" in notes


def test_a_cell_that_is_not_there_is_a_mistake_of_usage() -> None:
    with pytest.raises(UsageError, match="has no cell nowhere") as caught:
        compare_cells(
            Side(run=THERE, records=RECORDS, cell="nowhere"),
            Side(run=THERE, records=RECORDS, cell=NEW.id),
            rules=Rules(),
            at=AT,
        )
    assert OLD.id in caught.value.remedy

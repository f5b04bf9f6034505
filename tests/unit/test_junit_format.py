"""The JUnit report, read back as CI services read it."""

from __future__ import annotations

from dataclasses import replace

from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite

from harness.compare.judge import judge
from harness.formats import render
from harness.model import ExpectedFailure, Level, MergedShard, Outcome, Place
from harness.nights.values import Standing
from tests.unit.builders import LIBCUSOLVER, cell, healthy, record, run, without
from tests.unit.nightly import World, cells_of, held, night

NEW = replace(cell(), place=Place(path="matrix.yaml", line=12))
OLD = cell("tf1.2.1-py3.13", "1.2.1", "3.13")
RAISED = [
    record(one, of=OLD.id, outcome=Outcome.RAISED, raised=LIBCUSOLVER)
    for one in ("devices", "mnist")
]


def suites(text: str) -> dict[str, TestSuite]:
    """The test suites of a report, by their names."""
    return {str(suite.name): suite for suite in JUnitXml.fromstring(text.encode())}


def ended(suite: TestSuite) -> dict[str, str]:
    """How each case of a suite ended."""
    return {str(case.name): type(case.result[0]).__name__ if case.result else "" for case in suite}


def test_a_cell_is_a_suite_and_its_levels_are_the_cases() -> None:
    read = suites(render("junit", judge(run(NEW, OLD), [*healthy(NEW), *healthy(OLD)])))
    assert [NEW.id, OLD.id] == list(read)
    levels = ["L0 obtained", "L1 starts", "L2 sees its devices", "L3 learns"]
    assert dict.fromkeys([*levels, "agrees"], "") == ended(read[NEW.id])
    assert "Failure" == ended(read[OLD.id])["agrees"]
    (found,) = [case for case in read[OLD.id] if case.name == "agrees"]
    (failure,) = found.result
    assert isinstance(failure, Failure)
    assert "drift" == failure.type
    assert "framework.version 1.2.1 (reference 2.21.0)" in failure.text


def test_a_case_names_the_row_of_its_cell() -> None:
    text = render("junit", judge(run(NEW), healthy(NEW)))
    assert 'file="matrix.yaml" line="12"' in text


def test_what_fails_is_told_under_the_level_that_is_missed() -> None:
    records = [*healthy(NEW), *without(healthy(OLD), "devices", "mnist"), *RAISED]
    judged = judge(run(NEW, OLD), records)
    read = suites(render("junit", judged))
    cases = {case.name: case for case in read[OLD.id]}
    (failure,) = cases["L1 starts"].result
    assert isinstance(failure, Failure)
    assert "fail" == failure.type
    assert "libcusolver.so.8.0" in failure.message
    assert "remedy:" in failure.text
    assert isinstance(cases["L3 learns"].result[0], Skipped), "a level above a gap is no pass"
    told = "\n".join(one.text or "" for case in read[OLD.id] for one in case.result)
    for finding in judged.findings:
        assert told.count(finding.id) == 1, "every finding stands in exactly one case"


def test_infrastructure_is_an_error() -> None:
    shards = (MergedShard(number=1, cells=(NEW.id,)), MergedShard(number=2, cells=("a",), run="r"))
    read = suites(render("junit", judge(replace(run(NEW), merged=shards), [])))
    assert 1 == read[NEW.id].errors
    (error,) = next(case.result for case in read[NEW.id] if case.result)
    assert isinstance(error, Error)
    assert "shard 1 of 2" in error.message


def test_a_cell_that_fails_as_expected_is_not_red() -> None:
    expect = ExpectedFailure(level=Level.L0, breakage="libcublas-8.0", reason="it has no CUDA")
    failing = replace(OLD, expect=expect)
    records = [*without(healthy(OLD), "devices", "mnist"), *RAISED]
    text = render("junit", judge(run(failing), records))
    assert {0} == {suites(text)[OLD.id].failures, suites(text)[OLD.id].errors}
    assert "fails as expected" in text


def test_an_unverified_level_is_skipped() -> None:
    asking = replace(NEW, gpu="all")
    read = suites(render("junit", judge(run(asking), healthy(asking))))
    assert "Skipped" == ended(read[NEW.id])["L2 sees its devices"]
    assert read[NEW.id].skipped >= 1


def test_of_a_night_only_what_is_new_is_red() -> None:
    cells = cells_of(3)
    moved = World(packages={cells[0].id: {"keras": "3.0.1"}})
    told = held([night(0, cells), night(1, cells, moved)])
    new = suites(render("junit", told))
    assert "Failure" == ended(new[cells[0].id])["agrees"]
    known = tuple(replace(one, standing=Standing.KNOWN) for one in told.events)
    read = suites(render("junit", replace(told, events=known)))
    assert 0 == sum(suite.failures for suite in read.values())
    assert "Skipped" == ended(read[cells[0].id])["agrees"]


def test_a_cell_that_vanished_has_a_suite_of_its_own() -> None:
    cells = cells_of(3)
    less = World(gone=frozenset({cells[2].id}))
    told = held([night(0, cells), night(1, cells, less)])
    read = suites(render("junit", told))
    assert "Failure" == ended(read[cells[2].id])["agrees"]

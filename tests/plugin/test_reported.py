"""What is reported of tests beside their outcome: time, properties, names, what was compared."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent
from xml.etree import ElementTree

from harness.model import Outcome
from harness.testing.junit import suite_name
from tests.plugin.demo import ASKING_S, MATRIX, Demo

pytest_plugins = "pytester"

SUITE = "[pytest]\nharness_suite = matrix.yaml\njunit_duration_report = call\n"
DOTTED = MATRIX.replace("{id: new", "{id: new-2.0.1")


def reported(demo: Demo, *arguments: str) -> dict[tuple[str, str], ElementTree.Element]:
    """The test cases of the report in XML, by class and name."""
    (demo.path / "pytest.ini").write_text(SUITE)
    demo.run("--junitxml", "junit.xml", *arguments)
    cases = ElementTree.parse(demo.path / "junit.xml").getroot().iter("testcase")
    return {(case.get("classname", ""), case.get("name", "")): case for case in cases}


def properties(case: ElementTree.Element) -> dict[str, str]:
    return {one.get("name", ""): one.get("value", "") for one in case.iter("property")}


def test_names_in_the_report_are_split_nowhere_inside_of_a_cells_id(demo: Demo) -> None:
    demo = replace(demo, versions={**demo.versions, "new-2.0.1": "2.0"})
    demo.write(DOTTED)
    assert {
        ("matrix.old", "answer[old]"),
        ("matrix.old", "other[old]"),
        ("matrix.new-2_0_1", "answer[new-2.0.1]"),
        ("matrix.new-2_0_1", "other[new-2.0.1]"),
        ("matrix.expectations", "answer.sum"),
        ("matrix.expectations", "other.*"),
    } == set(reported(demo))
    assert "suites.v1_2.matrix" == suite_name("../suites/v1.2/matrix.yaml")


def test_a_question_takes_the_time_of_its_probe_in_all_rounds(demo: Demo) -> None:
    demo.write(rounds=2)
    found = reported(demo, "--harness-rounds=2")
    assert f"{2 * ASKING_S:.3f}" == found["matrix.old", "answer[old]"].get("time")
    assert f"{2 * ASKING_S:.3f}" == found["matrix.new", "other[new]"].get("time")


def test_a_question_says_of_which_run_image_and_versions_it_is(demo: Demo) -> None:
    demo.write(MATRIX.replace('demo: "2.0"', 'demo: "2.5"'))
    (demo.path / "test_hand.py").write_text("def test_hand(facts): pass\n")
    found = reported(demo)
    ((run, _),) = demo.runs()
    told = {
        "harness.cell": "new",
        "harness.run": run.id,
        "harness.engine": "replay",
        "harness.image": "sha256:new",
        "harness.claimed.demo": "2.5",
        "harness.measured.demo": "2.0",
    }
    assert told == properties(found["test_hand", "test_hand[new]"])
    mine = {"harness.probe": "answer", "harness.verdict": "fail"}
    assert told | mine == properties(found["matrix.new", "answer[new]"])
    rule = {"harness.expectation": "other.*", "harness.run": run.id, "harness.verdict": "pass"}
    assert rule == properties(found["matrix.expectations", "other.*"])
    whole = ElementTree.parse(demo.path / "junit.xml").getroot().find("testsuite/properties")
    assert whole is not None
    assert {"harness.run": run.id} == properties(whole)


def test_drift_is_told_apart_from_failure_and_infrastructure(demo: Demo) -> None:
    demo.write(
        MATRIX.replace("tags: [nightly]", "tags: [quick]"),
        said={
            ("new", "other"): {"other.thing": "changed"},
            ("new", "answer"): Outcome.CRASHED,
            ("bare", "other"): None,
        },
        obtained={"late": Outcome.PULL_FAILED},
    )
    found = reported(demo)
    types = {
        name: [(child.tag, child.get("type")) for child in case if child.tag != "properties"]
        for (_, name), case in found.items()
    }
    assert [("failure", "drift")] == types["other[new]"]
    assert [("failure", "fail")] == types["answer[new]"]
    assert [("error", "infrastructure")] == types["answer[late]"]
    assert [("skipped", "pytest.skip")] == types["other[bare]"]
    assert [] == types["other[old]"]
    verdicts = {name: properties(case)["harness.verdict"] for (_, name), case in found.items()}
    assert "not applicable" == verdicts["answer[bare]"]
    assert "unverified" == verdicts["other[bare]"]
    assert "pass" == verdicts["answer[old]"]


def test_workers_report_as_one_process_does(demo: Demo) -> None:
    demo.write(said={("new", "other"): {"other.thing": "changed"}})
    alone = reported(demo)
    (demo.path / "junit.xml").unlink()
    demo.pytester.runpytest_subprocess(
        *("-p", "no:hypothesispytest", "-n", "2", "--junitxml", "junit.xml"),
        *("--harness-engine=replay", "--harness-recordings=recordings"),
    )
    root = ElementTree.parse(demo.path / "junit.xml").getroot()
    spread = {(one.get("classname"), one.get("name")): one for one in root.iter("testcase")}
    assert set(alone) == set(spread)
    assert "drift" == spread["matrix.new", "other[new]"][1].get("type")
    assert f"{ASKING_S:.3f}" == spread["matrix.new", "other[new]"].get("time")
    whole = root.find("testsuite/properties")
    assert whole is not None
    assert {"harness.run": demo.runs()[1][0].id} == properties(whole)


CLOCKS = """
from pathlib import Path

from harness.testing.plugged import plugged


def pytest_timeout_set_timer(item, settings):
    assert 300 == settings.timeout
    (board,) = plugged(item.config).boards.wanted()
    state = board.state()
    cell = getattr(item, "cell", None)
    whole = cell is None or "compare" in getattr(item, "fixturenames", ())
    there = state and (state.ended or (not whole and {cell.id, "old"} <= set(state.finished)))
    with Path("clocks").open("a") as file:
        file.write(f"{item.name} {bool(there)}\\n")
"""


def test_no_tests_clock_runs_while_the_run_is_waited_for(demo: Demo) -> None:
    """The clock is pytest-timeout's, started by its own hook; the run is whole by then."""
    demo.write()
    (demo.path / "pytest.ini").write_text(SUITE + "timeout = 300\n")
    (demo.path / "conftest.py").write_text(CLOCKS)
    (demo.path / "test_hand.py").write_text(
        "def test_compared(compare): assert compare('new')\n\ndef test_sum(facts): pass\n"
    )
    demo.run().assert_outcomes(passed=10)
    clocks = (demo.path / "clocks").read_text().splitlines()
    assert 10 == len(clocks)
    assert [] == [line for line in clocks if not line.endswith(" True")]


BY_HAND = """
    def test_true(cell, compare):
        assert compare()

    def test_findings(cell, compare):
        assert () == compare().findings

    def test_some(cell, compare):
        assert not {one.fact for one in compare().differences} & {"other.thing"}

    def test_attributes(cell, compare):
        found = compare()
        assert "old" in found.reference.cell.id
        if cell.id == "new":
            assert ("new", "drift", 2) == (found.candidate.cell.id, found.verdict, found.same)
            assert ["demo.version", "other.thing"] == [one.fact for one in found.differences]
            assert ["allowed", "drift"] == [one.judged for one in found.differences]
            assert [1] == [one.differences for one in found.let_pass]
            assert repr(found).startswith("<new against old: drift: other.thing")
            assert "other.thing changed (reference same)" in str(found)
"""


def test_a_comparison_that_fails_prints_what_differs_however_it_is_asserted(demo: Demo) -> None:
    demo.write(said={("new", "other"): {"other.thing": "changed"}})
    (demo.path / "pytest.ini").write_text(SUITE)
    (demo.path / "test_hand.py").write_text(dedent(BY_HAND))
    result = demo.pytester.runpytest_inprocess(
        *("-p", "no:hypothesispytest", "test_hand.py", "-v"),
        *("--harness-engine=replay", "--harness-recordings=recordings"),
    )
    result.assert_outcomes(passed=5, failed=3)
    result.stdout.fnmatch_lines(
        [
            "*_ test_true[[]new[]] _*",
            "E *assert <new against old: drift: other.thing *>",
            "*- harness: new against old -*",
            "new against old, run *: drift; 2 facts are the same, 2 differ",
            "drift: new: other.thing *",
            "    other.thing changed (reference same)",
            "allowed: demo.version 2.0 (reference 1.0): other releases",
            "*_ test_findings[[]new[]] _*",
            "E *<drift: new: other.thing *>",
            "E *other.thing changed (reference same)",
            "*_ test_some[[]new[]] _*",
            "*- harness: new against old -*",
            "    other.thing changed (reference same)",
        ]
    )


def test_where_nothing_was_held_against_anything_a_comparison_is_not_true(demo: Demo) -> None:
    demo.write(said={("new", one): Outcome.TIMED_OUT for one in ("answer", "other")})
    (demo.path / "pytest.ini").write_text(SUITE)
    (demo.path / "test_hand.py").write_text("def test_it(compare): assert compare()\n")
    demo.run("test_hand.py").assert_outcomes(passed=1, failed=1)

"""Verdicts as pytest tells them, over one run for a session."""

from __future__ import annotations

from xml.etree import ElementTree

from harness.model import Outcome, Raised
from tests.plugin.demo import MATRIX, Demo

pytest_plugins = "pytester"

LOST = Raised(
    type="ImportError",
    message="libdemo.so.8: cannot open shared object file",
    traceback="Traceback:\nImportError: libdemo.so.8: cannot open shared object file: "
    "No such file or directory\n",
)


def test_all_is_well(demo: Demo) -> None:
    demo.write()
    result = demo.run("matrix.yaml")
    result.assert_outcomes(passed=6)
    assert 0 == result.ret
    result.stdout.fnmatch_lines(
        [
            "*= harness =*",
            "run * replay *",
            "*old *demo 1.0*pass*",
            "*new *demo 2.0*pass*",
            "All 2 cells pass.",
            "*replayed, nothing was run*docker*",
            "harness report * shows everything.",
        ]
    )
    ((run, records),) = demo.runs()
    assert ("complete", "replay", 4) == (run.state, run.engine.name, len(records))
    assert not list((demo.home / "cache" / "sessions").iterdir()), "nothing is left over"


def test_drift_and_failure_fail_with_the_finding_and_no_traceback(demo: Demo) -> None:
    demo.write(
        said={
            ("new", "answer"): LOST,
            ("new", "other"): {"other.thing": "changed", "other.more": 1},
        }
    )
    result = demo.run("matrix.yaml")
    result.assert_outcomes(passed=2, failed=3, skipped=1)
    result.stdout.fnmatch_lines(
        [
            "*_ new: answer _*",
            "fail: new: libdemo.so.8: cannot open shared object file",
            "*cause: the environment lacks the shared library libdemo.so.8*",
            "*remedy: *",
            "*_ new: other _*",
            "drift: new: other.thing changed and other.more 1 differ from old",
            "    other.thing changed (reference same)",
            "    other.more 1 (not in the reference)",
            "*_ expectations: other.[*] _*",
            "drift: new: other.thing changed and other.more 1 differ from old",
            "*FAILED matrix.yaml::new::answer - *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*harness/*.py*")
    assert 1 == result.ret


def test_a_test_that_fails_as_expected_passes_and_its_report_says_so(demo: Demo) -> None:
    expected = (
        ", tags: [quick, skip], expect: {level: L0, breakage: libcublas-8.0, reason: no CUDA}}"
    )
    matrix = MATRIX.replace(", tags: [quick, skip]}", expected)
    line = "libcublas.so.8.0: cannot open shared object file"
    lost = Raised(type="ImportError", message=line, traceback=f"ImportError: {line}\n")
    demo.write(matrix, said={("new", "answer"): lost})
    result = demo.run("matrix.yaml", "-rP", "--require-verified", "-k", "new")
    result.assert_outcomes(passed=2, deselected=4)
    result.stdout.fnmatch_lines(
        [
            "*Captured harness call*",
            f"pass: new: fails as expected: {line}*",
            "*a known breakage: harness explain libcublas-8.0",
            "*cause: no CUDA",
            "2 cells: 1 fails as expected, 1 passes.",
        ]
    )
    demo.run("matrix.yaml", "-k", "new", "--junitxml", "junit.xml").assert_outcomes(
        passed=2, deselected=4
    )
    told = ElementTree.parse(demo.path / "junit.xml").getroot().iter("property")
    assert [f"fails as expected: {line}"] == [
        one.get("value") for one in told if one.get("name") == "harness"
    ]
    demo.write(matrix)
    works = demo.run("matrix.yaml", "-k", "new")
    works.assert_outcomes(passed=1, failed=1, deselected=4)
    works.stdout.fnmatch_lines(["drift: new: works unexpectedly: it reaches L1 (starts)*"])


def test_unverified_is_a_skip_with_its_reason_or_a_failure_where_all_must_be_verified(
    demo: Demo,
) -> None:
    demo.write(said={("new", "other"): None})
    result = demo.run("matrix.yaml", "-rs")
    result.assert_outcomes(passed=4, skipped=2)
    result.stdout.fnmatch_lines(["SKIPPED*matrix.yaml:8: *there is no recording of other*"])
    strict = demo.run("matrix.yaml", "--require-verified")
    strict.assert_outcomes(passed=4, failed=2)
    strict.stdout.fnmatch_lines(["unverified: new: *there is no recording of other in round 1*"])


def test_a_level_that_no_probe_could_show_is_not_green(demo: Demo) -> None:
    demo.write(MATRIX.replace("level: L0", "level: L1"))
    result = demo.run("matrix.yaml", "--harness-cell", "bare", "-rs")
    result.assert_outcomes(skipped=2)
    result.stdout.fnmatch_lines(["*L1 (starts) is unverified*"])


def test_a_question_that_does_not_apply_is_a_skip_even_where_all_must_be_verified(
    demo: Demo,
) -> None:
    demo.write()
    result = demo.run("matrix.yaml", "--harness-cell", "bare", "-rs", "--require-verified")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["*the cell does not claim demo*"])


def test_infrastructure_is_an_error(demo: Demo) -> None:
    demo.write(obtained={"new": Outcome.PULL_FAILED})
    result = demo.run("matrix.yaml")
    result.assert_outcomes(passed=2, errors=2, skipped=2)
    result.stdout.fnmatch_lines(["infrastructure: new: the image could not be pulled: *"])


def test_a_broken_reference_leaves_the_others_unverified(demo: Demo) -> None:
    demo.write(said={("old", "answer"): Outcome.TIMED_OUT})
    result = demo.run("matrix.yaml", "-rs")
    result.assert_outcomes(passed=1, failed=1, skipped=4)
    result.stdout.fnmatch_lines(["*not compared: the reference old itself ends in fail*"])


def test_a_run_that_cannot_be_done_is_an_error_with_the_next_step(demo: Demo) -> None:
    demo.write()
    result = demo.run("matrix.yaml", "--harness-recordings=")
    result.assert_outcomes(errors=6)
    result.stdout.fnmatch_lines(["*the engine replay*", "*help: *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_rounds_are_asked_for_and_judged_together(demo: Demo) -> None:
    demo.write(rounds=2)
    demo.run("matrix.yaml", "--harness-rounds", "2").assert_outcomes(passed=6)
    assert 8 == len(demo.runs()[0][1])
    beyond = demo.run("matrix.yaml", "--harness-rounds", "3", "-rs")
    beyond.assert_outcomes(passed=2, skipped=4)
    beyond.stdout.fnmatch_lines(["*no recording of answer in round 3*"])


def test_a_junit_report_can_be_read_whatever_an_image_says(demo: Demo) -> None:
    odd = "\x1b[31m\x00 <b>&\ud800 ::error::"
    demo.write(said={("new", "other"): {"other.thing": odd.replace("\ud800", "\ufffe")}})
    demo.run("matrix.yaml", "--junitxml", "junit.xml").assert_outcomes(passed=4, failed=2)
    suite = ElementTree.parse(demo.path / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert {"tests": "6", "failures": "2", "errors": "0"}.items() <= suite.attrib.items()
    assert {
        *("answer[old]", "other[old]", "answer[new]", "other[new]"),
        *("answer.sum", "other.*"),
    } == {case.get("name") for case in suite.iter("testcase")}


def test_what_failed_last_is_run_again_with_what_it_is_held_against(demo: Demo) -> None:
    demo.write(said={("new", "other"): {"other.thing": "changed"}})
    demo.run("matrix.yaml", "-k", "not expectations").assert_outcomes(passed=3, failed=1)
    again = demo.run("matrix.yaml", "-k", "not expectations", "--lf")
    again.assert_outcomes(failed=1, deselected=5)
    run, records = demo.runs()[-1]
    assert ["old", "new"] == [cell.id for cell in run.cells]
    assert [("old", "other"), ("new", "other")] == [(one.cell, one.probe) for one in records]


def test_a_selection_runs_only_what_it_needs(demo: Demo) -> None:
    demo.write()
    demo.run("matrix.yaml", "-k", "old and answer").assert_outcomes(passed=1, deselected=5)
    ((_, records),) = demo.runs()
    assert [("old", "answer")] == [(one.cell, one.probe) for one in records]


def test_the_first_failure_can_end_it(demo: Demo) -> None:
    demo.write(said={("old", "answer"): LOST})
    result = demo.run("matrix.yaml", "-x")
    result.assert_outcomes(failed=1)
    assert 1 == len(demo.runs())
    result.stdout.fnmatch_lines(["*= harness =*", "*old *fail*"])

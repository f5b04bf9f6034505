"""The plugin under pytest-xdist: the controller starts and owns the run, the workers read."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.plugin.demo import Demo

pytest_plugins = "pytester"

HAND = """
def test_sum(facts):
    assert 42 == facts["answer.sum"]

def test_compared(cell, compare):
    assert (cell.id == "new") == bool(compare().findings)
"""
DIES = """
import os, signal

def test_dies(cell, facts):
    if cell.id == "new":
        os.kill(os.getpid(), signal.SIGKILL)
"""


def spread(demo: Demo, *arguments: str) -> pytest.RunResult:
    """`pytest -n 2`, in a process of its own as its workers are."""
    return demo.pytester.runpytest_subprocess(
        *("-p", "no:hypothesispytest", "--assert", "plain", "-n", "2"),
        *("--harness-engine", "replay", "--harness-recordings", "recordings"),
        *arguments,
    )


def suite(demo: Demo, hand: str = "") -> None:
    demo.write(said={("new", "other"): {"other.thing": "changed"}})
    (demo.path / "pytest.ini").write_text("[pytest]\nharness_suite = matrix.yaml\n")
    if hand:
        (demo.path / "test_hand.py").write_text(dedent(hand))


def test_two_workers_share_one_run_that_the_controller_owns(demo: Demo) -> None:
    suite(demo, HAND)
    result = spread(demo, "-rf")
    result.assert_outcomes(passed=8, failed=2)
    result.stdout.fnmatch_lines(
        ["*= harness =*", "*old *pass*", "*new *drift*", "FAILED matrix.yaml::new::other - *"]
    )
    assert 1 == result.ret
    ((run, records),) = demo.runs()
    assert ("complete", 4) == (run.state, len(records))
    assert not list((demo.home / "cache" / "sessions").iterdir()), "nothing is left over"


def test_the_workers_selection_is_what_is_run(demo: Demo) -> None:
    suite(demo)
    spread(demo, "-k", "late or (old and answer)", "--harness-cell", "*").assert_outcomes(passed=3)
    ((run, records),) = demo.runs()
    assert ["old", "late"] == [cell.id for cell in run.cells]
    assert 4 == len(records)
    spread(demo, "matrix.yaml::bare::other").assert_outcomes(passed=1)
    assert ["old", "bare"] == [cell.id for cell in demo.runs()[1][0].cells]


def test_a_worker_that_crashes_loses_nothing(demo: Demo) -> None:
    suite(demo, DIES)
    result = spread(demo, "-rf")
    result.assert_outcomes(passed=5, failed=3)
    result.stdout.fnmatch_lines(
        ["*worker 'gw?' crashed while running*test_dies[[]new[]]*", "*new *drift*"]
    )
    ((run, records),) = demo.runs()
    assert ("complete", 4) == (run.state, len(records))
    assert not list((demo.home / "cache" / "sessions").iterdir()), "nothing is left over"


def test_no_run_is_made_where_the_workers_need_none(demo: Demo) -> None:
    suite(demo, "def test_alone(): pass\n")
    spread(demo, "test_hand.py").assert_outcomes(passed=1)
    assert not (demo.home / "store.sqlite3").exists()


def test_a_run_that_cannot_be_done_is_told_by_every_worker(demo: Demo) -> None:
    suite(demo)
    result = spread(demo, "--harness-recordings=")
    result.assert_outcomes(errors=6)
    result.stdout.fnmatch_lines(["*the engine replay*"])


def test_a_mistake_in_the_matrix_ends_the_session_once_and_with_its_place(demo: Demo) -> None:
    suite(demo)
    text = (demo.path / "matrix.yaml").read_text().replace("rule: exact", "rule: exakt")
    (demo.path / "matrix.yaml").write_text(text)
    result = spread(demo)
    assert result.ret not in (0, 5)
    result.stdout.fnmatch_lines(["*matrix.yaml:14:30", "*exakt*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")

"""The probe `files` loads everything in forked processes: what dies, hangs or leaves something
behind harms no other file. On every Python, without a framework."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guest.conversation import PROBES

pytestmark = pytest.mark.guest

LOADS = """
import json, os, signal, sys, time

probe = {}
exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"), probe)
left = []

def works(number=0):
    return [number, os.getpid()]

def long():
    return "a" * 300000

def raises():
    raise RuntimeError("it is\\n  broken")

def dies():
    os.kill(os.getpid(), signal.SIGKILL)

def ends():
    os._exit(3)

def exits():
    raise SystemExit("enough")

def hangs():
    time.sleep(900)

def slow():
    time.sleep(0.8)
    return "slow"

def leaves():
    left.append("something")
    return "left"

def minds():
    if left:
        raise RuntimeError("something was left")
    return "clean"

def predicts():
    return "other" if left else "same"

def wrong():
    with open(sys.argv[3], "a") as stream:
        stream.write("x")
    return "other"

def why_wrong(load, value):
    return "it predicts otherwise" if value == "other" else ""

def answers(loads, seconds=60.0):
    return probe["in_turn"](loads, lambda load: load(), why_wrong, seconds)

def left_behind(loads):
    before = os.listdir("/proc/self/fd")
    answers(loads)
    try:
        os.waitpid(-1, os.WNOHANG)
        children = True
    except OSError:
        children = False
    return [{"pipes": before != os.listdir("/proc/self/fd"), "processes": children}]

print(json.dumps(eval(sys.argv[2])))
"""


def told(python: str, expression: str, *more: str) -> list[dict[str, object]]:
    """What an expression over the loads comes to in a process of that Python."""
    done = subprocess.run(
        [python, "-W", "ignore", "-c", LOADS, str(PROBES / "files.py"), expression, *more],
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr
    value: list[dict[str, object]] = json.loads(done.stdout)
    return value


def test_one_process_loads_all_in_their_order(python: str) -> None:
    found = told(python, "answers([lambda n=n: works(n) for n in range(60)])")
    values = [one["value"] for one in found]
    (process,) = {value[1] for value in values if isinstance(value, list)}
    assert [[number, process] for number in range(60)] == values
    assert [] == told(python, "answers([])")


def test_an_answer_may_be_longer_than_a_pipe_holds(python: str) -> None:
    assert [{"value": "a" * 300_000}] * 2 == told(python, "answers([long, long])")


@pytest.mark.parametrize("before", [0, 2])
def test_what_fails_takes_no_other_along(python: str, before: int) -> None:
    failing = "[raises, raises, dies, dies, ends, exits, leaves]"
    found = told(python, f"answers([leaves] * {before} + {failing})")
    assert [{"value": "left"}] * before == found[:before]
    assert [
        {"error": "RuntimeError: it is broken"},
        {"error": "RuntimeError: it is broken"},
        {"error": "the process died by signal 9"},
        {"error": "the process died by signal 9"},
        {"error": "the process ended with status 3"},
        {"error": "SystemExit: enough"},
        {"value": "left"},
    ] == found[before:]


def test_nothing_is_blamed_for_what_an_earlier_file_left_in_the_process(python: str) -> None:
    found = told(python, "answers([leaves, minds, leaves, predicts, predicts])")
    assert ["left", "clean", "left", "same", "same"] == [one["value"] for one in found]


def test_what_is_wrong_by_itself_is_tried_behind_others_and_alone(
    python: str, tmp_path: Path
) -> None:
    tries = tmp_path / "tries"
    found = told(python, "answers([minds, wrong, minds])", str(tries))
    assert [{"value": "clean"}, {"error": "it predicts otherwise"}, {"value": "clean"}] == found
    assert "xx" == tries.read_text("utf-8")


def test_each_file_has_the_time_of_its_own() -> None:
    """Together those that work take longer than the limit of each."""
    found = told(sys.executable, "answers([slow, slow, slow, hangs, slow], 2.0)")
    assert [
        *[{"value": "slow"}] * 3,
        {"error": "it was not loaded within 2 s"},
        {"value": "slow"},
    ] == found


def test_no_process_and_no_pipe_is_left(python: str) -> None:
    wanted: list[dict[str, object]] = [{"pipes": False, "processes": False}]
    assert wanted == told(python, "left_behind([works, dies, raises, works])")

"""What lies around, and what a probe does to the runner, decides neither imports nor answers."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from harness.machine.interpreters import Interpreter
from harness.model import Outcome
from tests.forging import FORGING
from tests.guest.conversation import Asked, Heard, converse

pytestmark = pytest.mark.guest

SHADOWED = ("re", "json", "hashlib", "os", "select", "signal", "linecache")

INJECTING = """
    import os
    def probe(settings):
        with open("/proc/%d/fd/0" % os.getppid(), "w") as stream:
            stream.write('{"name": "mine", "marker": "' + "0" * 32 + '"}\\n')
        return {"a": 1}
"""
PLAIN = """
    def probe(settings):
        return {"a": 1}
"""
STARTED = """
    import sys
    def probe(settings):
        return {"flags": [int(one) for one in sys.flags], "path": list(sys.path)}
"""
SHADOWING = """
    import re, json, hashlib, linecache
    def probe(settings):
        return {"files": [m.__file__ for m in (re, json, hashlib, linecache)]}
"""
USERS_OWN = """
    import users_own
    def probe(settings):
        return {"a": users_own.A}
"""


def written(folder: Path, **sources: str) -> list[Asked]:
    made = []
    for name, source in sources.items():
        path = folder / f"{name}.py"
        path.write_text(dedent(source), encoding="ascii")
        made.append(Asked(path=path))
    return made


def outcomes(heard: Heard) -> dict[str, Outcome]:
    return {name: answer.outcome for name, answer in heard.answers.items()}


@pytest.mark.attack(
    "exchange", "a probe finds its marker in the runner's memory and forges an accuracy of 0.888"
)
def test_a_probe_that_reads_its_marker_in_the_runners_memory_is_not_believed(
    python: str, tmp_path: Path, says: Callable[[str], None]
) -> None:
    before, forging, after = written(tmp_path, before=PLAIN, forging=FORGING, after=PLAIN)
    tell = tmp_path / "found"
    forging = Asked(path=forging.path, settings={"tell": str(tell)})

    heard = converse(python, [before, forging, after], tmp_path)

    found = json.loads(tell.read_text())
    assert heard.markers[1] in found, "the attack no longer finds its marker: mend the test"
    assert [] == [marker for marker in heard.markers[2:] if marker in found]
    # Where the marker of the probe before it still lay in memory, that one was answered again.
    assert {"forging": Outcome.INTERFERED, "after": Outcome.INTERFERED} == {
        name: outcome for name, outcome in outcomes(heard).items() if name != "before"
    }
    assert {} == heard.answers["forging"].facts
    # What it forges first is seen first: an answer of before, or that the runner has begun.
    assert re.search("a further frame|says twice that it has", heard.answers["forging"].reason)
    says("interfered: a frame that came before came again")


@pytest.mark.attack("exchange", "a probe writes a request of its own to the runner's input")
def test_what_a_probe_writes_to_the_runners_input_is_seen(
    python: str, tmp_path: Path, says: Callable[[str], None]
) -> None:
    heard = converse(python, written(tmp_path, injecting=INJECTING, after=PLAIN), tmp_path)

    assert {"injecting": Outcome.INTERFERED, "after": Outcome.INTERFERED} == outcomes(heard)
    assert 0 == heard.status
    assert "written to the runner's input" in heard.answers["injecting"].reason
    says(f"interfered: {heard.answers['injecting'].reason}")


@pytest.mark.attack("exchange", "re.py, json.py and others lie in the folder where probes run")
def test_modules_in_the_folder_where_probes_run_are_not_imported(
    python: str, tmp_path: Path, says: Callable[[str], None]
) -> None:
    hostile = tmp_path / "root"
    hostile.mkdir()
    for name in SHADOWED:
        (hostile / f"{name}.py").write_text("raise SystemExit(9)\n")

    heard = converse(python, written(tmp_path, shadowing=SHADOWING), tmp_path, folder=hostile)

    assert {"shadowing": Outcome.OK} == outcomes(heard)
    assert str(hostile) not in str(heard.answers["shadowing"].facts["files"])
    assert (0, "") == (heard.status, heard.stderr)
    says("they are not imported: runner and probe answer as if they were not there")


def test_modules_in_the_folder_where_it_starts_are_not_imported(
    python: str, tmp_path: Path
) -> None:
    hostile = tmp_path / "root"
    hostile.mkdir()
    for name in SHADOWED:
        # From 3.13 on an interpreter imports linecache before the first statement of `-c`; engines
        # start it where no file of the image's is.
        if name != "linecache":
            (hostile / f"{name}.py").write_text("raise SystemExit(9)\n")

    heard = converse(python, written(tmp_path, shadowing=SHADOWING), tmp_path, cwd=hostile)

    assert {"shadowing": Outcome.OK} == outcomes(heard)
    assert 0 == heard.status


def test_what_the_environment_puts_before_the_library_reaches_the_probe_and_not_the_runner(
    python: str, tmp_path: Path
) -> None:
    added = tmp_path / "added"
    added.mkdir()
    (added / "hashlib.py").write_text("raise ValueError('shadowed')\n")

    asked = written(tmp_path, plain=PLAIN, shadowing=SHADOWING)
    heard = converse(python, asked, tmp_path, env={"PYTHONPATH": str(added)})

    assert {"plain": Outcome.OK, "shadowing": Outcome.RAISED} == outcomes(heard)
    assert "ValueError: shadowed" == heard.answers["shadowing"].reason


def test_a_probe_starts_as_a_users_program_does(python: str, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(tmp_path), "HOME": str(tmp_path)}
    heard = converse(python, written(tmp_path, started=STARTED), tmp_path, env=env)
    told = "import json, sys; print(json.dumps([[int(f) for f in sys.flags], sys.path[1:]]))"
    done = subprocess.run([python, "-c", told], env=env, capture_output=True, check=True)

    flags, path = json.loads(done.stdout)
    assert {"flags": tuple(flags), "path": tuple(path)} == heard.answers["started"].facts


def test_packages_of_the_users_own_are_there(
    interpreter: Interpreter, python: str, tmp_path: Path
) -> None:
    folder = tmp_path / ".local/lib" / f"python{interpreter.minor}" / "site-packages"
    folder.mkdir(parents=True)
    (folder / "users_own.py").write_text("A = 3\n")

    heard = converse(
        python, written(tmp_path, own=USERS_OWN), tmp_path, env={"HOME": str(tmp_path)}
    )

    assert {"a": 3} == heard.answers["own"].facts

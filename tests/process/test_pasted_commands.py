"""Every command that a report offers under *Next* can be pasted into a shell, and works there."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness import cli
from harness.model import EngineInfo, Outcome, Record, Run
from harness.store.store import Store
from tests.unit.builders import cell, healthy, record, run, without

PROGRAM = Path(sys.executable).with_name("harness")
ONE, OTHER, LOST = "20261120T234501Z-aaaa", "20261121T234501Z-bbbb", "20261122T234501Z-cccc"
NEW, OLD = cell(), cell("tf1.2.1-py2.7", "1.2.1", "2.7")
FORMATS = ("terminal", "markdown")
WORKS = {0, 1, 4, 5}
"""Statuses of a command that did what was asked, whatever it found."""


def offered(text: str) -> tuple[str, ...]:
    """The commands that stand under *Next*, as they are written."""
    below = re.split(r"^(?:## )?Next$", text, flags=re.MULTILINE)[1]
    pattern = r"^ *- (?:(`+) ?)?(harness .*?)(?(1) ?\1: .*)$"
    return tuple(found[1] for found in re.findall(pattern, below, flags=re.MULTILINE))


Typed = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """An environment in which the harness has places of its own, and a folder of its own."""
    for name in ("STORE", "REPORTS", "CACHE"):
        monkeypatch.setenv(f"HARNESS_{name}", str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    return {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}


@pytest.fixture
def typed(
    places: Mapping[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Typed:
    """What a command comes to that is read as a shell reads it: status, output, errors."""

    def ran(command: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", shlex.split(command))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return ran


def kept(store: Store, of: Run, records: list[Record]) -> None:
    """Put a finished run into the store."""
    store.begin(of)
    for one in records:
        store.record(one)
    store.finish(of.id, ended="2026-11-23T00:00:00Z", state="complete")


@pytest.fixture
def runs(places: Mapping[str, str]) -> None:
    """A run of two cells, the first of them on another engine too, and a run that was lost."""
    with Store(Path(places["HARNESS_STORE"])) as store:
        kept(
            store,
            run(NEW, OLD, run_id=ONE),
            [*healthy(NEW, run_id=ONE), *healthy(OLD, run_id=ONE)],
        )
        podman = replace(run(NEW, run_id=OTHER), engine=EngineInfo(name="podman"))
        kept(store, podman, healthy(NEW, run_id=OTHER))
        gone = [
            *without(healthy(NEW, run_id=LOST), "mnist"),
            record("mnist", outcome=Outcome.ENGINE_GONE, run_id=LOST),
        ]
        kept(store, run(NEW, run_id=LOST), gone)


REPORTS = (
    f"harness report {ONE}",
    f"harness report {LOST}",
    f"harness compare {ONE}:{NEW.id} {ONE}:{OLD.id}",
    f"harness compare {ONE}:{NEW.id} {OTHER}:{NEW.id}",
    f"harness compare {ONE}:{NEW.id} {ONE}:{NEW.id}",
    f"harness compare {ONE}:{OLD.id} {LOST}:{NEW.id} --suite standard",
)


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("command", REPORTS)
def test_what_a_report_offers_works_as_it_is_written(
    typed: Typed, command: str, format: str
) -> None:
    status, out, err = typed(f"{command} --format {format}")
    assert status in WORKS, err
    commands = offered(out)
    assert commands
    for pasted in commands:
        if "--resume" in pasted:
            continue  # See below: there must be something left to do.
        status, _, err = typed(pasted)
        assert status in WORKS, (pasted, err)
        assert "error" not in err


@pytest.mark.usefixtures("runs")
def test_a_report_that_lost_its_engine_offers_to_take_the_run_on(typed: Typed) -> None:
    assert f"harness run --resume {LOST}" in offered(typed(f"harness report {LOST}")[1])
    assert "--resume" not in typed(f"harness report {ONE}")[1]


SUITE = "version: 1\nname: waiting\ncells:\n  - {id: x, host: %s, level: L0}\nprobes: [waits]\n"
WAITS = """\
import os
import time

PROBE = {
    "question": "Is the file there?",
    "where": "inside", "order": 10, "timeout_s": 120, "frameworks": [], "dataset": "",
    "settings": {}, "natures": [], "evidence": []
}


def probe(settings):
    while not os.path.exists(%r):
        time.sleep(0.05)
    return {"waits.there": True}
"""


@pytest.fixture
def interrupted(tmp_path: Path, places: Mapping[str, str]) -> tuple[int, str, Path]:
    """A run that was interrupted as a person does: its status, what it printed, and the file whose
    being there lets its probe end."""
    suite, there = tmp_path / "a suite", tmp_path / "there"
    (suite / "probes").mkdir(parents=True)
    (suite / "matrix.yaml").write_text(SUITE % sys.executable)
    (suite / "probes" / "waits.py").write_text(WAITS % str(there))
    process = subprocess.Popen(
        [PROGRAM, "run", "--engine", "host", "--suite", str(suite)],
        cwd=tmp_path,
        env=dict(places),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "probing" in line:
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    return process.returncode, out, there


def test_an_interrupted_run_says_its_status_and_is_taken_on_by_what_it_offers(
    interrupted: tuple[int, str, Path], places: Mapping[str, str]
) -> None:
    status, out, there = interrupted
    assert 130 == status
    assert "Exit status 130." in out
    (resume,) = (one for one in offered(out) if "--resume" in one)
    there.touch()
    done = subprocess.run(
        ["bash", "-c", resume], env=dict(places), capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    assert "1 of 1 planned records: 1 ok. Exit status 0." in done.stdout
    assert "--resume" not in done.stdout

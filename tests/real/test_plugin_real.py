"""The pytest plugin on a real engine: two workers, one killed; a killed session; containers."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

import pytest
from docker import APIClient

from tests.real.commandline import Place, end, wait_until
from tests.real.leftovers import Leftovers
from tests.real.suites import brief_suite, quick_ids

PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")
STEPS = {"steps": 20}
BY_HAND = """\
from datetime import datetime, timezone
from pathlib import Path
from urllib.request import urlopen

from testcontainers.core.wait_strategies import LogMessageWaitStrategy

SERVERS = {"2": "SimpleHTTPServer", "3": "http.server"}


def test_it_learns(facts):
    assert facts["mnist.test_accuracy"] > 0.11


def test_in_a_container(cell, container):
    server = [container.interpreter, "-u", "-m", SERVERS[cell.python[0]], "8000"]
    container.with_command(server).with_exposed_ports(8000)
    container.waiting_for(LogMessageWaitStrategy("Serving HTTP"))
    with container:
        at = datetime.now(timezone.utc).isoformat()
        Path("in-container-" + cell.id).write_text(at)
        place = (container.get_container_host_ip(), container.get_exposed_port(8000))
        with urlopen("http://%s:%s/" % place, timeout=30) as answer:
            assert 200 == answer.status
        assert (0, b"65534\\n") == tuple(container.exec(["id", "-u"]))
        said = container.exec(["touch", "/forbidden"])
    assert 0 != said.exit_code
    assert b"Read-only file system" in said.output
"""


@pytest.fixture
def cells() -> tuple[str, str]:
    """The latest release, which trains fast, and the oldest."""
    return quick_ids()[-1], quick_ids()[0]


@pytest.fixture
def suite(quick: Place, place: Place, cells: tuple[str, str]) -> Path:
    """The two cells with little training, and hand-written tests; the images exist already."""
    folder = brief_suite(place.folder / "suite", dict.fromkeys(cells, STEPS))
    (folder / "pytest.ini").write_text("[pytest]\nharness_suite = matrix.yaml\n")
    (folder / "test_by_hand.py").write_text(BY_HAND)
    return folder


def workers_of(controller: int) -> list[int]:
    """Process ids of xdist's workers: children of the controller that read tasks."""
    children = Path(f"/proc/{controller}/task/{controller}/children").read_text().split()
    commands = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return [child for child, command in commands.items() if b"exec(eval(" in command]


def probing(client: APIClient, place: Place) -> bool:
    """Whether a container of this place's run is running."""
    if not place.store_path.exists() or not place.runs():
        return False
    return bool(client.containers(filters={"label": f"harness.run={place.runs()[0]}"}))


def test_a_worker_killed_in_mid_run_loses_nothing_and_containers_wait_for_quiet(
    place: Place, suite: Path, cells: tuple[str, str], engine: APIClient, left: Leftovers
) -> None:
    arguments = ("--rootdir", str(suite), "-c", str(suite / "pytest.ini"), "-n", "2", "-v")
    named = (str(suite / "matrix.yaml"), str(suite / "test_by_hand.py"))
    with place.started(*arguments, *named, program=PYTEST) as process:
        wait_until(lambda: probing(engine, place), process, "a container of the run")
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        said, _ = process.communicate(timeout=600)

    assert "crashed while running" in said, said
    assert 1 == process.returncode, said
    assert "1 failed" in said.splitlines()[-1], "the test that was running, and no other"
    run, records = place.recorded()
    assert 1 == len(place.runs())
    assert "complete" == run.state
    assert len(run.planned()) == len({one.key for one in records}) == len(records)
    ended = datetime.fromisoformat(run.ended)
    times = [
        datetime.fromisoformat(path.read_text()) for path in place.folder.glob("in-container-*")
    ]
    assert times, said
    assert all(ended.replace(microsecond=0) <= at for at in times), "a container beside the run"
    assert [] == left.found()
    print(said)


def test_a_killed_session_leaves_a_run_that_can_be_taken_on(
    place: Place, suite: Path, engine: APIClient, left: Leftovers
) -> None:
    arguments = ("--rootdir", str(suite), str(suite / "matrix.yaml"), "-q")
    with place.started(*arguments, program=PYTEST) as process:
        wait_until(lambda: probing(engine, place), process, "a container of the run")
        assert 128 + signal.SIGKILL == end(process, signal.SIGKILL)
        cut_off = place.runs()[0]
    closed = place.harness("run", "--suite", str(suite), "--resume", cut_off)
    run, records = place.recorded(cut_off)
    assert "complete" == run.state, closed.text
    assert len(run.planned()) == len(records)
    assert [] == left.found()

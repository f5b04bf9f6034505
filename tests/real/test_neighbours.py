"""What others do to a container of ours, and how much of the machine containers get."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from docker import APIClient

from harness.compare.judge import judge
from harness.engines.oci.capabilities import PODMAN
from harness.engines.oci.neighbours import NEIGHBOURS
from harness.machine.owner import owner_token
from harness.model import Cell, Level, Nature, Outcome, Record, Run
from harness.probing.probe import load_probes
from tests.real.leftovers import Leftovers
from tests.real.suites import ROOT
from tests.real.trying import ANSWERS, Trying, probe

LIMITS = next(one for one in load_probes([ROOT / "probes"]) if one.name == "limits")
SLEEPS = probe(
    "sleeps",
    "import time\ndef probe(settings):\n    time.sleep(2)\n    return {'sleeps.yes': True}\n",
    60.0,
)
PINS = "import os\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
Act = Callable[[APIClient, str], object]
Meanwhile = Callable[[Act], Record]
Says = Callable[[str], None]


@pytest.fixture(scope="module")
def plain(trying: Trying) -> str:
    """An image without additions."""
    return trying.image({})


@pytest.fixture
def meanwhile(trying: Trying, plain: str) -> Meanwhile:
    """The record of a probe that sleeps while something is done to its container."""
    done = threading.Event()

    def ask(act: Act) -> Record:
        owner = owner_token()
        failed: list[BaseException] = []

        def wait() -> None:
            while not done.wait(0.05):
                found = trying.client.containers(filters={"label": "harness.kind=probe"})
                ours = [each for each in found if each["Labels"].get("harness.owner") == owner]
                if ours:
                    try:
                        act(trying.client, ours[0]["Id"])
                    except Exception as error:
                        failed.append(error)
                    return

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            record = trying.ask(plain, SLEEPS)["sleeps"]
        finally:
            done.set()
            thread.join()
        assert [] == failed
        return record

    return ask


def run_in(client: APIClient, name: str) -> None:
    client.exec_start(client.exec_create(name, ["/bin/true"])["Id"])


def pause_and_go_on(client: APIClient, name: str) -> None:
    client.pause(name)
    client.unpause(name)


def attach(client: APIClient, name: str) -> None:
    stream = client.attach_socket(name, params={"stdin": 1, "stdout": 1, "stream": 1})
    # docker-py's file leaves the socket below it open.
    getattr(stream, "_sock", stream).close()
    stream.close()


def interfered(record: Record) -> str:
    assert Outcome.INTERFERED is record.outcome, (record.outcome, record.reason)
    return record.reason


@pytest.mark.attack("neighbours", "somebody runs a program in the container (exec)")
def test_a_program_that_somebody_runs_in_it_is_seen(
    meanwhile: Meanwhile, left: Leftovers, says: Says
) -> None:
    said = interfered(meanwhile(run_in))
    assert "somebody ran a program in the container" == said
    assert [] == left.found()
    says(f"interfered: {said}")


@pytest.mark.attack("neighbours", "somebody pauses the container and lets it go on")
def test_a_pause_is_seen(meanwhile: Meanwhile, says: Says) -> None:
    said = interfered(meanwhile(pause_and_go_on))
    assert "somebody paused the container" == said
    says(f"interfered: {said}")


@pytest.mark.attack("neighbours", "somebody connects to the input and output of the container")
def test_a_second_connection_is_seen(meanwhile: Meanwhile, says: Says) -> None:
    said = interfered(meanwhile(attach))
    assert "somebody connected to the container's input and output" == said
    says(f"interfered: {said}")


@pytest.mark.attack("neighbours", "somebody changes its processor quota (docker update)")
def test_changed_limits_are_seen_where_the_engine_tells(
    trying: Trying, meanwhile: Meanwhile, says: Says
) -> None:
    if trying.engine.name == PODMAN.engine:
        pytest.skip("Podman 4.3 changes no limits through its API, and tells of none")
    said = interfered(
        meanwhile(lambda client, name: client.update_container(name, cpu_quota=50000))
    )
    assert "somebody changed the limits of the container" == said
    says(f"interfered: {said}")


@pytest.mark.attack("neighbours", "somebody renames the container")
def test_what_changes_no_answer_is_written_down_and_harms_nothing(
    meanwhile: Meanwhile, says: Says
) -> None:
    record = meanwhile(lambda client, name: client.rename(name, f"renamed-{name[:12]}"))
    assert (Outcome.OK, "it was renamed") == (record.outcome, record.observed.get(NEIGHBOURS))
    says(f"ok, and observed with the answer: {record.observed[NEIGHBOURS]}")


def test_an_undisturbed_container_is_said_nothing_of(trying: Trying, plain: str) -> None:
    record = trying.ask(plain)["answers"]
    assert Outcome.OK is record.outcome
    assert NEIGHBOURS not in record.observed


@pytest.mark.attack("quota", "a container with half a processor, one of two in its set, 300 MiB")
def test_quota_set_and_memory_are_facts(trying: Trying, plain: str, says: Says) -> None:
    told = limits_in(
        trying, plain, cpu_period=100000, cpu_quota=50000, cpuset_cpus="0", mem_limit=300 << 20
    )
    assert 0.5 == told["limits.cpu_quota"]
    assert ("0", 1) == (told["limits.cpu_set"], told["limits.cpus_usable"])
    assert 300 << 20 == told["limits.memory_bytes"]
    assert trying.engine.cores == told["limits.cpus_visible"]
    says(", ".join(f"{name} = {value}" for name, value in sorted(told.items())))


def limits_in(trying: Trying, image: str, **limits: Any) -> dict[str, Any]:
    """What the probe reports in a container with these limits."""
    client = trying.client
    source = f"{LIMITS.source}\nimport json\nprint(json.dumps(probe({{}})))"
    container = client.create_container(
        image,
        entrypoint=[trying.python, "-c", source],
        command=[],
        host_config=client.create_host_config(network_mode="none", **limits),
    )["Id"]
    try:
        client.start(container)
        assert 0 == client.wait(container)["StatusCode"], client.logs(container)
        told: dict[str, Any] = json.loads(client.logs(container))
        return told
    finally:
        client.remove_container(container, force=True)


@pytest.mark.attack("quota", "an image pins every interpreter to one processor (sitecustomize)")
def test_an_image_that_pins_itself_to_one_processor_is_told(trying: Trying, says: Says) -> None:
    if trying.engine.cores < 2:
        pytest.skip("there is one processor here: nothing to be pinned to")
    image = trying.image({"pins/sitecustomize.py": PINS}, "ENV PYTHONPATH=/pins")
    facts = trying.ask(image, LIMITS)["limits"].facts
    assert (1, trying.engine.cores) == (facts["limits.cpus_usable"], facts["limits.cpus_visible"])
    says(
        f"limits.cpus_usable = {facts['limits.cpus_usable']}, limits.cpus_visible = "
        f"{facts['limits.cpus_visible']}; no time is compared with that of a cell that may use two"
    )


SLOWS = """import time
real, began = time.perf_counter, time.perf_counter()
time.perf_counter = lambda: began + (real() - began) / 10
time.time = time.perf_counter
"""
TIMED = """import time
PROBE = {"question": "?", "natures": [["timed.*_seconds", "timing"]]}
def probe(settings):
    began = time.perf_counter()
    time.sleep(4)
    return {"timed.total_seconds": time.perf_counter() - began}
"""


@pytest.mark.attack("clock", "an image slows every clock of its interpreters to a tenth")
def test_an_image_that_slows_its_clocks_fails(trying: Trying, says: Says) -> None:
    image = trying.image({"slow/sitecustomize.py": SLOWS}, "ENV PYTHONPATH=/slow")
    timed = replace(
        probe("timed", TIMED), natures=(("timed.*_seconds", Nature.TIMING),), timeout_s=60.0
    )
    records = trying.ask(image, ANSWERS, timed)
    cell = Cell(id="x", image=image, level=Level.L0)
    run = Run(
        id=records["timed"].run,
        started="2026-11-28T00:00:00Z",
        engine=trying.engine.describe(),
        host=trying.engine.host(),
        cells=(cell,),
        probes=(ANSWERS, timed),
        pairs=(("x", "answers"), ("x", "timed")),
    )
    said = "; ".join(one.title for one in judge(run, list(records.values())).findings)
    assert "contradicted: its clock is wrong: timed.total_seconds gives" in said
    says(f"fail: {re.sub('[0-9.]+ m?s', '... s', said)}")


@pytest.mark.attack("quota", "the harness itself is bound to one processor (taskset)")
def test_the_cores_of_the_report_are_those_of_the_containers(
    trying: Trying, plain: str, says: Says
) -> None:
    before = os.sched_getaffinity(0)
    if len(before) < 2:
        pytest.skip("there is one processor here: nothing to be bound to")
    os.sched_setaffinity(0, {min(before)})
    try:
        cores = trying.engine.host().cores
        facts = trying.ask(plain, LIMITS)["limits"].facts
    finally:
        os.sched_setaffinity(0, before)
    pins = trying.engine.client.info().get("CPUSet") is True
    assert (1 if pins else len(before)) == cores
    assert cores == facts["limits.cpus_usable"]
    says("the cores of the report are those that the containers have, pinned or not")

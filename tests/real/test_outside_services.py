"""Started containers asked from outside, on every engine: promises that are kept, and each thing
that goes wrong, which is reported without waiting forever."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.engines.oci import LABEL
from harness.engines.oci.capabilities import PODMAN
from harness.model import Outcome, Probe, Profile, Record
from harness.probing.probe import load_probe
from harness.promises import (
    Check,
    CodeCell,
    Followed,
    Notebook,
    OtherCommand,
    Promise,
    Ready,
    Served,
    SharedFolder,
)
from tests.real.elsewhere_listening import listening_elsewhere, why_not
from tests.real.trying import Trying, probe

ROOT = Path(__file__).resolve().parents[2]
SERVICE = Path(__file__).with_name("service_in_image.py")
PORT = 5000
SQUARE = Check(
    method="POST",
    path="/predict",
    body='{"number":3}',
    content_type="application/json",
    answers='{"square":9}',
    times=10,
)
NONSENSE = Check(method="POST", path="/predict", body="x", status="4xx", name="nonsense")
PATIENTLY = Ready(within_s=120.0)
NOT_LONG = Ready(within_s=10.0)
"""For containers that never become ready; long enough for the program to start on a busy
machine."""
WRITABLE = Profile(name="relaxed", writable=True, relaxations=("writable=true",))


def standard(name: str) -> Probe:
    return load_probe(ROOT / "probes" / f"{name}.py")


def command(*words: str) -> tuple[str, ...]:
    return ("{interpreter}", "/srv/service.py", *words)


def serving(kind: str, *checks: Check, ready: Ready = PATIENTLY) -> Promise:
    return Promise(command=command(kind), serves=(Served(port=PORT, ready=ready, checks=checks),))


@pytest.fixture(scope="module")
def image(trying: Trying) -> str:
    """An image with every service of these tests; its metadata declares what most tests promise."""
    return trying.image(
        {"srv/service.py": SERVICE.read_text("utf-8")},
        f"EXPOSE {PORT}",
        'CMD ["/nobody"]',
        "RUN mkdir -m 777 /src /open && useradd -u 1000 keras || true",
    )


@pytest.fixture(autouse=True)
def _nothing_is_left(trying: Trying) -> Iterator[None]:
    yield
    ours = {"label": f"{LABEL}.pass"}
    assert [] == trying.client.containers(all=True, filters=ours)
    assert [] == trying.client.networks(filters=ours)
    assert [] == (trying.client.volumes(filters=ours)["Volumes"] or [])


@pytest.fixture(autouse=True)
def _docker_alone(trying: Trying, request: pytest.FixtureRequest) -> None:
    if trying.engine.name == PODMAN.engine and "podman" not in request.node.originalname:
        pytest.skip("podman has no bridge without a way out: it is host-incompatible there")


def ask(trying: Trying, image: str, name: str, promise: Promise, **more: object) -> Record:
    (record,) = trying.ask(image, standard(name), promise=promise, **more).values()  # type: ignore[arg-type]
    return record


def broken(record: Record) -> str:
    assert Outcome.OK is record.outcome, f"{record.reason} {record.raised}"
    told = record.facts[f"{record.probe}.broken"]
    assert isinstance(told, tuple)
    return "\n".join(str(one) for one in told)


def test_a_service_that_keeps_its_promise_is_asked_under_named_relaxations(
    trying: Trying, image: str
) -> None:
    record = ask(trying, image, "http", serving("squares", SQUARE, NONSENSE))
    assert "" == broken(record)
    assert ("200", "400") == record.facts[f"http.{PORT}.statuses"]
    assert 11 == record.facts[f"http.{PORT}.requests"]
    assert f"127.0.0.1 of the host publishes {PORT}" in " ".join(record.profile.relaxations)


def test_podman_is_host_incompatible_and_says_why(trying: Trying, image: str) -> None:
    if trying.engine.name != PODMAN.engine:
        pytest.skip("this is about podman")
    record = ask(trying, image, "http", serving("squares"))
    assert Outcome.HOST_INCOMPATIBLE is record.outcome
    assert "lets nothing out" in record.reason


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("never", "not ready within 10 s: it ended the connection without an answer; nothing in "),
        ("local", "inside it is served on 127.0.0.1 alone, which nobody outside reaches"),
        ("elsewhere", "nothing in the container listens on it; something does on 8080"),
        ("dies", "the container ended (exit status 3); it printed last: no licence file"),
        ("broken", "not ready within 10 s: it answers 500 to GET /"),
        ("slow", "not ready within 10 s: it gave no whole answer within"),
    ],
)
def test_a_service_that_is_not_ready_is_told_with_what_keeps_it(
    trying: Trying, image: str, kind: str, said: str
) -> None:
    record = ask(trying, image, "http", serving(kind, SQUARE, ready=NOT_LONG))
    told = broken(record)
    assert told.startswith(f"port {PORT}: ")
    assert said in told
    assert record.facts[f"http.{PORT}.is_ready"] is False


def test_a_service_that_bad_input_ends_lives_no_more(trying: Trying, image: str) -> None:
    told = broken(ask(trying, image, "http", serving("fragile", NONSENSE, SQUARE)))
    assert f"port {PORT}, after nonsense: the service no longer answers" in told


def test_an_answer_without_end_is_bounded(trying: Trying, image: str) -> None:
    check = Check(contains="y", within_s=20.0)
    told = broken(ask(trying, image, "http", serving("huge", check, ready=PATIENTLY)))
    assert "the answer is longer than the 1048576 bytes that are read of it" in told


def test_a_large_body_is_refused_and_the_service_lives(trying: Trying, image: str) -> None:
    large = Check(method="POST", path="/predict", filler=50 * 1024**2, status="4xx", within_s=60.0)
    assert "" == broken(ask(trying, image, "http", serving("squares", large, SQUARE)))


def attempts_on(trying: Trying, image: str, network: str) -> str:
    """The results of connections from inside a container on a network of the engine."""
    code = "import sys; sys.path.insert(0, '/srv'); import service; print(service.attempts())"
    container = trying.client.create_container(
        image,
        [trying.python, "-c", code],
        host_config=trying.client.create_host_config(network_mode=network),
    )["Id"]
    try:
        trying.client.start(container)
        trying.client.wait(container, timeout=60)
        return str(trying.client.logs(container).decode())
    finally:
        trying.client.remove_container(container, force=True)


def test_nothing_gets_out_of_a_container_that_serves(trying: Trying, image: str) -> None:
    """The service itself tries to connect, to a listener that a container on an ordinary bridge
    does reach."""
    if why := why_not():
        pytest.skip(why)
    ordinary = trying.client.create_network("harness-tests-ordinary", driver="bridge")["Id"]
    try:
        with listening_elsewhere():
            assert "'elsewhere': 'connected'" in attempts_on(trying, image, ordinary), "the control"
            out = Check(path="/out", within_s=60.0, keep=True)
            ready = Ready(within_s=30.0)
            record = ask(trying, image, "http", serving("squares", out, ready=ready))
    finally:
        trying.client.remove_network(ordinary)
    assert "" == broken(record)
    told = str(record.facts[f"http.{PORT}.answer.GET__out"])
    assert '"elsewhere": "nothing came back"' in told
    assert '"internet": "connected"' not in told
    assert '"names": "unresolved"' in told


def test_ports_are_published_on_loopback_alone(trying: Trying, image: str) -> None:
    peek = probe(
        "peek",
        "import os\n"
        "def probe(settings):\n"
        "    from harness.outside.cell import here\n"
        "    cell = here(settings)\n"
        "    with cell.engine() as client:\n"
        "        found = client.inspect_container(cell.standing.container)\n"
        "    host = found['HostConfig']\n"
        "    ports = found['NetworkSettings']['Ports']\n"
        "    return {'peek.ip': [one['HostIp'] for each in ports.values() for one in each or ()],\n"
        "            'peek.caps': host['CapDrop'], 'peek.read_only': host['ReadonlyRootfs'],\n"
        "            'peek.user': found['Config']['User'], 'peek.memory': host['Memory'],\n"
        "            'peek.mine': sorted(found['Config']['Labels'])}\n",
        timeout_s=300.0,
    )
    peek = replace(peek, where="outside")
    (record,) = trying.ask(image, peek, promise=serving("squares")).values()
    assert Outcome.OK is record.outcome, record.raised
    assert ("127.0.0.1",) == record.facts["peek.ip"]
    assert (("ALL",), True, "65534:65534") == (
        record.facts["peek.caps"],
        record.facts["peek.read_only"],
        record.facts["peek.user"],
    )
    assert Profile().memory_bytes == record.facts["peek.memory"]
    labels = record.facts["peek.mine"]
    assert isinstance(labels, tuple)
    assert {f"{LABEL}.owner", f"{LABEL}.name", f"{LABEL}.run"} <= set(labels)


def test_a_container_that_is_deaf_to_its_signal_is_ended_and_told(
    trying: Trying, image: str
) -> None:
    promise = replace(serving("deaf"), stops_within_s=1.5)
    record = ask(trying, image, "command", promise)
    assert "its own command: it still runs 1.5 s after SIGTERM" in broken(record)
    assert "ignores signals that it does not handle" in broken(record)
    assert record.facts["command.stops"] is False


def test_a_shell_in_between_is_named(trying: Trying, image: str) -> None:
    line = f"{trying.python} /srv/service.py squares; true"
    promise = replace(serving("squares"), command=("sh", "-c", line), stops_within_s=1.5)
    assert "its first process is a shell" in broken(ask(trying, image, "command", promise))


def test_a_container_stops_in_time_and_other_commands_work(trying: Trying, image: str) -> None:
    promise = replace(
        serving("squares"),
        stops_within_s=60.0,
        runs=(
            OtherCommand(command=("sh", "-c", "echo works; exit 3"), exits=3, prints="works"),
            OtherCommand(command=("sh", "-c", "echo no >&2; exit 1")),
            OtherCommand(command=("/not/there",)),
            OtherCommand(command=("sleep", "600"), within_s=0.5),
        ),
    )
    record = ask(trying, image, "command", promise)
    told = broken(record).split("\n")
    assert 3 == len(told), told
    assert "`sh -c echo no >&2; exit 1`: exit status 1, but 0 was promised; " in told[0]
    assert told[0].endswith("it printed last: no")
    assert told[1].startswith("`/not/there`: it cannot be started: ")
    assert "`sleep 600`: it still runs after 0.5 s" == told[2]
    assert (True, 0) == (record.facts["command.stops"], record.facts["command.stop_exit"])
    assert 3 == record.facts["command.1.exit"]


@pytest.mark.parametrize(
    ("user", "owner", "said"),
    [
        ("1000", "1000", ""),
        ("1000", "", ""),
        ("", "65534", ""),
        ("1000", "0", "/src: what is written inside belongs to user 1000, but 0 was promised"),
    ],
)
def test_a_shared_folder_makes_the_round_trip_and_says_whose_files_are(
    trying: Trying, image: str, user: str, owner: str, said: str
) -> None:
    promise = Promise(user=user, shares=(SharedFolder(path="/src", owner=owner),))
    record = ask(trying, image, "volume", promise)
    assert said == broken(record)
    assert record.facts["volume.1.persists"] is True


def test_a_folder_that_its_user_may_not_write_is_told(trying: Trying, image: str) -> None:
    promise = Promise(shares=(SharedFolder(path="/srv"),))
    record = ask(trying, image, "volume", promise)
    assert "/srv: it cannot be written inside" in broken(record)
    assert record.facts["volume.1.written_inside"] is False


def following(
    kind: str, path: str = "/src/train.log", within_s: float = 120.0, **more: object
) -> Promise:
    log = Followed(file=path, numbers=r"error: ([0-9.]+)", within_s=within_s, **more)  # type: ignore[arg-type]
    shares = (SharedFolder(path="/src"),)
    return Promise(command=command(kind, path), logs=(log,), shares=shares)


def test_a_log_grows_says_what_is_printed_and_is_there_in_the_end(
    trying: Trying, image: str
) -> None:
    record = ask(trying, image, "logs", following("trains", ends=True, contains="step 9"))
    assert "" == broken(record)
    assert record.facts["logs.1.grows"] is True
    assert "65534:65534" == record.facts["logs.1.owner"]


@pytest.mark.parametrize(
    ("kind", "path", "said"),
    [
        ("stalls", "/src/train.log", "it stopped growing: 20 bytes for 10 s"),
        ("lies", "/src/train.log", "number 8 is 0.125, and 0.225 on standard output"),
        ("never", "/src/train.log", "it does not appear: nothing is in it after 10 s"),
        ("trains", "/open/train.log", "the root file system is read-only"),
        ("dies", "/src/train.log", "the container ended (exit status 3)"),
    ],
)
def test_a_log_that_cannot_be_followed_is_told(
    trying: Trying, image: str, kind: str, path: str, said: str
) -> None:
    record = ask(trying, image, "logs", following(kind, path, 10.0, ends=kind == "lies"))
    assert said in broken(record)


def test_standard_output_can_be_followed_too(trying: Trying, image: str) -> None:
    log = Followed(contains="step 9", within_s=120.0, ends=True)
    promise = Promise(command=command("trains", "/open/log"), logs=(log,))
    assert "" == broken(ask(trying, image, "logs", promise, profile=WRITABLE))


def test_a_notebook_runs_code_in_its_kernel(trying: Trying, image: str) -> None:
    cells = (CodeCell(code="print(6 * 7)", prints="ran print"),)
    ready = Ready(path="/api", within_s=120.0)
    served = Served(port=PORT, ready=ready, notebook=Notebook(cells=cells))
    promise = Promise(command=command("notebook"), serves=(served,))
    record = ask(trying, image, "notebook", promise)
    assert "" == broken(record)
    assert record.facts[f"notebook.{PORT}.url_works"] is True


def test_metadata_is_compared_with_the_promise(trying: Trying, image: str) -> None:
    promise = Promise(serves=(Served(port=5001),), user="keras")
    record = ask(trying, image, "metadata", promise)
    assert (
        "the image exposes port 5000, and the cell does not promise to serve it",
        "the cell promises to serve port 5001, and the image does not expose it",
        "the cell promises the user keras, and the image runs as root",
    ) == record.facts["metadata.differs"]


def test_a_program_that_cannot_be_started_is_told(trying: Trying, image: str) -> None:
    promise = replace(serving("squares"), command=("/not/there",))
    told = broken(ask(trying, image, "http", promise))
    assert told.startswith(f"port {PORT}: the container cannot be started: ")
    assert "/not/there" in told

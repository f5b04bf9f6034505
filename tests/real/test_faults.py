"""Faults of the engine and of the host, on an engine of the tests' own; what happened is told."""

from __future__ import annotations

import gc
import hashlib
import http.server
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from harness.engines.oci.connection import connect
from harness.errors import EngineError
from harness.model import Outcome
from harness.store.store import Store
from tests.real.commandline import PROGRAM, Place, wait_until
from tests.real.home_made import SLOW, HomeMade
from tests.real.leftovers import Leftovers
from tests.real.own_network import within
from tests.real.private_engine import PrivateEngine
from tests.real.suites import small_suite

Told = Callable[[str], None]
WAITS = """
import time

PROBE = {"question": "?", "settings": {"seconds": 0.0}, "timeout_s": 20}


def probe(settings):
    time.sleep(settings["seconds"])
    return {"waits.done": True}
"""

EARLY = """
PROBE = {"question": "?", "order": 1}


def probe(settings):
    return {"early.done": True}
"""


@pytest.fixture
def there(private: PrivateEngine, tmp_path: Path) -> Place:
    """A fresh place whose engine is the private one, which runs."""
    if private.process is None or private.process.poll() is not None:
        private.start()
    return Place(folder=tmp_path, extra={"DOCKER_HOST": private.url})


@pytest.fixture
def behind(private: PrivateEngine) -> Iterator[None]:
    """After the test, and the next start, nothing is left."""
    if private.process is None or private.process.poll() is not None:
        private.start()
    with private.client() as client:
        left = Leftovers.since_now(client)
        before = left.before
    yield
    if private.process is None or private.process.poll() is not None:
        private.start()
    with tempfile.TemporaryDirectory() as folder, private.client() as client:
        place = Place(folder=Path(folder), extra={"DOCKER_HOST": private.url})
        place.harness("clean", "--engine", "docker")
        assert [] == Leftovers(client=client, before=before).found()


@pytest.fixture
def waiting(home_made_base: str, tmp_path: Path) -> Path:
    """A suite of two cells, the second of which is being probed for a while."""
    return waiting_suite(tmp_path / "suite", home_made_base, seconds=15)


def waiting_suite(
    folder: Path, image: str, *, seconds: float, probes: Sequence[str] = ("waits",)
) -> Path:
    cells = [
        {"id": "brief", "image": image, "interpreter": "python2.7", "level": "L0"},
        {
            "id": "long",
            "image": image,
            "interpreter": "python2.7",
            "level": "L0",
            "settings": {"waits": {"seconds": seconds}},
        },
    ]
    suite = small_suite(folder, *cells, probes=list(probes))
    (folder / "probes").mkdir(exist_ok=True)
    (folder / "probes" / "waits.py").write_text(WAITS, "ascii")
    return suite


def probing(place: Place, url: str, cell: str = "long") -> Callable[[], bool]:
    """Whether that cell's container runs."""

    def look() -> bool:
        client = connect_to(url)
        try:
            labels = [f"harness.cell={cell}", "harness.kind=probe"]
            found = client.containers(filters={"label": labels})
            return any(each["State"] == "running" for each in found)
        finally:
            client.close()

    return look


def answering(url: str) -> Callable[[], bool]:
    """Whether the long cell's container has given a whole answer."""

    def look() -> bool:
        client = connect_to(url)
        try:
            labels = ["harness.cell=long", "harness.kind=probe"]
            found = client.containers(filters={"label": labels})
            return any(b"early.done" in client.logs(each["Id"]) for each in found)
        finally:
            client.close()

    return look


def connect_to(url: str) -> APIClient:
    return APIClient(base_url=url, version="auto", timeout=30)


def outcomes(place: Place) -> dict[str, Outcome]:
    """What each cell's one probe ended in; a key is recorded at most once."""
    run, records = place.recorded()
    assert len({one.key for one in records}) == len(records) <= len(run.planned())
    return {one.cell: one.outcome for one in records}


def last_words(process: subprocess.Popen[str], place: Place) -> tuple[int, str]:
    """The exit status, and everything that was said."""
    out, _ = process.communicate(timeout=180)
    status = process.returncode
    return status if status >= 0 else 128 - status, out + place.told()


# --- the engine dies, hangs, loses its containerd ---------------------------------------------


@pytest.mark.fault(1, "dockerd killed in a probe")
def test_the_engine_killed_in_a_probe_is_no_fault_of_the_cell(
    there: Place, private: PrivateEngine, waiting: Path, behind: None, happened: Told
) -> None:
    with there.started("run", "--suite", str(waiting)) as process:
        wait_until(probing(there, private.url), process, "the long probe")
        private.send(signal.SIGKILL)
        status, _ = last_words(process, there)
    assert 4 == status
    assert {"brief": Outcome.OK, "long": Outcome.ENGINE_GONE} == outcomes(there)
    _, records = there.recorded()
    happened(f"exit status 4; brief ok, long engine-gone: {records[-1].reason}")


def test_a_run_whose_engine_was_killed_is_taken_on_and_keeps_what_was_lost(
    there: Place, private: PrivateEngine, home_made_base: str, behind: None
) -> None:
    suite = waiting_suite(
        there.folder / "suite", home_made_base, seconds=15, probes=("early", "waits")
    )
    (suite / "probes" / "early.py").write_text(EARLY, "ascii")
    with there.started("run", "--suite", str(suite)) as process:
        wait_until(probing(there, private.url), process, "the long probe")
        wait_until(answering(private.url), process, "the early probe's answer")
        private.send(signal.SIGKILL)
        status, said = last_words(process, there)
    assert 4 == status, said
    run, lost = there.recorded()
    assert {("brief", Outcome.OK), ("long", Outcome.ENGINE_GONE)} == {
        (one.cell, one.outcome) for one in lost
    }

    private.start()
    taken_on = there.harness("run", "--suite", str(suite), "--resume", run.id)

    finished, records = there.recorded()
    assert (run.id, "complete") == (finished.id, finished.state)
    assert {Outcome.OK} == {one.outcome for one in records}
    assert lost[:2] == records[:2]
    with Store(there.store_path, readonly=True) as store:
        attempts = store.attempts(run.id)
    assert {
        ("early", Outcome.OK),
        ("early", Outcome.ENGINE_GONE),
        ("waits", Outcome.ENGINE_GONE),
    } == {(one.record.probe, one.record.outcome) for one in attempts}
    assert {True} == {
        one.record.facts["early.done"] for one in attempts if one.record.outcome is Outcome.OK
    }
    (notice,) = [one for one in there.report()["notices"] if "infrastructure ended" in one]
    assert "long: infrastructure ended an attempt in round 1 (engine-gone: " in notice
    report = there.folder / "reports" / run.id / "report.md"
    for shown in (taken_on.out, report.read_text("utf-8")):
        assert "infrastructure ended an attempt" in " ".join(shown.split())

    there.harness("export", run.id, "run.jsonl")
    other = Place(folder=there.folder / "other", extra=there.extra)
    other.folder.mkdir()
    other.harness("import", str(there.folder / "run.jsonl"))
    with Store(other.store_path, readonly=True) as store:
        assert attempts == store.attempts(run.id)
        assert records == store.records(run.id)


@pytest.mark.fault(2, "dockerd killed in a build")
def test_the_engine_killed_in_a_build_is_no_fault_of_the_cell(
    there: Place, private: PrivateEngine, home_made: HomeMade, behind: None, happened: Told
) -> None:
    suite = home_made.suite(there.folder / "suite", SLOW)
    log = there.folder / "reports" / "logs" / f"{SLOW}.log"
    with there.started("run", "--suite", str(suite)) as process:
        wait_until(lambda: log.exists() and "$ " in log.read_text(), process, "the installation")
        private.send(signal.SIGKILL)
        status, said = last_words(process, there)
    assert 4 == status, said
    assert {SLOW: Outcome.ENGINE_GONE} == outcomes(there)
    happened(f"exit status 4; engine-gone: {there.recorded()[1][0].reason}")


@pytest.mark.fault(2, "dockerd killed in a pull")
def test_the_engine_killed_in_a_pull_is_no_fault_of_the_cell(
    there: Place, private: PrivateEngine, behind: None, happened: Told
) -> None:
    assert private.process is not None, "it was started"
    with stalling_registry(private.process.pid) as (name, asked):
        row = {"id": "pulled", "image": f"{name}/slow:1", "level": "L0"}
        suite = small_suite(there.folder / "suite", row)
        with there.started("run", "--suite", str(suite), "--probe", "python") as process:
            wait_until(asked.is_set, process, "the layer's download")
            private.send(signal.SIGKILL)
            status, said = last_words(process, there)
    assert 4 == status, said
    assert {"pulled"} == set(outcomes(there))
    assert outcomes(there)["pulled"] in (Outcome.ENGINE_GONE, Outcome.PULL_FAILED)
    _, (record,) = there.recorded()
    happened(f"exit status 4; {record.outcome}: {record.reason}")


@pytest.mark.fault(4, "dockerd stopped for five seconds in a probe, then continued")
def test_an_engine_that_stands_still_for_a_while_loses_nothing(
    there: Place, private: PrivateEngine, home_made_base: str, behind: None, happened: Told
) -> None:
    suite = waiting_suite(there.folder / "suite", home_made_base, seconds=4)
    with there.started("run", "--suite", str(suite)) as process:
        wait_until(probing(there, private.url), process, "the long probe")
        private.send(signal.SIGSTOP)
        time.sleep(5)
        private.send(signal.SIGCONT)
        status, said = last_words(process, there)
    assert {"brief": Outcome.OK, "long": Outcome.OK} == outcomes(there), said
    assert 0 == status
    happened("every record is there, as if nothing had been")


@pytest.mark.fault(5, "containerd killed in a probe")
def test_a_containerd_that_is_killed_is_no_fault_of_the_cell(
    there: Place, private: PrivateEngine, home_made_base: str, behind: None, happened: Told
) -> None:
    suite = waiting_suite(there.folder / "suite", home_made_base, seconds=4)
    with there.started("run", "--suite", str(suite)) as process:
        wait_until(probing(there, private.url), process, "the long probe")
        subprocess.run(["kill", "-KILL", str(private.containerd())], check=True)
        status, said = last_words(process, there)
    found = outcomes(there)
    assert Outcome.OK is found["brief"]
    assert found["long"] in (Outcome.OK, Outcome.ENGINE_GONE, Outcome.INTERFERED), said
    happened(f"exit status {status}; long ends in {found['long']}")


@contextmanager
def stalling_registry(neighbour: int) -> Iterator[tuple[str, threading.Event]]:
    """A registry on a process's loopback that begins to send a layer, and never ends."""
    asked, over = threading.Event(), threading.Event()
    layer = "sha256:" + "a" * 64
    config = (
        b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["'
        + layer.encode()
        + b'"]}}'
    )

    class Registry(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/v2/":
                self._send(b"{}", "application/json")
            elif "/manifests/" in self.path:
                kind = "application/vnd.docker.distribution.manifest.v2+json"
                self._send(MANIFEST, kind)
            elif layer in self.path:
                self.send_response(200)
                self.send_header("Content-Length", "100000000")
                self.end_headers()
                self.wfile.write(b"x" * 1000)
                self.wfile.flush()
                asked.set()
                over.wait(120)
            else:
                self._send(config, "application/octet-stream")

        do_HEAD = do_GET  # noqa: N815

        def _send(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    parts = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "digest": "sha256:" + hashlib.sha256(config).hexdigest(),
            "size": len(config),
        },
        "layers": [
            {
                "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                "digest": layer,
                "size": 100000000,
            }
        ],
    }
    MANIFEST = json.dumps(parts).encode()  # noqa: N806
    server = within(neighbour, lambda: http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        over.set()
        server.shutdown()
        server.server_close()


# --- no engine, or something that is none -------------------------------------------------------


@contextmanager
def fake_engine(folder: Path, answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """A socket at which something answers that is no engine."""
    path = folder / "s"
    over = threading.Event()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        server.settimeout(0.2)

        def serve() -> None:
            while not over.is_set():
                try:
                    client, _ = server.accept()
                except TimeoutError:
                    continue
                with client, suppress(OSError):  # Who asked may have gone.
                    answer(client)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            over.set()
            thread.join()


def saying(text: bytes) -> Callable[[socket.socket], object]:
    def answer(client: socket.socket) -> None:
        client.settimeout(30)
        client.recv(65536)
        client.sendall(text)

    return answer


def json_answer(status: str, body: str) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.fault(7, "no socket there")
def test_without_a_socket_the_place_is_named(tmp_path: Path, happened: Told) -> None:
    place = Place(folder=tmp_path, extra={"DOCKER_HOST": f"unix://{tmp_path}/none"})
    said = place.harness(
        "run", "--suite", "standard", "--engine", "docker", "--probe", "python", status=4
    ).err
    assert f"no container engine answers at unix://{tmp_path}/none" in said
    assert "No such file" in said
    assert "--engine host" in said
    happened("exit status 4: no container engine answers at ...: No such file or directory")


@pytest.mark.fault(7, "a socket nobody listens at")
def test_a_dead_socket_is_told_from_a_missing_one(tmp_path: Path, happened: Told) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "dead"))
    place = Place(folder=tmp_path, extra={"DOCKER_HOST": f"unix://{tmp_path}/dead"})
    said = place.harness(
        "run", "--suite", "standard", "--engine", "docker", "--probe", "python", status=4
    ).err
    assert "Connection refused" in said
    happened("exit status 4: no container engine answers at ...: Connection refused")


@pytest.mark.fault(7, "a socket that is not ours to use")
def test_a_forbidden_socket_is_told_from_a_missing_one(
    monkeypatch: pytest.MonkeyPatch, happened: Told
) -> None:
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    with socket.socket(socket.AF_UNIX) as server, tempfile.TemporaryDirectory() as name:
        server.bind(f"{name}/s")
        server.listen()
        Path(name).chmod(0o755)
        Path(name, "s").chmod(0o600)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{name}/s")
        os.seteuid(65534)
        try:
            said = refused()
        finally:
            os.seteuid(0)
    assert "Permission denied" in said
    happened("no container engine answers at ...: Permission denied")


MIN = "Minimum supported API version is 1.99"


def refused() -> str:
    """What is said of something that is no engine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # docker-py's, of what it could not read
        with pytest.raises(EngineError) as caught:
            connect(timeout_s=2).close()
        gc.collect()
    return str(caught.value)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        pytest.param(
            "timed out",
            lambda client: time.sleep(3),
            marks=pytest.mark.fault(8, "a socket that takes everything and never answers"),
            id="deaf",
        ),
        pytest.param(
            "",
            saying(b"\x00\xff SSH-2.0-garbage\r\n\r\n"),
            marks=pytest.mark.fault(9, "a socket that answers garbage"),
            id="garbage",
        ),
        pytest.param(
            "",
            saying(json_answer("200 OK", '{"ApiVersion": "1.41", "Comp')),
            marks=pytest.mark.fault(9, "an answer that ends in the middle"),
            id="truncated",
        ),
        pytest.param(
            "API versions below 1.24 are no longer supported",
            saying(json_answer("200 OK", '{"ApiVersion": "1.12", "MinAPIVersion": "1.12"}')),
            marks=pytest.mark.fault(10, "an engine whose API ends at 1.12"),
            id="too old",
        ),
        pytest.param(
            MIN,
            saying(json_answer("400 Bad Request", json.dumps({"message": f"too old. {MIN}"}))),
            marks=pytest.mark.fault(10, "an engine whose API begins at 1.99"),
            id="too new",
        ),
    ],
)
def test_what_is_no_engine_for_us_is_told_with_its_place(
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    answer: Callable[[socket.socket], object],
    happened: Told,
) -> None:
    with tempfile.TemporaryDirectory() as name, fake_engine(Path(name), answer) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        said = refused()
    assert url in said
    assert words in said
    assert "help:" in said
    happened(said.splitlines()[0].replace(url, "..."))


def test_an_engine_that_lets_nobody_in_is_none_though_it_tells_its_api(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = b'{"message": "authorization denied by plugin"}'
    head = f"HTTP/1.1 403 Forbidden\r\nApi-Version: 1.41\r\nContent-Length: {len(body)}\r\n"
    answer = saying(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
    with tempfile.TemporaryDirectory() as name, fake_engine(Path(name), answer) as url:
        monkeypatch.setenv("DOCKER_HOST", url)
        assert "authorization denied by plugin" in refused()


# --- room, two at once, signals ------------------------------------------------------------------


@pytest.mark.fault(23, "the disk of the images full in a build")
def test_a_full_disk_of_the_engine_is_infrastructure(
    engine: APIClient,
    home_made: HomeMade,
    home_made_base: str,
    tmp_path: Path,
    happened: Told,
) -> None:
    if os.geteuid():
        pytest.skip("only root can mount a small disk")
    with tempfile.TemporaryDirectory(prefix="eng-", ignore_cleanup_errors=True) as name:
        small = Path(name) / "data"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=420m", "tmpfs", small], check=True)
        private = PrivateEngine(folder=Path(name), data=small)
        try:
            private.start()
            private.give(engine, [home_made_base])
            free = shutil.disk_usage(small).free
            (small / "ballast").write_bytes(bytes(max(0, free - 300_000)))
            place = Place(folder=tmp_path, extra={"DOCKER_HOST": private.url})
            asked = ("run", "--suite", str(home_made.plain(tmp_path / "s")))
            warned = place.harness(*asked, status=4).err
            assert "too little room to build home-plain" in warned
            assert "harness clean --images" in warned
            assert () == place.runs()
            # Who names a budget knows better.
            said = place.harness(*asked, "--disk-budget", "1GiB", status=4)
            assert "the engine's disk may get full" in said.err
            _, (record,) = place.recorded()
            assert Outcome.DISK_FULL is record.outcome, said.text
            assert "no space left on device" in record.reason
            (small / "ballast").unlink()
            place.harness("run", "--suite", str(tmp_path / "s"))
            assert Outcome.OK is place.recorded()[1][0].outcome
        finally:
            private.end()
            subprocess.run(["umount", "--recursive", "--lazy", small], check=False)
    happened(
        "exit status 4 before anything starts; where a budget is named all the same: exit status "
        "4, disk-full; with room again the same run passes"
    )


@pytest.mark.fault(28, "two runs of one suite at once, one store")
def test_two_runs_at_once_are_both_whole(
    there: Place, private: PrivateEngine, home_made_base: str, behind: None, happened: Told
) -> None:
    suite = waiting_suite(there.folder / "suite", home_made_base, seconds=1)
    asked = [PROGRAM, "run", "--suite", str(suite)]
    options: dict[str, Any] = {"cwd": there.folder, "env": there.environment()}
    both = [
        subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=180)[0].decode() for process in both]
    assert [0, 0] == [process.returncode for process in both], said
    runs = there.runs()
    assert 2 == len(runs)
    for run in runs:
        found, records = there.recorded(run)
        assert "complete" == found.state
        assert [Outcome.OK, Outcome.OK] == [one.outcome for one in records]
    happened("two runs in the store, each whole")


@pytest.mark.fault(12, "SIGINT twice in a probe")
def test_a_second_interruption_ends_it_at_once_and_the_next_start_cleans_up(
    there: Place, private: PrivateEngine, waiting: Path, behind: None, happened: Told
) -> None:
    with there.started("run", "--suite", str(waiting)) as process:
        wait_until(probing(there, private.url), process, "the long probe")
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        status, said = last_words(process, there)
    assert 130 == status, said
    assert {"brief": Outcome.OK} == outcomes(there)
    happened("exit status 130; what was recorded is there")


# --- killed at any moment [11] -------------------------------------------------------------------


def killed_at_random(
    place: Place, url: str, suite: Path, kills: int, chance: random.Random
) -> tuple[int, int]:
    """Kill runs at moments of chance, take each on; how many were killed in mid-run, and before
    they had begun."""
    began = time.monotonic()
    place.harness("run", "--suite", str(suite))
    whole = time.monotonic() - began
    begun = early = 0
    for _ in range(kills):
        known = set(place.runs()) if place.store_path.exists() else set()
        with place.started("run", "--suite", str(suite)) as process:
            time.sleep(chance.uniform(0, whole))
            process.kill()
        new = set(place.runs()) - known if place.store_path.exists() else set()
        if not new:
            early += 1
            continue
        (run,) = new
        found, before = place.recorded(run)
        begun += found.state != "complete"
        if found.state != "complete":
            place.harness("run", "--suite", str(suite), "--resume", run)
        finished, after = place.recorded(run)
        assert "complete" == finished.state
        assert len(finished.planned()) == len({one.key for one in after}) == len(after)
        assert {one.key: one for one in before}.items() <= {one.key: one for one in after}.items()
    return begun, early


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(20, marks=pytest.mark.fault(11, "the harness killed at 20 random moments")),
        pytest.param(
            200,
            marks=[
                pytest.mark.long,
                pytest.mark.fault(11, "the harness killed at 200 random moments"),
            ],
        ),
    ],
)
def test_killed_at_any_moment_no_record_is_lost_or_doubled(
    there: Place,
    private: PrivateEngine,
    home_made_base: str,
    behind: None,
    happened: Told,
    kills: int,
) -> None:
    suite = waiting_suite(there.folder / "suite", home_made_base, seconds=0.5)
    begun, early = killed_at_random(there, private.url, suite, kills, random.Random(kills))
    assert begun, "none was hit in mid-run"
    happened(
        f"{begun} were hit in mid-run and taken on, {early} before a run had begun, the others "
        "after their end; no record lost or doubled"
    )

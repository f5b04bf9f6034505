"""Faults of the tests' own engine: killed, stopped, without its containerd."""

from __future__ import annotations

import hashlib
import http.server
import json
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.model import Outcome
from harness.store.store import Store
from tests.real.commandline import Place, wait_until
from tests.real.home_made import SLOW, HomeMade
from tests.real.own_network import within
from tests.real.private_engine import PrivateEngine
from tests.real.suites import small_suite
from tests.real.waiting import EARLY, Told, answering, last_words, outcomes, probing, waiting_suite


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
    """A registry on a process's loopback that begins to send a layer and never finishes."""
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

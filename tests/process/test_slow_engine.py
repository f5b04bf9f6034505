"""An engine that answers late holds what it holds: its image is not asked for in a registry."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingUnixStreamServer
from tempfile import TemporaryDirectory

import pytest

from harness.engines.oci.held import held_images
from harness.probing.guest import describe_host

LATE_S = 0.6
IMAGE = {"Id": f"sha256:{'a' * 64}", "RepoTags": ["own/image:1"]}


class Engine(BaseHTTPRequestHandler):
    """Docker's API as far as one image goes; the short question, which has no version in its path,
    is answered late."""

    def do_GET(self) -> None:
        if self.path.startswith("/images/"):
            time.sleep(LATE_S)
        path = self.path.partition("?")[0].removeprefix("/v1.41")
        known = {
            "/version": {"ApiVersion": "1.41", "Version": "20.10"},
            "/_ping": {},
            "/images/own/image:1/json": IMAGE,
            f"/images/{IMAGE['Id']}/history": [],
        }
        body = json.dumps(known.get(path, {"message": "no such image"})).encode()
        self.send_response(200 if path in known else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        with suppress(BrokenPipeError):
            self.end_headers()
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def address_string(self) -> str:
        return "socket"

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # A socket's path has at most 107 bytes, which a test's own folder may exceed.
    with TemporaryDirectory(prefix="slow-") as folder:
        path = f"{folder}/engine.sock"
        server = ThreadingUnixStreamServer(path, Engine)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
        monkeypatch.setattr(describe_host, "PATIENCE_S", LATE_S / 3)
        yield
        server.shutdown()
        server.server_close()


@pytest.mark.usefixtures("engine")
def test_an_engine_that_answers_late_is_asked_again_with_more_time() -> None:
    (held,) = held_images("own/image:1", "docker")
    assert IMAGE["Id"] == held.inspected["Id"]
    assert [] == list(held_images("own/other:1", "docker"))

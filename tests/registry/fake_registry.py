"""A registry that says whatever a test wants, and remembers what it was asked."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
NAME = "suite/old"


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drop_after: int | None = None
    """Close the connection after so many bytes of the body."""
    pause_s: float = 0.0
    """Between single bytes of the body."""
    length: int | None = None
    """Another Content-Length than the body has."""


Answer = Reply | Callable[["Asked"], Reply]


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


class FakeRegistry:
    """Serves `answers` by path; a list gives its next one at each request, the last for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[Asked] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                fake.serve(self)

            def do_HEAD(self) -> None:
                fake.serve(self)

            def do_POST(self) -> None:
                fake.serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        self.url = f"http://{self.host}"

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers.get("Content-Length") or 0)
        asked = Asked(
            handler.command,
            handler.path,
            {name.lower(): value for name, value in handler.headers.items()},
            handler.rfile.read(size),
        )
        self.asked.append(asked)
        path = handler.path.partition("?")[0]
        waiting = self.answers.get(path) or [Reply(404, b"{}")]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        reply = answer(asked) if callable(answer) else answer
        handler.close_connection = True
        try:
            handler.send_response(reply.status)
            length = len(reply.body) if reply.length is None else reply.length
            for name, value in {"Content-Length": str(length), **reply.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            if asked.method != "HEAD":
                self._send(handler, reply)
        except OSError:
            pass

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        body = reply.body[: reply.drop_after]
        if not reply.pause_s:
            handler.wfile.write(body)
            return
        for at in range(len(body)):
            handler.wfile.write(body[at : at + 1])
            time.sleep(reply.pause_s)

    def on(self, path: str, *answers: Answer) -> None:
        self.answers[path] = list(answers)

    def blob(self, raw: bytes, name: str = NAME) -> str:
        digest = digest_of(raw)
        self.on(f"/v2/{name}/blobs/{digest}", Reply(body=raw))
        return digest

    def manifest(self, tree: object, media_type: str, tag: str = "1", name: str = NAME) -> str:
        raw = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
        digest = digest_of(raw)
        reply = Reply(
            body=raw, headers={"Content-Type": media_type, "Docker-Content-Digest": digest}
        )
        for wanted in (tag, digest):
            self.on(f"/v2/{name}/manifests/{wanted}", reply)
        return digest

    def image(self, config: dict[str, object] | None = None, tag: str = "1") -> str:
        """An image with this configuration; the digest of its manifest."""
        raw = json.dumps(config or {"architecture": "amd64", "os": "linux"}).encode()
        tree = manifest_of(self.blob(raw), len(raw))
        return self.manifest(tree, MANIFEST, tag)

    def reference(self, tag: str = "1") -> str:
        return f"{self.host}/{NAME}:{tag}"

    @property
    def paths(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.asked]

    @property
    def authorizations(self) -> list[str]:
        return [
            one.headers["authorization"] for one in self.asked if "authorization" in one.headers
        ]


@contextmanager
def serving() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    thread = threading.Thread(target=fake.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        fake.server.shutdown()
        fake.server.server_close()
        thread.join()


def digest_of(raw: bytes) -> str:
    return f"sha256:{sha256(raw).hexdigest()}"


def descriptor(digest: str, size: int, media_type: str = LAYER) -> dict[str, object]:
    return {"mediaType": media_type, "size": size, "digest": digest}


def manifest_of(config: str, size: int, layers: int = 1) -> dict[str, object]:
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(config, size, CONFIG),
        "layers": [descriptor(digest_of(b"%d" % one), 1000) for one in range(layers)],
    }


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"

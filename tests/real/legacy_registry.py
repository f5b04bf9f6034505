"""A real registry on this machine (Debian's docker-registry) with images under legacy names: real
layers, with the environment, labels, history and command of images of their time."""

from __future__ import annotations

import hashlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from docker import APIClient

PROGRAM = "docker-registry"
LEGACY = "tensorflow/tensorflow"
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_STARTS_S = 30


def why_no_registry() -> str:
    """Why there can be no registry here; empty if there can."""
    return "" if shutil.which(PROGRAM) else f"{PROGRAM} is not installed (a package of Debian)"


@dataclass(frozen=True, kw_only=True)
class LegacyRegistry:
    """A registry that answers on loopback, without TLS and without a login."""

    address: str
    """Host and port."""
    repository: str = LEGACY

    def name(self, tag: str) -> str:
        """A tag of the repository, as used for pulling."""
        return f"{self.address}/{self.repository}:{tag}"

    def push(self, client: APIClient, image: str, tag: str) -> str:
        """Push an image of the engine under a tag; returns its name, which is removed from the
        engine again."""
        name = self.name(tag)
        client.tag(image, name.rpartition(":")[0], tag)
        try:
            for line in client.push(name, stream=True, decode=True):
                assert "error" not in line, line
        finally:
            client.remove_image(name, noprune=True)
        return name

    def dress(self, tag: str, as_tag: str, config: Mapping[str, Any]) -> str:
        """The layers of a tag under another configuration; returns the new name.

        The environment, labels, command, ports and folder of `config` replace the image's own. The
        steps of its history are marked as having made no layers.
        """
        manifest = json.loads(self._get(f"manifests/{tag}", _MANIFEST))
        own = json.loads(self._get(f"blobs/{manifest['config']['digest']}"))
        steps = [{**step, "empty_layer": True} for step in config["history"]]
        layers = [{"created_by": "layer"} for _ in own["rootfs"]["diff_ids"]]
        dressed = {
            **own,
            "created": config["created"],
            "config": {**own["config"], **config["config"]},
            "history": [*layers, *steps],
        }
        return self._put(dressed, manifest, as_tag)

    def _put(self, config: Mapping[str, Any], manifest: dict[str, Any], tag: str) -> str:
        """Upload a configuration, and a manifest that refers to it."""
        raw = json.dumps(config).encode()
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        place = self._send("POST", f"/v2/{self.repository}/blobs/uploads/")
        self._send("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", raw)
        manifest["config"] |= {"digest": digest, "size": len(raw)}
        body = json.dumps(manifest).encode()
        self._send("PUT", f"/v2/{self.repository}/manifests/{tag}", body, _MANIFEST)
        return self.name(tag)

    def claim(self, tag: str, as_tag: str, architecture: str) -> str:
        """The layers of a tag once more, declared for another architecture; returns the new
        name."""
        manifest = json.loads(self._get(f"manifests/{tag}", _MANIFEST))
        own = json.loads(self._get(f"blobs/{manifest['config']['digest']}"))
        return self._put({**own, "architecture": architecture}, manifest, as_tag)

    def _get(self, what: str, accept: str = "*/*") -> bytes:
        connection = HTTPConnection(self.address, timeout=60)
        try:
            connection.request("GET", f"/v2/{self.repository}/{what}", headers={"Accept": accept})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        assert 200 == answer.status, body
        return body

    def _send(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/octet-stream"
    ) -> str:
        """Send a request; returns the Location header of the answer."""
        path = path.removeprefix(f"http://{self.address}")
        connection = HTTPConnection(self.address, timeout=60)
        try:
            connection.request(method, path, body, {"Content-Type": kind})
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        assert answer.status in (201, 202), said
        return answer.headers["Location"] or ""


@contextmanager
def served(folder: Path) -> Iterator[LegacyRegistry]:
    """A registry that keeps its images in `folder` and is stopped afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": address},
    }
    (folder / "registry.yml").write_text(json.dumps(settings), "utf-8")
    with (
        (folder / "registry.log").open("wb") as log,
        subprocess.Popen(
            [PROGRAM, "serve", str(folder / "registry.yml")], stdout=log, stderr=log
        ) as process,
    ):
        try:
            _wait(address, process)
            yield LegacyRegistry(address=address)
        finally:
            process.terminate()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTS_S
    while True:
        assert process.poll() is None, "the registry ended"
        connection = HTTPConnection(address, timeout=5)
        try:
            connection.request("GET", "/v2/")
            if connection.getresponse().status == 200:
                return
        except ConnectionError:
            assert time.monotonic() < deadline, "the registry does not answer"
            time.sleep(0.1)
        finally:
            connection.close()

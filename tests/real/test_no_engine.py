"""If no engine answers, or something else does, the error names the place and the reason."""

from __future__ import annotations

import gc
import json
import os
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness.engines.oci.connection import connect
from harness.errors import EngineError
from tests.real.commandline import Place
from tests.real.waiting import Told


@contextmanager
def fake_engine(folder: Path, answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """A socket at which something answers that is not an engine."""
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
                with client, suppress(OSError):  # The client may have gone.
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
    """The error about something that is not an engine."""
    with warnings.catch_warnings():
        # docker-py's, about an answer that it could not read
        warnings.simplefilter("ignore", ResourceWarning)
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

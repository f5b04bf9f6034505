"""An engine that is asked for an image and does not have it, or does not answer as engines do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.engines.oci.held import held_images

ABSENT = b'HTTP/1.0 404 Not Found\r\n\r\n{"message": "No such image: own:1"}'


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[list[bytes]]:
    """A socket that gives everybody the same answer; what it was asked."""
    asked: list[bytes] = []
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen()
    server.settimeout(0.1)
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                asked.append(connection.recv(65536))
                connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield asked
    finally:
        done.set()
        thread.join()
        server.close()


@pytest.fixture(autouse=True)
def _no_podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTAINER_HOST", f"unix://{tmp_path}/nobody")


QUESTION = b"GET /images/127.0.0.1:5000/own:1/json HTTP/1.0"


@pytest.mark.parametrize(
    "answer", [ABSENT, b"HTTP/1.0 200 OK\r\n\r\n[1, 2]"], ids=["absent", "a-list"]
)
@pytest.mark.parametrize("engine", ["auto", "docker"])
def test_what_an_engine_does_not_have_is_not_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, engine: str
) -> None:
    path = tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    unanswered: list[str] = []
    with answering(path, answer) as asked:
        assert [] == list(held_images("127.0.0.1:5000/own:1", engine, unanswered.append))
    assert [QUESTION] == [one.split(b"\r\n")[0] for one in asked]
    assert [] == unanswered


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"what?",
        b"HTTP/1.0 200 OK\r\n\r\n{\xff",
        b"HTTP/1.0 500 Oh\r\n\r\n" + b"[" * 100_000,
    ],
    ids=["nothing", "no-http", "no-text", "deep"],
)
@pytest.mark.parametrize("engine", ["auto", "docker"])
def test_an_engine_that_gives_no_answer_is_asked_again_and_then_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, engine: str
) -> None:
    path = tmp_path / "engine.sock"
    monkeypatch.setenv("DOCKER_HOST", f"unix://{path}")
    unanswered: list[str] = []
    with answering(path, answer) as asked:
        assert [] == list(held_images("127.0.0.1:5000/own:1", engine, unanswered.append))
    first, second, *_ = (one.split(b"\r\n")[0] for one in asked)
    assert first == QUESTION
    assert second.endswith(b"HTTP/1.1")
    (notice,) = unanswered
    assert notice.startswith("docker did not say whether it has 127.0.0.1:5000/own:1: ")


def test_where_no_engine_is_nobody_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody")
    assert [] == list(held_images("own:1", "auto"))
    assert [] == list(held_images("own:1", "host"))


def test_an_engine_elsewhere_that_does_not_answer_holds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    unanswered: list[str] = []
    assert [] == list(held_images("own:1", "docker", unanswered.append))
    (notice,) = unanswered
    assert notice.startswith("docker did not say whether it has own:1: ")

"""Mirrors that are deaf, slow, gone or lying cost no more than the budget."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from harness.datasets.mirrors import Mirrors

Serve = Callable[[bytes | None], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server on this machine that answers with the bytes given, or never."""
    with ExitStack() as stack:
        done = threading.Event()

        def start(answer: bytes | None) -> str:
            server = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def work() -> None:
                while True:
                    try:
                        connection, _ = server.accept()
                    except OSError:
                        return
                    with connection, suppress(OSError):
                        if answer is None:
                            done.wait(30)
                            continue
                        connection.recv(65536)
                        connection.sendall(answer)

            thread = threading.Thread(target=work)
            thread.start()
            stack.callback(thread.join)
            # Closing alone wakes nobody: a thread left in accept() would, after any signal that
            # restarts it, take a connection from whatever socket has got the number since.
            stack.callback(server.shutdown, socket.SHUT_RDWR)
            return f"http://127.0.0.1:{server.getsockname()[1]}/"

        yield start
        done.set()


def answer(body: bytes, status: str = "200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.0 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + body


def test_the_first_mirror_that_has_it_gives_it(serve: Serve) -> None:
    gone = serve(answer(b"", "404 Not Found"))
    mirrors = Mirrors([gone, serve(answer(b"right")), serve(answer(b"never asked"))])

    assert b"right" == mirrors.fetch("a.gz")
    assert b"right" == mirrors.fetch("b.gz")


def test_a_deaf_server_gives_nothing(serve: Serve) -> None:
    assert Mirrors([serve(None)], budget_s=0.2).fetch("a.gz") is None


def test_where_none_answers_the_whole_budget_is_not_waited_for(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.datasets.mirrors._SILENCE_S", 0.2)
    monkeypatch.setattr("harness.datasets.mirrors._FIRST_BYTE_S", 3600.0)

    # Nothing but that silence ends it before the test's own time is up.
    assert Mirrors([serve(None)], budget_s=3600).fetch("a.gz") is None


def test_a_server_that_is_not_there_gives_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert Mirrors([f"http://127.0.0.1:{port}/"], budget_s=5).fetch("a.gz") is None


@pytest.mark.parametrize(
    "said",
    [b"", b"nonsense\r\n\r\n", answer(b"short", length=500), answer(b"x", "500 Oh")],
    ids=["nothing", "nonsense", "broken off", "an error"],
)
def test_an_answer_that_is_not_whole_is_none(serve: Serve, said: bytes) -> None:
    assert Mirrors([serve(said)], budget_s=5).fetch("a.gz") is None


def test_an_endless_answer_is_cut(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.datasets.mirrors._FILE_BYTES", 1000)

    assert Mirrors([serve(answer(b"x" * 2000))], budget_s=5).fetch("a.gz") is None


def test_when_the_budget_is_spent_nobody_is_asked_any_more(serve: Serve) -> None:
    mirrors = Mirrors([serve(None), serve(answer(b"late"))], budget_s=0.2)

    assert mirrors.fetch("a.gz") is None
    assert mirrors.fetch("b.gz") is None

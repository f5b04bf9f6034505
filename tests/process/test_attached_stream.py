"""How a stream by TCP ends: resets, which no socket of this host sends, are told apart."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

import pytest
from docker import APIClient

from harness.engines.oci import stream
from harness.engines.oci.stream import STDOUT, AttachedStream

SAID = b"its last words"
PATIENCE_S = 30


class Attached(APIClient):
    """A client whose engine is the other end of a connection."""

    def __init__(self, near: socket.socket) -> None:
        super().__init__(base_url="tcp://127.0.0.1:9", version="1.41")
        self.near = near

    def attach_socket(self, *_: object, **__: object) -> socket.socket:
        return self.near


@pytest.fixture
def ends() -> Iterator[tuple[AttachedStream, socket.socket]]:
    """A stream, and the end of it that the engine holds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    with Attached(near) as client, far:
        made = AttachedStream(client, "x")
        yield made, far
        made.close()


def reset(far: socket.socket) -> None:
    """Say something, then end the connection as with input that was never read."""
    far.sendall(struct.pack(">BxxxL", STDOUT, len(SAID)) + SAID)
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_reset_after_the_program_is_its_end(ends: tuple[AttachedStream, socket.socket]) -> None:
    attached, far = ends
    heard = bytearray()
    reset(far)

    def hear(_channel: int, piece: bytes) -> bool:
        heard.extend(piece)
        far.close()
        return True

    why = attached.read(hear, time.monotonic() + PATIENCE_S, lambda: False)
    assert ("end", SAID) == (why, bytes(heard))


def test_a_reset_while_the_program_goes_on_is_a_lost_connection(
    ends: tuple[AttachedStream, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_LAST_WORDS_S", 0.1)
    attached, far = ends
    reset(far)
    far.close()
    with pytest.raises(ConnectionResetError):
        attached.read(lambda *_: True, time.monotonic() + PATIENCE_S, lambda: True)


def test_an_idle_connection_by_tcp_is_asked_whether_it_is_there(
    ends: tuple[AttachedStream, socket.socket],
) -> None:
    near = ends[0]._socket
    assert 1 == near.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)

"""An engine as remote clients reach it: over TCP, at an address of its own.

Both directions of a connection end independently: a client that attaches to a container ends its
input and keeps reading.
"""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

LOOPBACK = "127.0.0.1"
_CHUNK = 1 << 16


@dataclass(kw_only=True)
class Relay:
    """Listens on loopback and forwards every connection to one that it opens itself."""

    connect: Callable[[], socket.socket]
    _listener: socket.socket = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server((LOOPBACK, 0))
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"tcp://{LOOPBACK}:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        # Only this ends a thread that is blocked in accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        with near, suppress(OSError), self.connect() as far:
            back = threading.Thread(target=_pour, args=(far, near), daemon=True)
            back.start()
            _pour(near, far)
            back.join()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    """Forward data until it ends, and then forward the end."""
    with suppress(OSError):
        while piece := source.recv(_CHUNK):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def by_socket(path: str) -> Callable[[], socket.socket]:
    """A function that connects to a socket of this host."""

    def connect() -> socket.socket:
        made = socket.socket(socket.AF_UNIX)
        made.connect(path)
        return made

    return connect


@contextmanager
def relayed(connect: Callable[[], socket.socket]) -> Iterator[Relay]:
    """A relay, for as long as the context lasts."""
    relay = Relay(connect=connect)
    try:
        yield relay
    finally:
        relay.close()


def certificates(folder: Path) -> Path:
    """A certificate authority, and certificates for a server on loopback and for a client, named as
    dockerd and its clients expect: ca.pem, server.pem, server-key.pem, cert.pem, key.pem."""
    folder.mkdir()
    _openssl(folder, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority "
             "-keyout ca-key.pem -out ca.pem")  # fmt: skip
    for name, key, use in (
        ("server.pem", "server-key.pem", f"serverAuth\nsubjectAltName=IP:{LOOPBACK}"),
        ("cert.pem", "key.pem", "clientAuth"),
    ):
        (folder / "extensions").write_text(f"extendedKeyUsage={use}\n")
        _openssl(folder, f"req -newkey rsa:2048 -nodes -subj /CN=x -keyout {key} -out request")
        _openssl(folder, "x509 -req -days 2 -in request -CA ca.pem -CAkey ca-key.pem "
                 f"-CAcreateserial -extfile extensions -out {name}")  # fmt: skip
    return folder


def _openssl(folder: Path, arguments: str) -> None:
    ended = subprocess.run(
        ["openssl", *arguments.split()], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr

"""A container's attached stream: reads what it prints, within a deadline and a byte budget.

It is attached before the container starts and read from the raw socket, because rotation of logs
may drop answers, and the end of a stream is not the end of the program. The frames are those of
the engine API without a terminal: one byte for the channel, three zero bytes, and four bytes for
the length (big-endian).
"""

from __future__ import annotations

import math
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from docker import APIClient

STDOUT = 1
_HEADER = struct.Struct(">BxxxL")
_CHUNK = 1 << 16
_LAST_WORDS_S = 2.0
_ALIVE_S = 30
"""Seconds of silence after which TCP checks that an idle connection is still there."""


class AttachedStream:
    """The raw socket of one container's stdin, stdout and stderr."""

    def __init__(self, client: APIClient, container: str) -> None:
        wrapped: Any = client.attach_socket(
            container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        )
        self._wrapped = wrapped
        self._socket: Any = getattr(wrapped, "_sock", wrapped)
        if getattr(self._socket, "family", None) in (socket.AF_INET, socket.AF_INET6):
            # Routers on the way may drop a connection on which a probe is silent for long.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _ALIVE_S)
        self._pending = bytearray()

    def send(self, data: bytes) -> None:
        """Send data to the program's standard input.

        No error if the program has ended or does not read: how it ends shows why.
        """
        self._socket.settimeout(30)
        with suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            self._socket.sendall(data)

    def close_input(self) -> None:
        """End the program's standard input. Under TLS it stays open, because Python's TLS sockets
        cannot close only one direction."""
        if isinstance(self._socket, socket.socket) and not self._under_tls:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    @property
    def _under_tls(self) -> bool:
        return isinstance(self._socket, ssl.SSLSocket)

    def _ready(self, patience_s: float) -> bool:
        """Whether there is data to read, or the end. TLS may buffer data that `select` does not
        see."""
        if self._under_tls and self._socket.pending():
            return True
        return bool(select.select([self._socket], [], [], patience_s)[0])

    def read(
        self,
        heard: Callable[[int, bytes], bool],
        deadline: float,
        going: Callable[[], bool],
        idle_s: float = math.inf,
    ) -> str:
        """Pass every piece to `heard(channel, bytes)` until the stream ends.

        Returns why it ended: `end`; `deadline` (given in monotonic seconds); `idle` (nothing came
        for `idle_s` seconds); `enough` (`heard` returned False); `stopped` (`going` returned
        False).
        """
        over = False
        last = time.monotonic()
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return "deadline"
            if time.monotonic() - last > idle_s:
                return "idle"
            patience = _LAST_WORDS_S if over else 0.5
            if not self._ready(min(left, patience)):
                if over:
                    return "stopped"
                # An engine may report the end before it has passed on the last output.
                over = not going()
                continue
            try:
                piece = self._socket.recv(_CHUNK)
            except (TimeoutError, InterruptedError):
                continue
            except ConnectionResetError:
                # Over TCP, a stream ends like this if the program has left some input unread.
                if _goes_on(going):
                    raise
                return "end"
            if not piece:
                return "end"
            last = time.monotonic()
            self._pending += piece
            if not self._split(heard):
                return "enough"

    def _split(self, heard: Callable[[int, bytes], bool]) -> bool:
        while len(self._pending) >= _HEADER.size:
            channel, length = _HEADER.unpack_from(self._pending)
            whole = _HEADER.size + length
            if len(self._pending) < whole:
                return True
            piece = bytes(self._pending[_HEADER.size : whole])
            del self._pending[:whole]
            if not heard(channel, piece):
                return False
        return True

    def close(self) -> None:
        """Close the HTTP response that holds the socket, then the socket."""
        for holder in (getattr(self._wrapped, "_response", None), self._wrapped, self._socket):
            close = getattr(holder, "close", None)
            if close is not None:
                close()


def _goes_on(going: Callable[[], bool]) -> bool:
    """Whether the container goes on; waits a moment, since an engine may report an end only after
    the streams have ended."""
    deadline = time.monotonic() + _LAST_WORDS_S
    while going():
        if time.monotonic() > deadline:
            return True
        time.sleep(0.05)
    return False

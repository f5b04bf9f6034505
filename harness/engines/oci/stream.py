"""A container's attached stream: what it prints, read within a deadline and a byte budget.

Attached before the container starts and read from the raw socket, because logs rotate answers
away and an end of stream is not an end of the program. Frames are those of the engine API
without a terminal: one byte of channel, three of zero, four of length (big-endian).
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
"""After so much silence an idle connection by TCP is asked whether it is still there."""


class AttachedStream:
    """The raw socket of one container's stdin, stdout and stderr."""

    def __init__(self, client: APIClient, container: str) -> None:
        wrapped: Any = client.attach_socket(
            container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        )
        self._wrapped = wrapped
        self._socket: Any = getattr(wrapped, "_sock", wrapped)
        if getattr(self._socket, "family", None) in (socket.AF_INET, socket.AF_INET6):
            # What is on the way may forget a connection on which a probe is silent for long.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _ALIVE_S)
        self._pending = bytearray()

    def send(self, data: bytes) -> None:
        """Give the program some of its standard input.

        One that has ended, or does not read, takes none: how it ends says why.
        """
        self._socket.settimeout(30)
        with suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            self._socket.sendall(data)

    def close_input(self) -> None:
        """End the program's standard input. Under TLS it stays open: Python's sockets cannot end
        one direction of it."""
        if isinstance(self._socket, socket.socket) and not self._under_tls:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)

    @property
    def _under_tls(self) -> bool:
        return isinstance(self._socket, ssl.SSLSocket)

    def _ready(self, patience_s: float) -> bool:
        """Whether there is something to read, or the end: TLS may hold what no `select` sees."""
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
        """Hand every piece to `heard(channel, bytes)` until the stream ends.

        Why it ended: `end`; `deadline` (monotonic seconds); `idle` (nothing came for so long);
        `enough` (`heard` said False); `stopped` (`going` said False).
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
                # An engine that stood still may know of the end before it has handed out what was
                # said before it.
                over = not going()
                continue
            try:
                piece = self._socket.recv(_CHUNK)
            except (TimeoutError, InterruptedError):
                continue
            except ConnectionResetError:
                # By TCP this is how it ends where the program has left some input unread.
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
        """Let go of the HTTP response that holds the socket, then of the socket."""
        for holder in (getattr(self._wrapped, "_response", None), self._wrapped, self._socket):
            close = getattr(holder, "close", None)
            if close is not None:
                close()


def _goes_on(going: Callable[[], bool]) -> bool:
    """Whether it goes on: an engine may tell of an end a moment after the streams ended."""
    deadline = time.monotonic() + _LAST_WORDS_S
    while going():
        if time.monotonic() > deadline:
            return True
        time.sleep(0.05)
    return False

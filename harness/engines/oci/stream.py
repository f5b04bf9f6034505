"""A container's attached stream: what it prints, read within a deadline and a byte budget.

Attached before the container starts and read from the raw socket, because logs rotate answers
away and an end of stream is not an end of the program. Frames are those of the engine API
without a terminal: one byte of channel, three of zero, four of length (big-endian).
"""

from __future__ import annotations

import select
import socket
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


class AttachedStream:
    """The raw socket of one container's stdin, stdout and stderr."""

    def __init__(self, client: APIClient, container: str) -> None:
        wrapped: Any = client.attach_socket(
            container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        )
        self._wrapped = wrapped
        self._socket: Any = getattr(wrapped, "_sock", wrapped)
        self._pending = bytearray()

    def send_and_close_input(self, data: bytes) -> None:
        """Give the program its whole standard input, then end it.

        One that has ended already takes none: how it ended is told elsewhere.
        """
        self._socket.settimeout(30)
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)
            if isinstance(self._socket, socket.socket):
                self._socket.shutdown(socket.SHUT_WR)

    def read(
        self, heard: Callable[[int, bytes], bool], deadline: float, going: Callable[[], bool]
    ) -> str:
        """Hand every piece to `heard(channel, bytes)` until the stream ends.

        Why it ended: `end`; `deadline` (monotonic seconds); `enough` (`heard` said False);
        `stopped` (`going` said False).
        """
        over = False
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return "deadline"
            patience = _LAST_WORDS_S if over else 0.5
            ready, _, _ = select.select([self._socket], [], [], min(left, patience))
            if not ready:
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
            if not piece:
                return "end"
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

"""Reads the runner's frames out of a stream to which an image may write whatever it likes.

A frame is `harness-frame MARKER LENGTH SHA256`, a newline, the payload, and a newline; the marker
is random, and belongs to one container and probe. A frame counts only if its marker was handed out,
and its length, hash and whole payload are right. Everything else is noise, of which a bounded part
is kept. A frame that is broken, comes twice or has an unknown marker is a disturbance: the runner
never writes such a frame, so something else in the environment did.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.model import Outcome
from harness.probing.answer import Answer, parse_answer

__all__ = ["Answer", "Disturbance", "FrameReader"]

_HEADER = re.compile(rb"harness-frame ([0-9a-f]{16,128}) ([0-9]{1,10}) ([0-9a-f]{64})\n")
_HEADER_BYTES = 14 + 128 + 1 + 10 + 1 + 64 + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Disturbance:
    """Something on the stream that the runner does not write."""

    probe: str
    """The probe whose frame it pretends to be, or which was being asked."""
    seen: str
    """What it is, as text for a person."""


class FrameReader:
    """Takes the stream in pieces of any size, and returns answers as their frames become complete.

    `expect` announces a marker before it is handed out. The first frame of a marker counts, whole
    or broken. Past `budget_bytes`, nothing more is read and `over_budget` is true.
    """

    def __init__(self, budget_bytes: int, noise_bytes: int = 65_536) -> None:
        self._markers: dict[bytes, str] = {}
        self._hello = b""
        self._begun = False
        self._budget = budget_bytes
        self._buffer = bytearray()
        self._frame: tuple[bytes, int, str] | None = None
        self._answered: dict[bytes, Answer] = {}
        self._noise = _HeadAndTail(noise_bytes)
        self._received = 0
        self._disturbances: dict[Disturbance, None] = {}
        self._closed = False

    def expect_beginning(self, marker: str) -> None:
        """Announce the marker of the frame which says that the runner has begun; it is no
        answer."""
        self._hello = marker.encode("ascii")
        self._markers[self._hello] = ""

    @property
    def begun(self) -> bool:
        """Whether the runner reported that it has begun, or has answered."""
        return self._begun or bool(self._answered)

    def expect(self, marker: str, probe: str) -> None:
        """Announce the marker of the frame that will be the answer of this probe."""
        self._markers[marker.encode("ascii")] = probe

    @property
    def over_budget(self) -> bool:
        """Whether the stream was longer than the budget; what came before it was read."""
        return self._received > self._budget

    @property
    def answers(self) -> Mapping[str, Answer]:
        """The answers by probe, in the order in which they came."""
        return {answer.probe: answer for answer in self._answered.values()}

    @property
    def noise(self) -> bytes:
        """Head and tail of the output outside of frames."""
        return self._noise.kept()

    @property
    def disturbances(self) -> tuple[Disturbance, ...]:
        """The disturbances in the order in which they came, each kind once for a probe."""
        return tuple(self._disturbances)

    def feed(self, data: bytes) -> tuple[Answer, ...]:
        """Take the next piece of the stream; return the answers that it completes."""
        room = max(0, self._budget - self._received)
        self._received += len(data)
        if self._closed:
            return ()
        self._buffer += data[:room]
        return self._scan(final=False)

    def close(self) -> tuple[Answer, ...]:
        """Note that the stream has ended, so that an incomplete frame is broken; return the
        answers that this completes."""
        if self._closed:
            return ()
        found = self._scan(final=True)
        self._closed = True
        return found

    def _scan(self, *, final: bool) -> tuple[Answer, ...]:
        before = len(self._answered)
        while self._step(final=final):
            pass
        return tuple(self._answered.values())[before:]

    def _step(self, *, final: bool) -> bool:
        """Take one header or one payload off the buffer; return False if that needs more bytes."""
        if self._frame is None:
            return self._find_header(final=final)
        marker, length, sha256 = self._frame
        whole = len(self._buffer) > length
        if not whole and not final:
            return False
        self._frame = None
        payload = bytes(self._buffer[:length])
        if not whole:
            self._reject(marker, "the stream ended in the middle of its frame")
        elif self._buffer[length] != 0x0A:
            self._reject(marker, "its frame does not end where its length says")
        elif hashlib.sha256(payload).hexdigest() != sha256:
            self._reject(marker, "the SHA-256 of its frame does not match")
        else:
            del self._buffer[: length + 1]
            self._accept(marker, payload)
        # The bytes of a broken frame stay in the buffer: another frame may begin among them.
        return True

    def _find_header(self, *, final: bool) -> bool:
        match = _HEADER.search(self._buffer)
        if match is None:
            kept = 0 if final else min(len(self._buffer), _HEADER_BYTES - 1)
            self._drop(len(self._buffer) - kept)
            return False
        marker, length, sha256 = match.group(1), int(match.group(2)), match.group(3).decode()
        start, end = match.span()
        if marker not in self._markers:
            # Ignore its length, which could be chosen to swallow a genuine frame.
            self._disturb(self._latest, "a frame with a marker that was never handed out")
            self._drop(end)
            return True
        self._drop(start)
        del self._buffer[: end - start]
        if length > self._budget:
            self._reject(marker, "its frame claims to be longer than the whole budget")
            return True
        self._frame = (marker, length, sha256)
        return True

    def _drop(self, count: int) -> None:
        self._noise.add(bytes(self._buffer[:count]))
        del self._buffer[:count]

    def _reject(self, marker: bytes, reason: str) -> None:
        """Handle a broken frame: it counts as the marker's answer, and is a disturbance."""
        probe = self._markers[marker]
        self._disturb(probe, reason)
        if marker == self._hello:
            return
        self._settle(marker, Answer(probe=probe, outcome=Outcome.NO_ANSWER, reason=reason))

    def _accept(self, marker: bytes, payload: bytes) -> None:
        probe = self._markers[marker]
        if marker == self._hello:
            if self._begun:
                self._disturb(self._latest, "the runner says twice that it has begun")
            self._begun = True
            return
        try:
            self._settle(marker, parse_answer(probe, payload))
        except (ValueError, RecursionError) as error:
            # A frame with the right marker and hash is the runner's own, so this is no disturbance:
            # the probe gave an answer that is not valid.
            reason = f"its frame is whole, but: {error}"
            self._settle(marker, Answer(probe=probe, outcome=Outcome.NO_ANSWER, reason=reason))

    def _settle(self, marker: bytes, answer: Answer) -> None:
        if marker in self._answered:
            self._disturb(answer.probe, "a further frame with the marker of a frame that came")
            return
        self._answered[marker] = answer

    @property
    def _latest(self) -> str:
        """The probe whose marker was handed out last; empty before the first."""
        return next(reversed(self._markers.values()), "")

    def _disturb(self, probe: str, seen: str) -> None:
        self._disturbances.setdefault(Disturbance(probe=probe, seen=seen))


class _HeadAndTail:
    """Keeps the head and the tail of the bytes that are added."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._count = 0

    def add(self, data: bytes) -> None:
        self._count += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        del self._tail[: max(0, len(self._tail) - self._half)]

    def kept(self) -> bytes:
        left_out = self._count - len(self._head) - len(self._tail)
        gap = f"\n[... {left_out} bytes ...]\n".encode() if left_out else b""
        return bytes(self._head + gap + self._tail)

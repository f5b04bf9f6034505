"""Read the runner's frames out of a stream in which an image may write whatever it likes.

A frame is `harness-frame MARKER LENGTH SHA256`, a newline, the payload, a newline; the marker is
random, of one container and probe. Only a frame with a marker that was handed out counts, and only
if length, hash and every part of the payload are right. Everything else is noise, kept bounded.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from harness.model import Fact, Facts, Outcome, Raised, Scalar

SERIES = 10_000
"""Most values one fact may have."""
_KEY = 300
_HEADER = re.compile(rb"harness-frame ([0-9a-f]{16,128}) ([0-9]{1,10}) ([0-9a-f]{64})\n")
_HEADER_BYTES = 14 + 128 + 1 + 10 + 1 + 64 + 1
_OUTCOMES = frozenset(
    {
        Outcome.OK,
        Outcome.RAISED,
        Outcome.CRASHED,
        Outcome.TIMED_OUT,
        Outcome.OUT_OF_MEMORY,
        Outcome.OUTPUT_LIMIT,
        Outcome.NO_ANSWER,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What the runner says about one probe, validated; `no-answer` where its frame is broken."""

    probe: str
    outcome: Outcome
    facts: Facts = field(default_factory=dict)
    reason: str = ""
    raised: Raised | None = None
    noise: str = ""
    """Head and tail of what the probe printed."""
    noise_bytes: int = 0
    """How much it printed in all."""
    signal: str = ""
    exit: int | None = None
    durations: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage."""
    observed: Mapping[str, Scalar] = field(default_factory=dict)


class FrameReader:
    """Feed it the stream in pieces of any size; it gives answers as their frames become whole.

    `markers` maps each marker that was handed out to its probe; the first frame of a marker
    counts, whole or broken. Past `budget_bytes` nothing is read any more and `over_budget` is true.
    """

    def __init__(
        self, markers: Mapping[str, str], budget_bytes: int, noise_bytes: int = 65_536
    ) -> None:
        self._markers = {marker.encode("ascii"): probe for marker, probe in markers.items()}
        self._budget = budget_bytes
        self._buffer = bytearray()
        self._frame: tuple[bytes, int, str] | None = None
        self._answered: dict[bytes, Answer] = {}
        self._noise = _Noise(noise_bytes)
        self._received = 0
        self._notes: list[str] = []
        self._closed = False

    @property
    def over_budget(self) -> bool:
        """Whether the stream was longer than the budget; what came before it was read."""
        return self._received > self._budget

    @property
    def answers(self) -> tuple[Answer, ...]:
        """So far, in the order in which they came."""
        return tuple(self._answered.values())

    @property
    def missing(self) -> tuple[str, ...]:
        """Probes without an answer, in the order of the markers."""
        return tuple(
            probe for marker, probe in self._markers.items() if marker not in self._answered
        )

    @property
    def noise(self) -> str:
        """Head and tail of what belongs to no frame."""
        return self._noise.text()

    @property
    def notes(self) -> tuple[str, ...]:
        """Oddities worth telling: frames that came twice."""
        return tuple(self._notes)

    def feed(self, data: bytes) -> tuple[Answer, ...]:
        """The answers that these bytes complete."""
        room = max(0, self._budget - self._received)
        self._received += len(data)
        if self._closed:
            return ()
        self._buffer += data[:room]
        return self._scan(final=False)

    def close(self) -> tuple[Answer, ...]:
        """The stream has ended: a frame that is not whole now is broken."""
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
        """Take one header or one payload off the buffer; False where that needs more bytes."""
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
        # After a broken frame its bytes are searched: another frame may begin among them.
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
            # Its length is not believed: it could swallow a true frame.
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
        probe = self._markers[marker]
        self._settle(marker, Answer(probe=probe, outcome=Outcome.NO_ANSWER, reason=reason))

    def _accept(self, marker: bytes, payload: bytes) -> None:
        probe = self._markers[marker]
        try:
            self._settle(marker, parse_answer(probe, payload))
        except (ValueError, RecursionError) as error:
            self._reject(marker, f"its frame is whole, but: {error}")

    def _settle(self, marker: bytes, answer: Answer) -> None:
        if marker in self._answered:
            if len(self._notes) < len(self._markers):
                self._notes.append(f"a further frame of {answer.probe} was ignored")
            return
        self._answered[marker] = answer


def parse_answer(probe: str, payload: bytes) -> Answer:
    """Validate a payload; ValueError says what is wrong with it."""
    content = json.loads(payload.decode("ascii"), parse_constant=_no_constant)
    if not isinstance(content, dict):
        raise ValueError("the payload is not an object")
    if content.get("probe") != probe:
        raise ValueError(f"the payload is of another probe: {_clean(content.get('probe'))!r:.80}")
    outcome = content.get("outcome")
    if outcome not in _OUTCOMES:
        raise ValueError(f"no probe ends in {_clean(outcome)!r:.80}")
    raised = _raised(content.get("raised"))
    if (outcome == Outcome.RAISED) != (raised is not None):
        raise ValueError(f"the outcome {outcome} does not go with the exception given")
    return Answer(
        probe=probe,
        outcome=Outcome(outcome),
        facts=_facts(content.get("facts")),
        reason=_text(content, "reason"),
        raised=raised,
        noise=_text(content, "noise"),
        noise_bytes=_count(content.get("noise_bytes")),
        signal=_text(content, "signal"),
        exit=None if content.get("exit") is None else _count(content["exit"]),
        durations=_durations(content.get("durations")),
        observed={key: _scalar(value) for key, value in _mapping(content, "observed").items()},
    )


class _Noise:
    """Head and tail of what was added."""

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

    def text(self) -> str:
        left_out = self._count - len(self._head) - len(self._tail)
        gap = f"\n[... {left_out} bytes ...]\n".encode() if left_out else b""
        return bytes(self._head + gap + self._tail).decode("utf-8", "backslashreplace")


def _facts(value: object) -> Facts:
    if not isinstance(value, dict):
        raise ValueError("facts are not an object")
    facts: dict[str, Fact] = {}
    for key, fact in value.items():
        if not key or len(key) > _KEY or not key.isprintable():
            raise ValueError(f"{_clean(key)!r:.80} cannot be the key of a fact")
        if isinstance(fact, list):
            if len(fact) > SERIES:
                raise ValueError(f"fact {key} has {len(fact)} values, more than {SERIES}")
            facts[key] = tuple(_scalar(one) for one in fact)
        else:
            facts[key] = _scalar(fact)
    return facts


def _scalar(value: object) -> Scalar:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        # 1e999 is valid JSON.
        return "inf" if value > 0 else "-inf"
    if value is None or isinstance(value, bool | int | float):
        return value
    raise ValueError("a fact or an observation is neither a scalar nor a list of scalars")


def _raised(value: object) -> Raised | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ValueError("the exception is not an object")
    return Raised(
        type=_text(value, "type"),
        message=_text(value, "message"),
        traceback=_text(value, "traceback"),
    )


def _durations(value: object) -> dict[str, float]:
    durations: dict[str, float] = {}
    for key, seconds in _mapping({"durations": value}, "durations").items():
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not number or not math.isfinite(seconds) or seconds < 0:
            raise ValueError(f"the duration {key:.80} is not a time")
        durations[key] = float(seconds)
    return durations


def _mapping(content: Mapping[str, object], name: str) -> dict[str, object]:
    value = content.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")
    return {_clean(key): one for key, one in value.items()}


def _text(content: Mapping[str, object], name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is not a text")
    return _clean(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a count or an exit status is not a whole number")
    return value


def _clean(value: object) -> str:
    """Lone surrogates, which neither UTF-8 nor SQLite can hold, written out."""
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")

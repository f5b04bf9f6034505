"""The conversation with the guest runner: what to send to it, and when, and what it answered.

Nothing is read or written here: an engine passes in the bytes it receives and sends the bytes it
gets back. A probe's request and its random marker are sent only after the frame of the previous
probe has arrived, so that no probe sees the marker of another. Each question is timed from request
to frame on this host's clock, which no environment can set.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex

from harness.model import Outcome, Scalar
from harness.probing.answer import Answer
from harness.probing.framing import FrameReader

EXCHANGE = "exchange"
"""Name of the duration from a probe's request to its frame, on this host's clock."""

_END = b"\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """What is common to all probes of one container."""

    interpreter: str
    """The command that starts Python there."""
    asking: str
    """The program text with which each probe's interpreter is started."""
    scratch: str
    folder: str = "/"
    """The working folder of probes."""
    limits: Mapping[str, int]
    """`answer_bytes`, `noise_bytes` and `total_bytes` of one probe."""
    alone: bool = False
    """Whether the environment has a process namespace of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeRequest:
    """One probe to be asked."""

    name: str
    path: str
    """The name of its file in tracebacks."""
    source: str
    timeout_s: float
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    data_dir: str | None = None
    round: int = 1
    """Number of the round, from which a probe that draws random numbers derives its seed."""


class Exchange:
    """One conversation. Call `begin`, then `hear` with every piece of the stream, then `end`."""

    def __init__(
        self,
        session: Session,
        requests: Sequence[ProbeRequest],
        budget_bytes: int,
        clock: Callable[[], float] = time.monotonic,
        asks: Callable[[str], object] = lambda _: None,
    ) -> None:
        """`asks` is called with the name of each probe when its request is sent."""
        self._session = session
        self._waiting = list(requests)
        self._names = [request.name for request in requests]
        self._reader = FrameReader(budget_bytes)
        self._clock = clock
        self._asks = asks
        self._sent = 0.0
        self._answers: dict[str, Answer] = {}
        self._disturbed = ""
        self._hello = token_hex(16)
        self._reader.expect_beginning(self._hello)

    def begin(self) -> bytes:
        """Return what to send first: the session, and the request of the first probe."""
        return (
            _line(
                {
                    "interpreter": self._session.interpreter,
                    "asking": self._session.asking,
                    "scratch": self._session.scratch or None,
                    "folder": self._session.folder,
                    "limits": dict(self._session.limits),
                    "alone": self._session.alone,
                    "marker": self._hello,
                }
            )
            + self._next()
        )

    def hear(self, piece: bytes) -> bytes:
        """Take bytes that were received; return what to send next, often nothing."""
        return b"".join(self._take(answer) for answer in self._reader.feed(piece))

    def disturb(self, seen: str) -> None:
        """Mark the whole conversation as not to be trusted; `seen` says why."""
        self._disturbed = seen

    def end(self, *, whole: bool) -> None:
        """Note that the stream has ended; `whole` if it ended as it should.

        Then an incomplete frame was written that way by something, and counts as broken.
        """
        if whole:
            for answer in self._reader.close():
                self._take(answer)

    @property
    def over_budget(self) -> bool:
        """Whether the stream was longer than its budget."""
        return self._reader.over_budget

    @property
    def begun(self) -> bool:
        """Whether the runner reported that it has begun; if not, the cause is what was started as
        Python, and no probe."""
        return self._reader.begun

    @property
    def noise(self) -> bytes:
        """Head and tail of the output outside of frames."""
        return self._reader.noise

    @property
    def complete(self) -> bool:
        """Whether every probe has answered."""
        return len(self._answers) == len(self._names)

    @property
    def answers(self) -> Mapping[str, Answer]:
        """The answers by probe, in the order of the requests.

        From the first disturbance on, all are `interfered`, asked or not: what answered for one
        probe, or took the request of the next, may have answered for all after it.
        """
        disturbed = {one.probe: one.seen for one in reversed(self._reader.disturbances)}
        seen = self._disturbed
        answers: dict[str, Answer] = {}
        for name in self._names:
            seen = seen or (f"{disturbed[name]} (probe {name})" if name in disturbed else "")
            answer = self._answers.get(name)
            if seen:
                answers[name] = _interfered(name, answer, seen)
            elif answer is not None:
                answers[name] = answer
                if answer.outcome is Outcome.INTERFERED:
                    seen = f"{answer.reason} (probe {name})"
        return answers

    def _next(self) -> bytes:
        if not self._waiting:
            return _END
        request = self._waiting.pop(0)
        marker = token_hex(16)
        self._reader.expect(marker, request.name)
        self._asks(request.name)
        self._sent = self._clock()
        return _line(
            {
                "name": request.name,
                "path": request.path,
                "source": request.source,
                "marker": marker,
                "timeout_s": request.timeout_s,
                "settings": dict(request.settings),
                "round": request.round,
                "data_dir": request.data_dir,
            }
        )

    def _take(self, answer: Answer) -> bytes:
        took = {**answer.durations, EXCHANGE: self._clock() - self._sent}
        self._answers[answer.probe] = replace(answer, durations=took)
        return self._next()


def _interfered(name: str, answer: Answer | None, seen: str) -> Answer:
    """The answer for a probe that something else may have answered, without its facts."""
    if answer is None:
        return Answer(probe=name, outcome=Outcome.INTERFERED, reason=seen)
    return Answer(
        probe=name,
        outcome=Outcome.INTERFERED,
        reason=seen,
        noise=answer.noise,
        noise_bytes=answer.noise_bytes,
        durations=answer.durations,
        observed=answer.observed,
    )


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value).encode("ascii") + b"\n"

"""One event stream held open: did the engine go away, did somebody touch our container?

A daemon's death reads like a normal end of output. The end of this stream tells them apart.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from docker import APIClient
from docker.errors import DockerException
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors, row_of

_LOST = (DockerException, RequestException, HTTPError, OSError, ValueError)
"""What opening or reading a stream raises when the other side goes away."""
_ENDED = (*_LOST, AttributeError)
"""What an open one raises; the last in the client's own bookkeeping, where both sides end it."""
_END_S = 5.0


class EventWatch:
    """Follows the engine's container events, from `start` to `close`.

    `by_label`: only those with our label. `reopen`: the stream may end though the engine goes on;
    the engine is gone when it cannot be opened again.
    """

    def __init__(self, client: APIClient, *, by_label: bool = True, reopen: bool = False) -> None:
        self._client = client
        self._reopen = reopen
        self._filters = {"type": "container"}
        if by_label:
            self._filters["label"] = f"{LABEL}.owner"
        self._events: dict[str, list[tuple[str, dict[str, str]]]] = defaultdict(list)
        self._gone = threading.Event()
        self._closing = threading.Event()
        self._changed = threading.Condition()
        self._stream: Any = None
        self._thread = threading.Thread(target=self._follow, daemon=True, name="harness-events")

    def start(self) -> None:
        """Open the stream; raises what docker-py raises."""
        self._open()
        self._thread.start()

    def _open(self) -> None:
        self._stream = self._client.events(
            decode=True, since=int(time.time()), filters=self._filters
        )

    def _follow(self) -> None:
        self._hear()
        while self._reopen and not self._closing.is_set():
            try:
                self._open()
            except _LOST:
                break
            if self._closing.is_set():
                self._end()
            self._hear()
        if not self._closing.is_set():
            self._gone.set()
            with self._changed:
                self._changed.notify_all()

    def _hear(self) -> None:
        with suppress(*_ENDED):
            for event in self._stream:
                actor = event.get("Actor") or {}
                action = str(event.get("Action") or event.get("status") or "")
                with self._changed:
                    self._events[str(actor.get("ID", ""))].append(
                        (action.split(":")[0], dict(actor.get("Attributes") or {}))
                    )
                    self._changed.notify_all()

    @property
    def engine_gone(self) -> bool:
        """The stream ended though nobody closed it."""
        return self._gone.is_set()

    def actions(self, container: str) -> tuple[str, ...]:
        """What happened to a container so far: create, start, kill, oom, pause, die, destroy."""
        with self._changed:
            return tuple(action for action, _ in self._events.get(container, ()))

    def labelled(self, label: str, value: str) -> tuple[str, ...]:
        """The containers heard of so far that carry a label with that value."""
        with self._changed:
            return tuple(
                container
                for container, events in self._events.items()
                if any(attributes.get(label) == value for _, attributes in events)
            )

    def exit_code(self, container: str, timeout_s: float) -> int | None:
        """What `die` told of a container within the time; None where it was not heard of."""
        self.wait_for(container, "die", timeout_s)
        with self._changed:
            told = [more for action, more in self._events.get(container, ()) if action == "die"]
        code = told[-1].get("exitCode", "") if told else ""
        return int(code) if code.isdecimal() else None

    def wait_for(self, container: str, action: str, timeout_s: float) -> bool:
        """Whether the action was seen within the time, the engine still there."""
        with self._changed:
            return (
                self._changed.wait_for(
                    lambda: (
                        any(seen == action for seen, _ in self._events.get(container, ()))
                        or self._gone.is_set()
                    ),
                    timeout_s,
                )
                and not self._gone.is_set()
            )

    def close(self) -> None:
        """Stop following."""
        self._closing.set()
        if self._stream is not None:
            self._end()
            self._thread.join(_END_S)

    def _end(self) -> None:
        with suppress(*_ENDED):
            self._stream.close()


@contextmanager
def watching(client: APIClient) -> Iterator[EventWatch]:
    """A watch of the engine that answers, as long as this lasts. Raises EngineError."""
    row = row_of(client)
    watch = EventWatch(client, by_label=row.events_by_label, reopen=row.events_break)
    with engine_errors("opening its event stream"):
        watch.start()
    try:
        yield watch
    finally:
        watch.close()

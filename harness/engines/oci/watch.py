"""Keeps the engine's event stream open, to notice that the engine goes away or that somebody
touches our container.

When a daemon dies, a container's output ends as it normally would. The end of the event stream
tells the two apart.
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
"""Exceptions of opening or reading a stream when the other side goes away."""
_ENDED = (*_LOST, AttributeError)
"""Exceptions of an open stream; the client itself raises AttributeError if both sides end it at
once."""
_END_S = 5.0


class EventWatch:
    """Follows the engine's container events, from `start` to `close`.

    With `by_label`, only events with our label. With `reopen`, the stream may end while the engine
    goes on; then the engine counts as gone only if the stream cannot be opened again.
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
        """Open the stream and follow it. Raises what docker-py raises."""
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
        """Whether the engine went away: the stream ended without `close`."""
        return self._gone.is_set()

    def actions(self, container: str) -> tuple[str, ...]:
        """Return a container's events so far, such as create, start, kill, oom, pause, die and
        destroy."""
        with self._changed:
            return tuple(action for action, _ in self._events.get(container, ()))

    def labelled(self, label: str, value: str) -> tuple[str, ...]:
        """Return the containers with events so far that have a label with that value."""
        with self._changed:
            return tuple(
                container
                for container, events in self._events.items()
                if any(attributes.get(label) == value for _, attributes in events)
            )

    def exit_code(self, container: str, timeout_s: float) -> int | None:
        """Return the exit code from a container's event `die`; None if it does not come within the
        time."""
        self.wait_for(container, "die", timeout_s)
        with self._changed:
            told = [more for action, more in self._events.get(container, ()) if action == "die"]
        code = told[-1].get("exitCode", "") if told else ""
        return int(code) if code.isdecimal() else None

    def wait_for(self, container: str, action: str, timeout_s: float) -> bool:
        """Wait for an event; return whether it came within the time and the engine is still
        there."""
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
    """Watch the engine's events until the end of `with`. Raises EngineError."""
    row = row_of(client)
    watch = EventWatch(client, by_label=row.events_by_label, reopen=row.events_break)
    with engine_errors("opening its event stream"):
        watch.start()
    try:
        yield watch
    finally:
        watch.close()

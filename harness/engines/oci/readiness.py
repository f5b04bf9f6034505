"""Waits until a started container serves: a bounded wait strategy for testcontainers.

The strategies of testcontainers itself read the whole log each time, and wait as long as a server
keeps sending.
"""

from __future__ import annotations

import time

from docker import APIClient
from docker.errors import APIError, NotFound
from testcontainers.core.container import DockerContainer
from testcontainers.core.waiting_utils import WaitStrategy, WaitStrategyTarget

from harness.engines.oci.connection import engine_errors
from harness.engines.oci.started import LOOPBACK
from harness.machine.web import NotAnswered, WebRequest, ask
from harness.promises import Ready, Served, status_fits
from harness.text import clean_line

_POLL_S = 0.05
_LONGEST_POLL_S = 0.2
_ASK_S = 5.0
_LOG_BYTES = 256 * 1024
_ALL_BELOW = 500


class Ended(Exception):
    """The container ended before it was ready; the text says how it ended."""


class PortAnswers(WaitStrategy):
    """Waits until a published port answers as its promise says, or the container ends."""

    def __init__(self, client: APIClient, served: Served, port: int) -> None:
        super().__init__()
        self._client = client
        self._ready = served.ready
        self._port = port
        self._last = "nothing was asked yet"
        self._startup_timeout = served.ready.within_s

    def wait_until_ready(self, container: WaitStrategyTarget) -> None:
        """Return when it is ready. TimeoutError with the last observation; Ended if it ended."""
        deadline = time.monotonic() + self._startup_timeout
        identity = str(container.get_wrapped_container().id)
        pause = _POLL_S
        while not self._answers(identity, deadline):
            if why := how_it_ended(self._client, identity):
                raise Ended(why)
            if time.monotonic() > deadline:
                raise TimeoutError(self._last)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_POLL_S)

    def _answers(self, container: str, deadline: float) -> bool:
        ready = self._ready
        if ready.log:
            text = printed_so_far(self._client, container)
            self._last = f"it has not printed {ready.log!a}"
            return ready.log in text
        left = max(0.1, min(_ASK_S, deadline - time.monotonic()))
        self._last, fits = look(self._port, ready, within_s=left)
        return fits


def look(port: int, ready: Ready, *, within_s: float) -> tuple[str, bool]:
    """Ask a published port once; return its answer in words, and whether that means ready."""
    try:
        answer = ask(LOOPBACK, port, WebRequest(path=ready.path), within_s=within_s)
    except NotAnswered as error:
        return f"it {error}", False
    wanted = ready.status
    fits = status_fits(wanted, answer.status) if wanted else answer.status < _ALL_BELOW
    return f"it answers {answer.status} to GET {ready.path}", fits


def printed_so_far(client: APIClient, container: str) -> str:
    """Return the end of what a container has printed, as text; empty if it is gone."""
    try:
        with engine_errors("reading what a container prints"):
            pieces = client.logs(container, stream=True, follow=False, tail=2000)
            text = b""
            for piece in pieces:
                text = (text + piece)[-_LOG_BYTES:]
    except (NotFound, APIError):
        return ""
    return text.decode("utf-8", "backslashreplace")


def how_it_ended(client: APIClient, container: str) -> str:
    """Return how a container ended, with the last line it printed; empty while it runs."""
    with engine_errors("looking at a container"):
        try:
            state = client.inspect_container(container)["State"]
        except NotFound:
            return "the container was removed by somebody"
    if state.get("Running"):
        return ""
    code = int(state.get("ExitCode") or 0)
    how = "its memory was used up" if state.get("OOMKilled") else f"exit status {code}"
    last = [line for line in printed_so_far(client, container).splitlines() if line.strip()]
    words = f"; it printed last: {clean_line(last[-1], 200)}" if last else ""
    return f"the container ended ({how}){words}"


def published(container: DockerContainer, port: int) -> int:
    """Return the port of this host's loopback at which a container's port is published; 0 if
    none."""
    try:
        return int(container.get_docker_client().port(container.get_container_id(), port))
    except (ConnectionError, KeyError, TypeError, ValueError, NotFound):
        return 0

"""Watch a container that the probe started: until it is ready or ends, and what it printed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docker import APIClient
from docker.errors import NotFound

from harness.engines.oci.connection import engine_errors
from harness.outside.cell import OutsideCell

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

_POLL_S = 0.02
_LONGEST_POLL_S = 0.2
_SETTLED_S = 1.0
"""A container that serves nothing runs for so long before it is asked to stop."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HowEnded:
    """How a container ended."""

    exit: int
    seconds: float
    """Counted from the beginning of the wait."""
    out_of_memory: bool = False

    @property
    def told(self) -> str:
        """As text for a person."""
        return "its memory was used up" if self.out_of_memory else f"exit status {self.exit}"


def until_ended(client: APIClient, container: str, within_s: float) -> HowEnded | None:
    """Wait for the end of a container; None if it still runs after `within_s` seconds.

    Raises EngineError.
    """
    began = time.monotonic()
    pause = _POLL_S
    while True:
        ended = has_ended(client, container)
        taken = time.monotonic() - began
        if ended is not None:
            return HowEnded(exit=ended.exit, seconds=taken, out_of_memory=ended.out_of_memory)
        if taken > within_s:
            return None
        time.sleep(pause)
        pause = min(1.5 * pause, _LONGEST_POLL_S)


def has_ended(client: APIClient, container: str) -> HowEnded | None:
    """How a container ended; None while it runs. One that was removed counts as ended with -1."""
    with engine_errors("looking at a container"):
        try:
            state = client.inspect_container(container)["State"]
        except NotFound:
            return HowEnded(exit=-1, seconds=0.0)
    if state.get("Running"):
        return None
    return HowEnded(
        exit=int(state.get("ExitCode") or 0),
        seconds=0.0,
        out_of_memory=bool(state.get("OOMKilled")),
    )


def printed(
    client: APIClient, container: str, most: int, *, errors: bool = True
) -> tuple[str, bool]:
    """The output of a container (standard error included if `errors`), and whether that is all of
    it: at most `most` bytes are read."""
    text = bytearray()
    with engine_errors("reading what a container printed"):
        pieces = client.logs(container, stdout=True, stderr=errors, stream=True, follow=False)
        for piece in pieces:
            text += piece
            if len(text) > most:
                break
    return bytes(text[:most]).decode("utf-8", "backslashreplace"), len(text) <= most


@contextmanager
def under_way(cell: OutsideCell, client: APIClient) -> Iterator[tuple[DockerContainer, str]]:
    """A container of the cell that runs its own command and is far enough to be asked to stop: what
    it promises to serve is ready. The second value says why it is not; empty if it is.

    Raises NotStarted, EngineError.
    """
    from harness.engines.oci.readiness import Ended, PortAnswers, published

    serves = cell.promise.serves
    ports = [one.port for one in serves]
    with cell.container(client, cell.given.command, published=ports) as made:
        why = ""
        for one in serves:
            try:
                port = published(made, one.port)
                PortAnswers(client, one, port).wait_until_ready(made)
            except TimeoutError as error:
                why = f"port {one.port} is not ready within {one.ready.within_s:g} s: {error}"
            except Ended as error:
                why = str(error)
        if not serves and (ended := until_ended(client, made.get_container_id(), _SETTLED_S)):
            why = f"the container ended by itself ({ended.told})"
        yield made, why

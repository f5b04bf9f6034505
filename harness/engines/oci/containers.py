"""Runs one container for one pass: creates, attaches and starts it, listens, and finds out how it
ended.

An answer counts only if its frame is whole, the exit code is known, and the engine did not go away
in between.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from docker import APIClient
from docker.errors import APIError, NotFound

from harness.engines.guestwork import signal_name
from harness.engines.oci.connection import disk_full, engine_errors, explanation, row_of
from harness.engines.oci.neighbours import touched
from harness.engines.oci.specification import ContainerSpec, create_container
from harness.engines.oci.stream import STDOUT, AttachedStream
from harness.engines.oci.watch import EventWatch
from harness.errors import EngineError
from harness.model import Outcome

_EXIT_KNOWN_S = 60.0
_OOM_HEARD_S = 2.0
_END_HEARD_S = 0.05
_SIGKILLED = 137
_GOING = ("stopping", "removing")
"""States in which the exit code is not known yet."""
_MISSING = ("executable file not found", "no such file or directory", "not a directory")


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerEnd:
    """How a container ended. `outcome` is ok if it ended by itself with exit status 0."""

    outcome: Outcome
    reason: str = ""
    exit: int | None = None
    seconds: float = 0.0
    looked: tuple[str, ...] = ()
    """What somebody else did to it that changed no answer."""
    signal: str = ""
    """The signal that ended its first process; empty if none did."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Streams:
    """A container's input, the receivers of its output, and its time limits.

    `heard` and `noise` receive standard output and standard error; they stop the container by
    returning None or False, when its byte budget is used up. What `heard` returns is sent to it.
    """

    begin: Callable[[], bytes] | None
    """Returns what to send first; None for an empty standard input."""
    heard: Callable[[bytes], bytes | None]
    noise: Callable[[bytes], bool]
    deadline_s: float
    idle_s: float = math.inf
    """Seconds without output after which it is stopped."""
    going: Callable[[], bool] = lambda: True
    """Whether it is still wanted; called regularly while it prints nothing."""
    ready: Callable[[], object] = lambda: None
    """Called before the container starts; may wait until what it mounts has been filled."""


def run_container(
    client: APIClient,
    watch: EventWatch,
    spec: ContainerSpec,
    streams: Streams,
    spent: Callable[[str], object],
) -> ContainerEnd:
    """Run one container to its end, and pass its id to `spent`, whatever happens.

    Raises EngineError if the engine is gone.
    """
    began = time.monotonic()
    with engine_errors("creating a container"):
        try:
            container = create_container(client, spec)
        except APIError as error:
            text = explanation(error)
            if "no such image" in text.lower() or disk_full(text):
                raise
            return ContainerEnd(outcome=Outcome.HOST_INCOMPATIBLE, reason=text)
    try:
        streams.ready()
        return _run(client, watch, container, streams, began)
    finally:
        spent(container)


def _run(
    client: APIClient, watch: EventWatch, container: str, streams: Streams, began: float
) -> ContainerEnd:
    with engine_errors("attaching to a container"):
        stream = AttachedStream(client, container)
    try:
        with engine_errors("starting a container"):
            try:
                client.start(container)
            except APIError as error:
                return _not_started(error)
        with engine_errors("talking to a container"):
            if streams.begin is None:
                stream.close_input()
            else:
                stream.send(streams.begin())
            why = stream.read(
                lambda channel, piece: _hear(stream, streams, channel, piece),
                began + streams.deadline_s,
                lambda: not watch.engine_gone and streams.going() and _running(client, container),
                streams.idle_s,
            )
    finally:
        stream.close()
    killed = why in ("deadline", "idle", "enough") or not streams.going()
    if killed:
        kill(client, container)
    ended = (None if killed else _well_ended(watch, container)) or _how_it_ended(
        client, watch, container, killed
    )
    seconds = time.monotonic() - began
    ended = replace(ended, looked=touched(watch.actions(container)).looked)
    if why in ("deadline", "idle"):
        reason = f"killed after {streams.deadline_s:.0f} s"
        if why == "idle":
            reason = f"it printed nothing for {streams.idle_s:.0f} s"
        return replace(ended, outcome=Outcome.TIMED_OUT, reason=reason, seconds=seconds)
    if why == "enough":
        reason = "more output than its byte budget"
        return replace(ended, outcome=Outcome.OUTPUT_LIMIT, reason=reason, seconds=seconds)
    return replace(ended, seconds=seconds)


def _hear(stream: AttachedStream, streams: Streams, channel: int, piece: bytes) -> bool:
    """Pass on a piece of output and send the reply; return False once the container must stop."""
    if channel != STDOUT:
        return streams.noise(piece)
    due = streams.heard(piece)
    if due:
        stream.send(due)
    return due is not None


def _not_started(error: APIError) -> ContainerEnd:
    text = explanation(error)
    lowered = text.lower()
    if disk_full(text):
        raise error
    if "exec format error" in lowered:
        return ContainerEnd(outcome=Outcome.HOST_INCOMPATIBLE, reason=f"wrong architecture: {text}")
    if any(mark in lowered for mark in _MISSING):
        return ContainerEnd(outcome=Outcome.NO_INTERPRETER, reason=text)
    return ContainerEnd(outcome=Outcome.HOST_INCOMPATIBLE, reason=text)


def _running(client: APIClient, container: str) -> bool:
    state = _state(client, container)
    return state is not None and bool(state["Running"]) and not state.get("Paused")


def _state(client: APIClient, container: str) -> Mapping[str, Any] | None:
    """Return a container's state; None if it is gone or being removed, which Podman reports in
    several ways."""
    try:
        found: Mapping[str, Any] = client.inspect_container(container)["State"]
    except NotFound:
        return None
    except APIError as error:
        if "no such container" in explanation(error).lower():
            return None
        raise
    return found


def _well_ended(watch: EventWatch, container: str) -> ContainerEnd | None:
    """Return a normal end if the event stream reported exit status 0 and nobody touched the
    container; else None.

    This avoids an inspection, which an engine answers only after it has tidied up, some 10 ms
    later.
    """
    code = watch.exit_code(container, _END_HEARD_S)
    seen = watch.actions(container)
    disturbed = {"kill", "oom"} & set(seen) or touched(seen).changed
    return ContainerEnd(outcome=Outcome.OK, exit=0) if code == 0 and not disturbed else None


def _how_it_ended(
    client: APIClient, watch: EventWatch, container: str, killed: bool
) -> ContainerEnd:
    """Find out by inspection how a container ended, and check that against the event stream."""
    deadline = time.monotonic() + _EXIT_KNOWN_S
    while True:
        if watch.engine_gone:
            raise EngineError(
                "the engine went away while a container ran",
                remedy="see whether it still runs; records written so far are kept",
            )
        with engine_errors("asking how a container ended"):
            state = _state(client, container)
        if state is None:
            return ContainerEnd(outcome=Outcome.INTERFERED, reason="somebody removed the container")
        if not state["Running"] and state.get("Status") not in _GOING:
            break
        if state.get("Paused"):
            return ContainerEnd(outcome=Outcome.INTERFERED, reason="somebody paused the container")
        if time.monotonic() > deadline:
            kill(client, container)
            return ContainerEnd(
                outcome=Outcome.NO_ANSWER, reason="it closed its output, but ran on"
            )
        time.sleep(0.02)
    code = int(state["ExitCode"])
    watch.wait_for(container, "die", 2.0)
    seen = watch.actions(container)
    if state.get("OOMKilled") or (not killed and _out_of_memory(client, watch, container, code)):
        return ContainerEnd(
            outcome=Outcome.OUT_OF_MEMORY,
            reason="the kernel killed one of its processes",
            exit=code,
        )
    did = touched(seen).changed
    if not killed and "kill" in seen:
        did = ("killed or removed the container", *did)
    if not killed and did:
        return ContainerEnd(
            outcome=Outcome.INTERFERED, reason=f"somebody {' and '.join(did)}", exit=code
        )
    if code > 128:
        name = by = signal_name(code - 128)
        if code == _SIGKILLED and not killed and not row_of(client).tells_killer:
            if watch.wait_for(container, "remove", _OOM_HEARD_S):
                return ContainerEnd(
                    outcome=Outcome.INTERFERED, reason="somebody removed the container"
                )
            by += ", and the engine does not say why: out of memory, or killed from outside"
        return ContainerEnd(
            outcome=Outcome.CRASHED, reason=f"killed by {by}", exit=code, signal=name
        )
    if code != 0:
        return ContainerEnd(outcome=Outcome.NO_ANSWER, reason=f"exit status {code}", exit=code)
    return ContainerEnd(outcome=Outcome.OK, exit=code)


def _out_of_memory(client: APIClient, watch: EventWatch, container: str, code: int) -> bool:
    """Whether the kernel killed it at its memory limit, which the engine may learn only after the
    end."""
    if code != _SIGKILLED or "kill" in watch.actions(container):
        return False
    if watch.wait_for(container, "oom", _OOM_HEARD_S):
        return True
    with engine_errors("asking how a container ended"):
        return bool((_state(client, container) or {}).get("OOMKilled"))


def kill(client: APIClient, container: str) -> None:
    """Send SIGKILL, whatever the image's stop signal is; no error if the container is gone."""
    with engine_errors("killing a container"):
        try:
            client.kill(container, signal="SIGKILL")
        except APIError as error:
            if error.status_code not in (404, 409):
                raise


def remove(client: APIClient, container: str) -> None:
    """Remove a container and its anonymous volumes; no error if it is gone already."""
    with engine_errors("removing a container"):
        try:
            client.remove_container(container, force=True, v=True)
        except NotFound:
            pass
        except APIError as error:
            if "already in progress" not in explanation(error):
                raise

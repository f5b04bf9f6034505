"""One container for one pass: create, attach, start, listen, find out how it ended.

An answer counts only if its frame is whole, the exit code is known, and the engine did not go
away in between.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from docker import APIClient
from docker.errors import APIError, NotFound

from harness.engines.oci.capabilities import Capabilities
from harness.engines.oci.connection import disk_full, engine_errors, explanation
from harness.engines.oci.gpu import GpuHook
from harness.engines.oci.profile import HARNESS_DIR, USER, host_options
from harness.engines.oci.stream import STDOUT, AttachedStream
from harness.engines.oci.watch import EventWatch
from harness.errors import EngineError
from harness.model import Outcome, Profile

_EXIT_KNOWN_S = 60.0
_OOM_HEARD_S = 2.0
_END_HEARD_S = 0.05
_SIGKILLED = 137
_GOING = ("stopping", "removing")
"""States in which the exit code is not known yet."""
_MISSING = ("executable file not found", "no such file or directory", "not a directory")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a container ended. `outcome` ok: by itself, with a known exit code."""

    outcome: Outcome
    reason: str = ""
    exit: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Started:
    """What a container is started with."""

    image: str
    command: tuple[str, ...]
    scratch: str
    volume: str
    """Mounted read-only; empty: none."""
    profile: Profile
    labels: Mapping[str, str]
    row: Capabilities
    """What the engine can do."""
    cores: int
    """Cores of the engine's host."""
    gpu: GpuHook | None = None


def scratch_path() -> str:
    """A path that exists in no image."""
    return f"/scratch-{token_hex(4)}"


def run_container(
    client: APIClient,
    watch: EventWatch,
    what: Started,
    *,
    ready: Callable[[], object],
    stdin: Callable[[], bytes],
    heard: Callable[[bytes], bool],
    noise: Callable[[bytes], bool],
    deadline_s: float,
    spent: Callable[[str], object],
) -> Ended:
    """Run one container to its end, and hand it to `spent`, whatever happens.

    It is started when `ready` returns: what it mounts may be filled while it is made.
    `heard` and `noise` get standard output and standard error, and stop the container by
    returning False (the byte budget is used up). Raises EngineError when the engine is gone.
    """
    began = time.monotonic()
    with engine_errors("creating a container"):
        try:
            container = _create(client, what)
        except APIError as error:
            text = explanation(error)
            if "no such image" in text.lower() or disk_full(text):
                raise
            return Ended(outcome=Outcome.HOST_INCOMPATIBLE, reason=text)
    try:
        ready()
        return _run(client, watch, container, stdin, heard, noise, began, deadline_s, what.row)
    finally:
        spent(container)


def _create(client: APIClient, what: Started) -> str:
    profile = what.profile
    options = host_options(
        profile, what.row, scratch=what.scratch, volume=what.volume, cores=what.cores
    )
    if what.gpu:
        options["device_requests"] = [what.gpu.request()]
    made = client.create_container(
        image=what.image,
        entrypoint=list(what.command),
        command=[],
        user=f"{USER}:{USER}",
        working_dir="/",
        environment=dict(profile.environment),
        labels=dict(what.labels),
        healthcheck={"test": ["NONE"]},
        stop_signal="SIGKILL",
        stdin_open=True,
        tty=False,
        detach=False,
        volumes=[HARNESS_DIR] if what.volume else [],
        use_config_proxy=False,
        host_config=client.create_host_config(**options),
    )
    return str(made["Id"])


def _run(
    client: APIClient,
    watch: EventWatch,
    container: str,
    stdin: Callable[[], bytes],
    heard: Callable[[bytes], bool],
    noise: Callable[[bytes], bool],
    began: float,
    deadline_s: float,
    row: Capabilities,
) -> Ended:
    with engine_errors("attaching to a container"):
        stream = AttachedStream(client, container)
    try:
        with engine_errors("starting a container"):
            try:
                client.start(container)
            except APIError as error:
                return _not_started(error)
        with engine_errors("talking to a container"):
            stream.send_and_close_input(stdin())
            why = stream.read(
                lambda channel, piece: heard(piece) if channel == STDOUT else noise(piece),
                began + deadline_s,
                lambda: not watch.engine_gone and _running(client, container),
            )
    finally:
        stream.close()
    killed = why in ("deadline", "enough")
    if killed:
        kill(client, container)
    ended = (None if killed else _well_ended(watch, container)) or _how_it_ended(
        client, watch, container, killed, row
    )
    outcome, reason = ended.outcome, ended.reason
    if why == "deadline":
        outcome, reason = Outcome.TIMED_OUT, f"killed after {deadline_s:.0f} s"
    elif why == "enough":
        outcome, reason = Outcome.OUTPUT_LIMIT, "more output than its byte budget"
    return Ended(outcome=outcome, reason=reason, exit=ended.exit, seconds=time.monotonic() - began)


def _not_started(error: APIError) -> Ended:
    text = explanation(error)
    lowered = text.lower()
    if disk_full(text):
        raise error
    if "exec format error" in lowered:
        return Ended(outcome=Outcome.HOST_INCOMPATIBLE, reason=f"wrong architecture: {text}")
    if any(mark in lowered for mark in _MISSING):
        return Ended(outcome=Outcome.NO_INTERPRETER, reason=text)
    return Ended(outcome=Outcome.HOST_INCOMPATIBLE, reason=text)


def _running(client: APIClient, container: str) -> bool:
    state = _state(client, container)
    return state is not None and bool(state["Running"]) and not state.get("Paused")


def _state(client: APIClient, container: str) -> Mapping[str, Any] | None:
    """A container's state; None where it is gone, or going: Podman says so in several ways."""
    try:
        found: Mapping[str, Any] = client.inspect_container(container)["State"]
    except NotFound:
        return None
    except APIError as error:
        if "no such container" in explanation(error).lower():
            return None
        raise
    return found


def _well_ended(watch: EventWatch, container: str) -> Ended | None:
    """A plain end as the event stream told it: exit status 0, and nobody touched it.

    To an inspection an engine answers only after it has tidied up, some 10 ms later.
    """
    code = watch.exit_code(container, _END_HEARD_S)
    touched = {"kill", "pause", "oom"} & set(watch.actions(container))
    return Ended(outcome=Outcome.OK, exit=0) if code == 0 and not touched else None


def _how_it_ended(
    client: APIClient, watch: EventWatch, container: str, killed: bool, row: Capabilities
) -> Ended:
    """The exit code by inspection, checked against what the event stream saw."""
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
            return Ended(outcome=Outcome.INTERFERED, reason="somebody removed the container")
        if not state["Running"] and state.get("Status") not in _GOING:
            break
        if state.get("Paused"):
            return Ended(outcome=Outcome.INTERFERED, reason="somebody paused the container")
        if time.monotonic() > deadline:
            kill(client, container)
            return Ended(outcome=Outcome.NO_ANSWER, reason="its output ended, but it ran on")
        time.sleep(0.02)
    code = int(state["ExitCode"])
    watch.wait_for(container, "die", 2.0)
    seen = watch.actions(container)
    if state.get("OOMKilled") or (not killed and _out_of_memory(client, watch, container, code)):
        return Ended(
            outcome=Outcome.OUT_OF_MEMORY, reason="the kernel killed a process of it", exit=code
        )
    if not killed and ("kill" in seen or "pause" in seen):
        did = "killed or removed" if "kill" in seen else "paused"
        return Ended(outcome=Outcome.INTERFERED, reason=f"somebody {did} the container", exit=code)
    if code > 128:
        by = signal_name(code - 128)
        if code == _SIGKILLED and not killed and not row.tells_killer:
            if watch.wait_for(container, "remove", _OOM_HEARD_S):
                return Ended(outcome=Outcome.INTERFERED, reason="somebody removed the container")
            by += ", and the engine does not say why: for its memory, or by somebody"
        return Ended(outcome=Outcome.CRASHED, reason=f"killed by {by}", exit=code)
    if code != 0:
        return Ended(outcome=Outcome.NO_ANSWER, reason=f"exit status {code}", exit=code)
    return Ended(outcome=Outcome.OK, exit=code)


def _out_of_memory(client: APIClient, watch: EventWatch, container: str, code: int) -> bool:
    """Whether the kernel ended it for its memory limit: the engine may hear so after the end."""
    if code != _SIGKILLED or "kill" in watch.actions(container):
        return False
    if watch.wait_for(container, "oom", _OOM_HEARD_S):
        return True
    with engine_errors("asking how a container ended"):
        return bool((_state(client, container) or {}).get("OOMKilled"))


def signal_name(number: int) -> str:
    """SIGSEGV for 11; a number without a name as `signal N`."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def kill(client: APIClient, container: str) -> None:
    """SIGKILL, whatever the image's stop signal says; gone already is fine."""
    with engine_errors("killing a container"):
        try:
            client.kill(container, signal="SIGKILL")
        except APIError as error:
            if error.status_code not in (404, 409):
                raise


def remove(client: APIClient, container: str) -> None:
    """Remove a container and its anonymous volumes; gone already is fine."""
    with engine_errors("removing a container"):
        try:
            client.remove_container(container, force=True, v=True)
        except NotFound:
            pass
        except APIError as error:
            if "already in progress" not in explanation(error):
                raise

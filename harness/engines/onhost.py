"""Runs the guest runner as a process of this host: for interpreters of this host, and for probes
that ask a started container from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.engines import Pass, Performed
from harness.engines.guestwork import (
    exchange_of,
    guest_data,
    printed,
    runner_command,
    signal_name,
    with_beginning,
)
from harness.model import Outcome, Scalar
from harness.probing.exchange import Exchange

_OVERHEAD_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class OnHost:
    """The interpreter, folder and environment variables of a guest runner on this host."""

    interpreter: str
    folder: Path
    """A folder of its own; whoever made it removes it."""
    environment: Mapping[str, str]
    given: Mapping[str, Scalar] = field(default_factory=dict)
    """Settings that are added to those of every probe."""


def run_on_host(request: Pass, on: OnHost) -> Performed:
    """Run the guest runner as a process, which is killed with its process group at the deadline."""
    scratch = on.folder / "scratch"
    scratch.mkdir()
    for name, content in guest_data(request).items():
        path = on.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.symlink_to(content.absolute())
    return _run(request, on, scratch)


def _run(request: Pass, on: OnHost, scratch: Path) -> Performed:
    exchange = exchange_of(
        request, on.interpreter, scratch=str(scratch), at=str(on.folder), given=on.given
    )
    limit = _OVERHEAD_S + sum(question.probe.timeout_s for question in request.questions)
    began = time.monotonic()
    with tempfile.TemporaryFile() as noise:
        try:
            process = subprocess.Popen(
                runner_command(on.interpreter),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=noise,
                cwd="/",
                env=dict(on.environment),
                start_new_session=True,
            )
        except OSError as error:
            return Performed(answers={}, outcome=Outcome.NO_INTERPRETER, reason=str(error))
        late = threading.Timer(limit, _kill_group, (process.pid,))
        late.start()
        try:
            _talk(process, exchange)
            if not exchange.over_budget:
                _wait_shortly(process)
        finally:
            timed_out = not late.is_alive()
            late.cancel()
            _kill_group(process.pid)
            code = process.wait()
            if process.stdout is not None:
                process.stdout.close()
        noise.seek(0)
        said = noise.read(4000)
    outcome, reason, ended_by = Outcome.OK, "", ""
    if timed_out:
        outcome, reason = Outcome.TIMED_OUT, f"killed after {limit:.0f} s"
    elif exchange.over_budget:
        outcome, reason = Outcome.OUTPUT_LIMIT, "more output than its byte budget"
    elif code < 0 and code != -signal.SIGKILL:
        ended_by = signal_name(-code)
        outcome, reason = Outcome.CRASHED, f"killed by {ended_by}"
    elif code > 0 and not exchange.complete:
        outcome, reason = Outcome.NO_ANSWER, f"exit status {code}"
    exchange.end(whole=outcome is Outcome.OK)
    performed = Performed(
        answers=dict(exchange.answers),
        outcome=outcome,
        reason=reason,
        noise=printed(said, exchange),
        seconds=time.monotonic() - began,
        signal=ended_by,
        begun=exchange.begun,
    )
    return with_beginning(performed, on.interpreter)


def _talk(process: subprocess.Popen[bytes], exchange: Exchange) -> None:
    """Exchange requests and answers until the output ends or exceeds its budget."""
    assert process.stdin is not None
    assert process.stdout is not None
    due = exchange.begin()
    # A runner that has ended takes no input. That is no error here: its exit status shows why.
    with process.stdin as input_, suppress(BrokenPipeError):
        while True:
            if due:
                with suppress(BrokenPipeError):
                    input_.write(due)
                    input_.flush()
            piece = os.read(process.stdout.fileno(), 1 << 16)
            if not piece:
                return
            due = exchange.hear(piece)
            if exchange.over_budget:
                return


def _wait_shortly(process: subprocess.Popen[bytes]) -> None:
    """Let the process end by itself after its output, so that the exit status is its own."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)

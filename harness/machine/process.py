"""Runs a program of this host with a log, a time limit, and a way to stop it."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO

_POLL_S = 0.2
_GRACE_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramEnd:
    """How a program ended. `why` is empty if it ended by itself."""

    status: int
    last_lines: tuple[str, ...]
    why: str = ""


def run_program(
    command: Sequence[str],
    *,
    log: Path,
    limit_s: float,
    stop: Event,
    environment: Mapping[str, str],
    stdout: IO[bytes] | None = None,
) -> ProgramEnd:
    """Run a program to its end, or for `limit_s` seconds, or until `stop` is set.

    Its output is appended to `log`, except its standard output if `stdout` is given. It runs in a
    session of its own, and all processes of that session are ended with it. OSError if it cannot be
    started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as kept:
        kept.write(f"$ {shlex.join(command)}\n".encode())
        kept.flush()
        begins = kept.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=kept if stdout is None else stdout,
            stderr=kept,
            env=dict(environment),
            start_new_session=True,
        )
        try:
            why = _wait(process, time.monotonic() + limit_s, stop)
        finally:
            _end(process)
    with log.open("rb") as written:
        written.seek(begins)
        said = written.read()[-8000:].decode("utf-8", "backslashreplace")
    lines = [line for line in said.splitlines() if line.strip()]
    told = why and (
        f"it did not end within {limit_s:.0f} s" if why == "limit" else "it was stopped"
    )
    return ProgramEnd(status=process.returncode, last_lines=tuple(lines[-8:]), why=told)


def _wait(process: subprocess.Popen[bytes], deadline: float, stop: Event) -> str:
    while True:
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                return "stopped"
            if time.monotonic() > deadline:
                return "limit"
        else:
            return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Send SIGTERM, so that the program can clean up, and after a while SIGKILL to its session."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

"""What every engine hands to its environments: the guest runner, probes, data and questions, and
the list of what to install."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import harness.probing.guest
from harness.engines import Pass, Performed
from harness.model import Artifact, Lock, Outcome, Scalar
from harness.outcomes import INFRASTRUCTURE
from harness.probing.exchange import Exchange, ProbeRequest, Session

START = ("-E", "-s", "-S", "-c")
"""Options of the runner's interpreter, so that nothing that the image adds to Python's start is
imported."""
START_AT_HOME = START[1:]
"""The same without `-E`, for an interpreter that needs PYTHONHOME to find its library."""
_HOMELESS = "encodings"
"""The first module that Python imports: such an interpreter names it when it fails with `-E`."""
_ANSWER_BYTES = 4 * 1024**2
_NOISE_BYTES = 16 * 1024
_PROBE_OUTPUT_BYTES = 64 * 1024**2
_NOISE_TEXT = 16_000
"""Most characters of kept noise; a byte that is no text takes four of them."""
_TOLD_ALREADY = (Outcome.NO_INTERPRETER, Outcome.HOST_INCOMPATIBLE)
"""Outcomes that imply that no probe had begun."""


def guest_text(name: str) -> str:
    """Return the source text of a guest file: `runner` or `asking`."""
    return Path(harness.probing.guest.__file__).with_name(f"{name}.py").read_text("ascii")


def runner_command(interpreter: str, start: tuple[str, ...] = START) -> tuple[str, ...]:
    """Return the command that starts the guest runner."""
    return (interpreter, *start, guest_text("runner"))


def needs_its_home(performed: Performed) -> bool:
    """Whether the interpreter failed because it needs PYTHONHOME to start."""
    return (
        performed.outcome is Outcome.NO_ANSWER
        and not performed.answers
        and _HOMELESS in performed.noise
    )


def signal_name(number: int) -> str:
    """Return a signal's name, such as SIGSEGV for 11, or `signal N` if it has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def printed(noise: bytes | bytearray, exchange: Exchange) -> str:
    """Return the end of what was printed beside the answers, as text."""
    return (noise or exchange.noise).decode("utf-8", "backslashreplace")[-_NOISE_TEXT:]


def with_beginning(performed: Performed, interpreter: str) -> Performed:
    """Add to the reason, if it is so, that the interpreter ended before any probe had begun."""
    if performed.begun or performed.outcome in (*INFRASTRUCTURE, *_TOLD_ALREADY):
        return performed
    outcome = performed.outcome if performed.outcome is not Outcome.OK else Outcome.NO_ANSWER
    why = performed.reason or "it ended without an answer, with exit status 0"
    reason = f"{interpreter}: {why}, before any probe had begun"
    return replace(performed, outcome=outcome, reason=reason)


def guest_data(request: Pass) -> dict[str, Path | bytes]:
    """Return the files of the data set: relative path -> content."""
    return {f"data/{name}": path for name, path in request.dataset.items()}


def exchange_of(
    request: Pass,
    interpreter: str,
    *,
    scratch: str,
    at: str,
    alone: bool = False,
    given: Mapping[str, Scalar] | None = None,
) -> Exchange:
    """Return the conversation about the questions of a pass.

    `at` is the folder with the guest's data; `alone` says that it has a process namespace of its
    own; `given` is added to the settings of every probe.
    """
    where = PurePosixPath(at)
    session = Session(
        interpreter=interpreter,
        asking=guest_text("asking"),
        scratch=scratch,
        limits={
            "answer_bytes": _ANSWER_BYTES,
            "noise_bytes": _NOISE_BYTES,
            "total_bytes": _PROBE_OUTPUT_BYTES,
        },
        alone=alone,
    )
    requests = [
        ProbeRequest(
            name=question.probe.name,
            path=str(where / "probes" / f"{question.probe.name}.py"),
            source=question.probe.source,
            timeout_s=question.probe.timeout_s,
            settings={**question.settings, **(given or {})},
            data_dir=str(where / "data") if question.probe.dataset else None,
            round=request.round,
        )
        for question in request.questions
    ]
    return Exchange(session, requests, request.profile.output_bytes, asks=request.asks)


def install_list(lock: Lock) -> bytes:
    """Return the JSON that install.py reads: names, files and hashes, with tools in their order."""

    def rows(artifacts: tuple[Artifact, ...]) -> list[dict[str, str]]:
        return [
            {"name": each.name, "filename": each.filename, "sha256": each.sha256}
            for each in artifacts
        ]

    return json.dumps(
        {"tools": rows(lock.tools), "distributions": rows(lock.distributions)}
    ).encode()

"""Talk to the guest runner as an engine does: a request on its input, frames on its output."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.engines.guestwork import START
from harness.probing.answer import Answer
from harness.probing.exchange import Exchange, ProbeRequest, Session

ROOT = Path(__file__).parents[2]
GUEST = ROOT / "harness" / "probing" / "guest"
RUNNER, ASKING = GUEST / "runner.py", GUEST / "asking.py"
PROBES = ROOT / "probes"
SUBSET = ROOT / "harness" / "datasets" / "mnist-subset"
LIMITS = {"answer_bytes": 200_000, "noise_bytes": 1000, "total_bytes": 100_000}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One probe of a request."""

    path: Path
    timeout_s: float = 60.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    data: Path | None = None

    @property
    def name(self) -> str:
        return self.path.stem


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What came back."""

    answers: Mapping[str, Answer]
    stdout: bytes
    stderr: str
    status: int
    sent: bytes
    """All that the runner was sent: its markers are in it."""

    @property
    def markers(self) -> list[str]:
        """The markers that were handed out, in their order."""
        return [json.loads(line)["marker"] for line in self.sent.splitlines()[1:] if line]


def converse(
    python: str,
    asked: Sequence[Asked],
    scratch: Path | None,
    *,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    folder: Path = Path("/"),
) -> Heard:
    """Ask the runner these probes, as an engine does.

    It starts in the folder `cwd`; probes run in `folder`.
    """
    session = Session(
        interpreter=python,
        asking=ASKING.read_text("ascii"),
        scratch=str(scratch) if scratch else "",
        folder=str(folder),
        limits=LIMITS,
    )
    requests = [
        ProbeRequest(
            name=one.name,
            path=f"/nowhere/{one.path.name}",
            source=one.path.read_text("utf-8"),
            timeout_s=one.timeout_s,
            settings=one.settings,
            data_dir=str(one.data) if one.data else None,
        )
        for one in asked
    ]
    exchange = Exchange(session, requests, 10_000_000)
    said, sent = b"", exchange.begin()
    with (
        tempfile.TemporaryFile() as noise,
        subprocess.Popen(
            [python, *START, RUNNER.read_text("ascii")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=noise,
            env=env,
            cwd=cwd,
        ) as runner,
    ):
        assert runner.stdin is not None
        assert runner.stdout is not None
        due = sent
        while True:
            with suppress(BrokenPipeError):  # It ends by itself where it was disturbed.
                runner.stdin.write(due)
                runner.stdin.flush()
            piece = os.read(runner.stdout.fileno(), 1 << 16)
            if not piece:
                break
            said += piece
            due = exchange.hear(piece)
            sent += due
        with suppress(BrokenPipeError):
            runner.stdin.close()
        status = runner.wait(60)
        noise.seek(0)
        errors = noise.read().decode()
    exchange.end(whole=True)
    return Heard(answers=exchange.answers, stdout=said, stderr=errors, status=status, sent=sent)


def alive(pid: int) -> bool:
    """Whether a process is there and more than a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"

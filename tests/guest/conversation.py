"""Talk to the guest runner as an engine does: a request on its input, frames on its output."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

from harness.probing.framing import Answer, FrameReader

ROOT = Path(__file__).parents[2]
RUNNER = ROOT / "harness" / "probing" / "guest" / "runner.py"
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
    markers: Mapping[str, str]


def converse(
    python: str,
    asked: Sequence[Asked],
    scratch: Path | None,
    *,
    env: dict[str, str] | None = None,
    files: bool = True,
) -> Heard:
    """`files`: runner and probes lie in files; else they come as text."""
    text = RUNNER.read_text("ascii")
    markers = {token_hex(16): one.name for one in asked}
    request = {
        "scratch": str(scratch) if scratch else None,
        "limits": LIMITS,
        "probes": [
            {
                "name": one.name,
                "path": str(one.path) if files else f"/nowhere/{one.path.name}",
                "source": None if files else one.path.read_text("utf-8"),
                "marker": marker,
                "timeout_s": one.timeout_s,
                "settings": one.settings,
                "data_dir": str(one.data) if one.data else None,
            }
            for marker, one in zip(markers, asked, strict=True)
        ],
    }
    done = subprocess.run(
        [python, str(RUNNER)] if files else [python, "-c", text],
        input=json.dumps(request).encode() + b"\nnot read\n",
        capture_output=True,
        env=env,
        timeout=300,
        check=False,
    )
    reader = FrameReader(markers, 10_000_000)
    reader.feed(done.stdout)
    reader.close()
    return Heard(
        answers=reader.answers,
        stdout=done.stdout,
        stderr=done.stderr.decode(),
        status=done.returncode,
        markers=markers,
    )


def alive(pid: int) -> bool:
    """Whether a process is there and more than a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"

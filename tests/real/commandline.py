"""The installed command line as a user starts it, with a store and reports of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.model import Record, Run
from harness.store.store import Store

PROGRAM = Path(sys.executable).with_name("harness")
PATIENCE_S = 1500


@dataclass(frozen=True, kw_only=True)
class Said:
    """The output of one command, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return f"exit status {self.status}\n{self.err}\n{self.out}"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder to run the harness in. The cache is the user's own, so that nothing is fetched
    twice."""

    folder: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def store_path(self) -> Path:
        return self.folder / "store.sqlite3"

    def environment(self) -> dict[str, str]:
        self.temporary.mkdir(parents=True, exist_ok=True)
        own = ("HARNESS_STORE", "HARNESS_REPORTS", "HARNESS_DATA")
        return {
            **{name: value for name, value in os.environ.items() if name not in own},
            "HARNESS_STORE": str(self.store_path),
            "HARNESS_REPORTS": str(self.folder / "reports"),
            "HARNESS_DOWNLOAD": "0",
            "TMPDIR": str(self.temporary),
            **self.extra,
        }

    def harness(
        self,
        *arguments: str,
        status: int = 0,
        or_status: int | None = None,
        patience_s: float = PATIENCE_S,
    ) -> Said:
        """Run one command to its end; any other than the expected exit status fails the test.
        `or_status` is a second accepted one, if the status depends on the processor."""
        ended = subprocess.run(
            [PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
        said = Said(status=ended.returncode, out=ended.stdout, err=ended.stderr)
        assert said.status in (status, or_status), said.text
        return said

    @contextmanager
    def started(
        self, *arguments: str, program: Sequence[str | Path] = (PROGRAM,)
    ) -> Iterator[subprocess.Popen[str]]:
        """A command that is running; it is killed at the end in any case."""
        with (
            (self.folder / "err.txt").open("w", encoding="utf-8") as err,
            subprocess.Popen(
                [*program, *arguments],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def told(self) -> str:
        """What the started command has written to standard error so far."""
        return (self.folder / "err.txt").read_text("utf-8")

    def report(self, *arguments: str) -> dict[str, Any]:
        """A run's report as JSON (of the latest run by default), whatever its exit status."""
        target = self.folder / "asked-report.json"
        asked = arguments or ("latest",)
        command = [str(PROGRAM), "report", *asked, "--format", "json", "--output", str(target)]
        subprocess.run(command, cwd=self.folder, env=self.environment(), timeout=60, check=False)
        found: dict[str, Any] = json.loads(target.read_text("utf-8"))
        return found

    def runs(self) -> tuple[str, ...]:
        """Ids of the runs in the store, newest first."""
        with Store(self.store_path, readonly=True) as store:
            return tuple(run.id for run in store.runs())

    def recorded(self, run: str = "") -> tuple[Run, tuple[Record, ...]]:
        """A run (the newest made here by default) and its records, from the store."""
        with Store(self.store_path, readonly=True) as store:
            found = store.run(run) if run else store.latest_run()
            assert found is not None, "there is no run"
            return found, store.records(found.id)


def wait_until(holds: Callable[[], object], process: subprocess.Popen[str], why: str) -> None:
    """Wait until something holds while a command runs; its early end fails the test."""
    deadline = time.monotonic() + 300
    while not holds():
        assert process.poll() is None, f"it ended before {why}"
        assert time.monotonic() < deadline, f"never came to: {why}"
        time.sleep(0.05)


def end(process: subprocess.Popen[str], number: signal.Signals) -> int:
    """Send a signal and wait; returns the exit status as a shell reports it."""
    process.send_signal(number)
    process.communicate(timeout=60)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode

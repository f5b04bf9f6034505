"""The first ten minutes of somebody who has the wheel and nothing else, recorded as text.

    python tests/process/first_ten_minutes.py BIN FOLDER IMAGE >> docs/first-ten-minutes.md

BIN is the folder with `harness` (and the `python3` that is meant), FOLDER an empty one, IMAGE an
image that has TensorFlow 2.21.0. Without an engine, the same is run where no engine answers. What a
command prints is recorded as it is; `test_first_minutes.py` runs the same again from a wheel that
was made of this checkout, and holds what must be the same against the page.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

IMAGE = "team/app:1"
SUITE = """\
version: 1
cells: [{{id: mine, image: "{image}", framework: {{tensorflow: "2.21.0"}}}}]
"""
STEPS = (
    "harness run",
    "harness init",
    "harness plan",
    "harness run",
    "",  # the two lines for an image are written here
    "harness plan",
    "harness run",
    "harness compare mine host:python3",
    "harness report --list",
    "harness export latest run.jsonl",
)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A command, what it printed, and its exit status."""

    command: str
    printed: str
    status: int

    def text(self) -> str:
        """As it stands on the page."""
        return f"$ {self.command}\n{self.printed}[exit status {self.status}]\n"


def record(folder: Path, environment: Mapping[str, str], image: str) -> Iterator[Recorded]:
    """Do every step in a folder; what each printed, standard error included."""
    for command in STEPS:
        if not command:
            (folder / "matrix.yaml").write_text(SUITE.format(image=image), encoding="utf-8")
            continue
        ended = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        yield Recorded(command=command, printed=ended.stdout, status=ended.returncode)


def newcomer(bin_folder: Path, home: Path) -> dict[str, str]:
    """The environment of somebody with nothing of ours but the program."""
    kept = {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}
    path = f"{bin_folder}:/usr/local/bin:/usr/bin:/bin"
    return {**kept, "HOME": str(home), "PATH": path, "LANG": "C.UTF-8"}


if __name__ == "__main__":
    programs, where, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    for one in record(where, newcomer(programs, where.parent / "home"), name):
        print(one.text(), flush=True)

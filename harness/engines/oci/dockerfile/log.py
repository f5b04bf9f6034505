"""Writes a builder's output to the log, within a budget and without the values of secrets, and
finds the step that it was at, by the line of the original Dockerfile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import IO

from harness.dockerfiles.rendering import RenderedStep, Resolved
from harness.engines.oci.building import OUTPUT_BYTES

LAST_LINES = 12
_LINE = 1000
_MASKED = "(a secret)"
_SHORTEST = 4
"""Fewest characters of a secret that is masked: a shorter text would be found everywhere."""
_CLASSIC = re.compile(r"Step (\d{1,5})/\d{1,5} : ")
_PODMAN = re.compile(r"(?:\[(\d{1,4})/\d{1,4}\] )?STEP (\d{1,5})/\d{1,5}: ")
_VERTEX = re.compile(r"#(\d{1,6}) \[(?:(\S{1,200}) +)?(\d{1,5})/\d{1,5}\] ")
_VERTEX_FAILED = re.compile(r"#(\d{1,6}) ERROR: ")
_PARSE_LINE = re.compile(r"parse error (?:on )?line (\d{1,7})", re.IGNORECASE)
_COUNTED = ("FROM", "RUN", "COPY", "ADD", "WORKDIR")
"""The instructions that BuildKit numbers."""


class BuildLog:
    """Takes a builder's output line by line."""

    def __init__(self, out: IO[str], resolved: Resolved, secrets: Sequence[str] = ()) -> None:
        self._out = out
        self._resolved = resolved
        self._masked = sorted(
            {
                line
                for secret in secrets
                for line in (secret, *secret.splitlines())
                if len(line.strip()) >= _SHORTEST
            },
            key=len,
            reverse=True,
        )
        self._left = OUTPUT_BYTES
        self._line = ""
        self._lines: list[str] = []
        self._at = 0
        self._podman: tuple[int, int] | None = None
        self._vertices: dict[str, tuple[str, int]] = {}
        self._failed = ""

    def hear(self, text: str) -> bool:
        """Take the next piece of output; return False once it is more than a build may print."""
        *whole, self._line = (self._line + text).split("\n")
        for line in whole:
            self._take(line)
        if len(self._line) > 64 * _LINE:
            self._take(self._line)
            self._line = ""
        return self._left >= 0

    def close(self) -> None:
        """Take the last, unfinished line: the output has ended."""
        if self._line:
            self._take(self._line)
            self._line = ""

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines that are not empty."""
        return tuple(self._lines)

    @property
    def masked(self) -> Callable[[str], str]:
        """A function that masks secrets in any text."""
        return self._without_secrets

    def step(self, said: str = "") -> RenderedStep | None:
        """Return the step that the builder was at, or that `said`, its last message, refers to;
        None if unknown."""
        if found := _PARSE_LINE.search(said):
            return self._of_line(int(found[1]))
        steps = self._resolved.steps
        if self._failed in self._vertices:
            return self._of_vertex(*self._vertices[self._failed])
        if self._podman is not None:
            stage, number = self._podman
            inside = [one for one in steps if one.stage == stage]
            return inside[number - 1] if 0 < number <= len(inside) else None
        return steps[self._at - 1] if 0 < self._at <= len(steps) else None

    def _take(self, line: str) -> None:
        line = self._without_secrets(line.rstrip("\r"))
        self._left -= len(line.encode("utf-8", "backslashreplace")) + 1
        if self._left < 0:
            return
        self._out.write(line + "\n")
        self._out.flush()
        if line.strip():
            self._lines.append(line[:_LINE])
            del self._lines[:-LAST_LINES]
        self._notice(line)

    def _notice(self, line: str) -> None:
        # A step may print anything, so only the next number is accepted.
        if (found := _CLASSIC.match(line)) and int(found[1]) == self._at + 1:
            self._at += 1
        elif found := _PODMAN.match(line):
            self._podman = (int(found[1] or 1) - 1, int(found[2]))
        elif found := _VERTEX.match(line):
            self._vertices.setdefault(found[1], (found[2] or "", int(found[3])))
        elif found := _VERTEX_FAILED.match(line):
            self._failed = self._failed or found[1]

    def _of_vertex(self, stage: str, number: int) -> RenderedStep | None:
        names = [one for one in self._resolved.steps if one.name == "FROM"]
        named = {}
        for place, one in enumerate(names):
            words = one.text.split()
            named[words[3] if len(words) == 4 else f"stage-{place}"] = place
        place = named.get(stage, 0 if len(names) == 1 else -1)
        inside = [
            one for one in self._resolved.steps if one.stage == place and one.name in _COUNTED
        ]
        return inside[number - 1] if 0 < number <= len(inside) else None

    def _of_line(self, line: int) -> RenderedStep | None:
        begins = self._resolved.text.split("\n").index(self._resolved.steps[0].text.split("\n")[0])
        for one in self._resolved.steps:
            begins += one.text.count("\n") + 1
            if line <= begins:
                return one
        return None

    def _without_secrets(self, text: str) -> str:
        for one in self._masked:
            text = text.replace(one, _MASKED)
        return text


def failure(log: BuildLog, said: str, shown: str) -> str:
    """Describe why a build failed: the step's line in the Dockerfile `shown`, the builder's message
    `said`, and the last lines of output."""
    said = log.masked(" ".join(said.split()))[:_LINE]
    step = log.step(said)
    lines = []
    if step is not None and step.line:
        first = step.text.split("\n")[0].strip()
        lines.append(f"{shown}:{step.line}: {first[:200]}")
    lines.append(said)
    return "\n".join([*lines, "last lines:", *log.last])

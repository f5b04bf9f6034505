"""A page of documentation that can be followed: its files are written, its commands are run.

An info string says what a fenced block is: `console [FOLDER]` are commands after `$` with what they
print, `...` standing for anything; a language and a path is a file to write.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w+)[ ]?(\S*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A file to write, or a command and what it should print."""

    folder: str = ""
    """Where the command is run, relative to the project; empty: where the last one ended."""
    file: str = ""
    content: str = ""
    command: str = ""
    printed: str = ""


def steps(page: str) -> Iterator[Step]:
    """What a page asks its reader to do, in order."""
    for kind, about, text in _BLOCK.findall(page):
        if kind == "console":
            for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                line, _, printed = command.partition("\n")
                yield Step(folder=about, command=line, printed=printed)
        elif about:
            yield Step(file=about, content=text)


def pattern(printed: str) -> re.Pattern[str]:
    """What output must be to be as printed: `...` is anything, a row of = of any length."""
    lines = []
    for line in printed.splitlines():
        if line == "...":
            lines.append("(?:.*\n)*?")
            continue
        said = re.escape(line).replace(re.escape("..."), ".*")
        lines.append(re.sub("={3,}", "=+", said) + r"[ ]*\n")
    return re.compile("".join(lines) or "(?:.*\n)*")


@dataclass(kw_only=True)
class Reader:
    """Somebody who follows a page in a folder."""

    folder: Path
    project: Path
    environment: Mapping[str, str]

    def follow(self, page: str) -> int:
        """Do all it says; how many commands those were. Fails at the first that goes otherwise."""
        count = 0
        for step in steps(page):
            if step.file:
                path = self.folder / step.file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(step.content, encoding="utf-8")
            elif step.command.startswith("cd "):
                self.folder /= step.command.removeprefix("cd ")
            else:
                count += 1
                self._try(step)
        return count

    def _try(self, step: Step) -> None:
        ended = subprocess.run(
            ["bash", "-c", step.command],
            cwd=self.project / step.folder if step.folder else self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        told = f"$ {step.command}\n{ended.stdout}"
        assert 0 == ended.returncode, told
        assert pattern(step.printed).fullmatch(ended.stdout), (
            f"{told}\nshould have printed:\n{step.printed}"
        )

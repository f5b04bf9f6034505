"""Parse the commands of RUN instructions, and what they have pip, conda and apt install."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from harness.check.dockerfile.checked import CheckedDockerfile
from harness.compare.requirements import Unparsed, parsed
from harness.dockerfiles.parsing import Instruction
from harness.dockerfiles.stages import Stage, StageStep
from harness.dockerfiles.variables import Scope, UnknownValue

_BETWEEN = re.compile(r"&&|\|\||;|\n|\|(?!\|)")
_PIP = re.compile(r"(?:\S*/)?pip(\d(?:\.\d{1,2})?)?")
_PYTHON = re.compile(r"(?:\S*/)?python(\d(?:\.\d{1,2})?)?")
_TAKES_VALUE = frozenset(
    (
        *("-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url"),
        *("-f", "--find-links", "--target", "-t", "--prefix", "--root", "--trusted-host"),
        *("--proxy", "--timeout", "--retries", "--cache-dir", "--src", "--platform"),
    )
)
_LONGEST = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PipInstall:
    """One requirement that pip installs."""

    line: int
    name: str
    """In lower case with dashes; empty if it could not be parsed."""
    specifier: str
    python: str
    """The Python version in the command's name: `3`, `3.6`, `2`; empty if there is none."""
    of_file: str = ""
    """The requirements file that lists it; empty if it is in the command itself."""
    stage: int = 0

    @property
    def pinned(self) -> str:
        """The version it is pinned to; empty if it is not pinned."""
        found = re.fullmatch(r"={2,3}\s*([^*,\s]+)", self.specifier)
        return found[1] if found else ""


def commands(step: StageStep) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, words) for every command of a RUN instruction."""
    one = step.instruction
    if one.name != "RUN":
        return
    if one.is_json:
        words = list(one.arguments)
        if len(words) > 2 and words[0].endswith("sh") and words[1] in ("-c", "-lc", "-ec"):
            yield from _parts(words[2], one, step.scope)
        else:
            yield one.line, words
        return
    yield from _parts(one.said, one, step.scope)
    for heredoc in one.heredocs:
        yield from _parts(heredoc.content, one, step.scope)


def _parts(text: str, one: Instruction, scope: Scope) -> Iterator[tuple[int, list[str]]]:
    raw = one.text.split("\n")
    at = 0
    for part in _BETWEEN.split(text[:_LONGEST]):
        words = _words(part, scope)
        if words:
            # The first line from the previous command's line on that contains these words.
            needle = part.split("\\")[0].strip()[:20]
            found = next((n for n in range(at, len(raw)) if needle and needle in raw[n]), at)
            at = found
            yield one.line + found, words


def _words(part: str, scope: Scope) -> list[str]:
    try:
        words = shlex.split(part, comments=True)
    except ValueError:
        words = part.split()
    made = []
    for word in words:
        try:
            made.append(scope.expand(word) if "$" in word else word)
        except UnknownValue:
            made.append(word)
    while made and re.fullmatch(r"[A-Za-z_]\w*=.*", made[0]):
        made = made[1:]  # a variable for this command
    return made


def pip_installs(checked: CheckedDockerfile) -> Iterator[PipInstall]:
    """Every requirement that pip installs, in the order written."""
    for stage in checked.layout.stages:
        for step in stage.steps:
            for line, words in commands(step):
                yield from _of_command(checked, stage, line, words)


def _of_command(
    checked: CheckedDockerfile, stage: Stage, line: int, words: list[str]
) -> Iterator[PipInstall]:
    found = pip_command(words)
    if found is None:
        return
    python, rest = found
    if not rest or rest[0] != "install":
        return
    place, waiting = 1, ""
    while place < len(rest):
        word = rest[place]
        place += 1
        if word in (">", ">>", "2>"):
            place += 1
            continue
        if word in _TAKES_VALUE:
            waiting = rest[place] if place < len(rest) else ""
            place += 1
            if word in ("-r", "--requirement"):
                yield from _of_file(checked, stage, line, waiting, python)
            continue
        if word.startswith("--requirement=") or (word.startswith("-r") and len(word) > 2):
            name = word.partition("=")[2] if "=" in word else word[2:]
            yield from _of_file(checked, stage, line, name, python)
            continue
        if word.startswith("-") or word in (".", "..") or "://" in word or "/" in word:
            continue
        yield _install(word, stage, line, python, "")


def pip_command(words: list[str]) -> tuple[str, list[str]] | None:
    """(Python version in the command's name, words after pip); None if the command is not pip."""
    if words and words[0] == "sudo":
        words = words[1:]
    if not words:
        return None
    if found := _PIP.fullmatch(words[0]):
        return found[1] or "", _from_command(words[1:])
    found = _PYTHON.fullmatch(words[0])
    rest = [word for word in words[1:] if word not in ("-B", "-s", "-E", "-I", "-u")]
    if found and rest[:2] == ["-m", "pip"]:
        return found[1] or "", _from_command(rest[2:])
    return None


def _from_command(words: list[str]) -> list[str]:
    """The words with pip's global options moved behind pip's own command."""
    options = []
    while words and words[0].startswith("-"):
        options.append(words[0])
        words = words[1:]
    return [*words, *options]


def _of_file(
    checked: CheckedDockerfile, stage: Stage, line: int, name: str, python: str
) -> Iterator[PipInstall]:
    text = requirements_text(checked, name)
    for row in (text or "").splitlines():
        row = row.split(" #")[0].strip()
        if row and not row.startswith(("#", "-")) and "://" not in row:
            yield _install(row, stage, line, python, name)


def requirements_text(checked: CheckedDockerfile, name: str) -> str | None:
    """The text of a requirements file, by the name in the command; None if it is not known."""
    last = name.rpartition("/")[2]
    for path, text in checked.files.items():
        if path == name or path.rpartition("/")[2] == last:
            return text
    return None


def _install(text: str, stage: Stage, line: int, python: str, file: str) -> PipInstall:
    name, specifier = "", ""
    try:
        wanted = parsed(text)
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        specifier = str(wanted.specifier)
    except Unparsed:
        pass
    return PipInstall(
        line=line,
        name=name,
        specifier=specifier,
        python=python,
        of_file=file,
        stage=stage.number,
    )


def apt_installed(step: StageStep) -> frozenset[str]:
    """The words of a RUN's package manager commands (apt, yum, apk, dnf), package names among
    them."""
    found: set[str] = set()
    for _, words in commands(step):
        rest = words[1:] if words[0] == "sudo" else words
        if rest[:1] and rest[0] in ("apt-get", "apt", "yum", "apk", "dnf", "microdnf"):
            found |= {word.partition("=")[0] for word in rest[1:] if not word.startswith("-")}
    return frozenset(found)


def conda_python(checked: CheckedDockerfile) -> str:
    """The Python (major.minor) that conda installs; empty if none."""
    for stage in checked.layout.stages:
        for step in stage.steps:
            for _, words in commands(step):
                if words[0].rpartition("/")[2] in ("conda", "mamba", "micromamba"):
                    for word in words[1:]:
                        if found := re.fullmatch(r"python=+(\d\.\d{1,2})(?:\.\d+)?", word):
                            return found[1]
    return ""

"""Finds the cause in a traceback: the line a person would quote, what is known about its kind, and
what to do about it, which depends on where the environment comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from harness.model import Cell, Raised

_LINES = 2000
_LINE_LIMIT = 2000
_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w*\.){0,8}[A-Z]\w{0,80}: \S")
_NO_CAUSE = ": Traceback (most recent call last)"
_CHAINED = re.compile(r"(?:During handling of|The above exception was) ")
_FRAME = re.compile(
    r'  File "(?P<file>[^"\n]{1,400})", line (?P<line>\d{1,9})(?:, in (?P<where>.+))?'
)


class MadeFrom(StrEnum):
    """Where an environment comes from, which decides what a person can change."""

    BUILT = "built"
    """Built from a row of the suite: what it installs is in the row, and locked."""
    DOCKERFILE = "dockerfile"
    """Built from a Dockerfile of the suite, which says what it installs."""
    IMAGE = "image"
    """An existing image, made elsewhere."""
    HOST = "host"
    """An existing interpreter of this host."""


def made_from(cell: Cell) -> MadeFrom:
    """Return where a cell's environment comes from."""
    if cell.host:
        return MadeFrom.HOST
    if cell.build is not None:
        return MadeFrom.DOCKERFILE
    return MadeFrom.IMAGE if cell.image else MadeFrom.BUILT


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Why something raised: the whole line of the exception, the part to quote, its meaning, and
    the remedy. The last two may be empty, where nothing more is known than the line says."""

    line: str
    headline: str
    meaning: str = ""
    remedy: str = ""
    what: str = ""
    """The library, symbol version, module or name that is missing; empty where none is named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    pattern: re.Pattern[str]
    headline: str
    meaning: str
    built: str
    image: str
    host: str
    dockerfile: str

    def remedy(self, origin: MadeFrom) -> str:
        return {
            MadeFrom.BUILT: self.built,
            MadeFrom.DOCKERFILE: self.dockerfile,
            MadeFrom.IMAGE: self.image,
            MadeFrom.HOST: self.host,
        }[origin]


# Only messages of the dynamic loader and the interpreter belong here: they hold for any framework.
_KINDS = (
    _Kind(
        pattern=re.compile(r"(?P<what>[\w.+-]{1,200}\.so[\w.+-]{0,60}): cannot open shared object"),
        headline="{what}: cannot open shared object file",
        meaning="the environment lacks the shared library {what}, or the loader does not find it",
        built="use a base that has {what} (a GPU build needs the CUDA release it was built for), "
        "or a build that does not need it",
        image="use an image that has {what} (a GPU build needs the CUDA release it was built for), "
        "or one whose build does not need it",
        host="install what has {what} on this host (a GPU build needs the CUDA release it was "
        "built for), or a build that does not need it",
        dockerfile="have the Dockerfile install what has {what}, or begin FROM an image that has "
        "it (a GPU build needs the CUDA release it was built for)",
    ),
    _Kind(
        pattern=re.compile(r"version [`'](?P<what>[A-Z]{1,20}_[\w.]{1,40})' not found"),
        headline="the symbol version {what} was not found",
        meaning="a binary was built against a newer system library than the environment has",
        built="use a newer base, or a release built for this one",
        image="use an image of a newer system, or one with a release built for this one",
        host="install a release built for this system, or use a newer system",
        dockerfile="begin FROM a newer system, or install a release built for this one",
    ),
    _Kind(
        pattern=re.compile(r"No module named '?(?P<what>[\w.]{1,200})'?"),
        headline="there is no module named {what}",
        meaning="{what} is not installed for the interpreter that was used",
        built="add the distribution that has it to the cell's `install`, then `harness lock`",
        image="use an image that has it, or make one of this image that installs it",
        host="install the distribution that has it for that interpreter",
        dockerfile="have the Dockerfile install the distribution that has it",
    ),
    _Kind(
        pattern=re.compile(r"cannot import name '?(?P<what>[\w.]{1,200})'?"),
        headline="{what} cannot be imported: its module exists, but does not have it",
        meaning="a dependency has another version than the importing code was written for",
        built="pin the dependency in the cell's `constraints`, then `harness lock`",
        image="use an image whose packages fit together, or make one of this image that installs "
        "the dependency in the version that is wanted",
        host="install the dependency in the version that the importing code wants",
        dockerfile="pin the dependency in the Dockerfile, in the version that is wanted",
    ),
)


def cause_of(raised: Raised, origin: MadeFrom = MadeFrom.BUILT) -> Cause:
    """Return the first cause in what was raised.

    A chained traceback shows its root first, and an exception raised from a message contains it in
    that message. So the first line of the form `SomeError: why` is the cause.
    """
    line = _first_cause(raised)
    for kind in _KINDS:
        if found := kind.pattern.search(line):
            what = {"what": found["what"]}
            return Cause(
                line=line,
                headline=kind.headline.format(**what),
                meaning=kind.meaning.format(**what),
                remedy=kind.remedy(origin).format(**what),
                what=found["what"],
            )
    return Cause(line=line, headline=line)


def absent(module: str) -> str:
    """Return the headline of a cause that says that a module is missing."""
    return f"there is no module named {module}"


def final_exception(raised: Raised) -> str:
    """Return the last line of the traceback of the form `SomeError: why`, otherwise the type and
    message of what was raised."""
    lines = [line.strip()[:_LINE_LIMIT] for line in raised.traceback.splitlines()[-_LINES:]]
    named = [line for line in lines if _is_exception(line)]
    return named[-1] if named else _told(raised)


def probe_line(raised: Raised, probe: str) -> str:
    """Return where in the probe it was raised, as in `probes/x.py, line 88: import y`; empty where
    the traceback does not show it.

    The last frame of the probe's own file counts; the exception describes what was called from
    there.
    """
    lines = raised.traceback.splitlines()[:_LINES]
    said = ""
    for place, line in enumerate(lines):
        frame = _FRAME.fullmatch(line[:_LINE_LIMIT])
        if said and _CHAINED.match(line):
            break  # The root comes first in a chained traceback.
        if frame is None or not frame["file"].endswith(f"/probes/{probe}.py"):
            continue
        said = f"probes/{probe}.py, line {frame['line']}"
        quoted = lines[place + 1][:_LINE_LIMIT] if place + 1 < len(lines) else ""
        if quoted.startswith("    "):
            said += f": {quoted.strip()}"
    return said


def module_of_last_frame(raised: Raised) -> str:
    """Return the top-level module whose file raised it; empty where it is not an installed
    module."""
    for line in reversed(raised.traceback.splitlines()[-_LINES:]):
        frame = _FRAME.fullmatch(line[:_LINE_LIMIT])
        if frame is not None:
            _, found, rest = frame["file"].rpartition("-packages/")
            return rest.partition("/")[0].removesuffix(".py") if found else ""
    return ""


def last_line(text: str) -> str:
    """Return the last line that is not blank."""
    lines = [line.strip() for line in text[-_LINE_LIMIT:].splitlines()]
    return next((line for line in reversed(lines) if line), "")


def _first_cause(raised: Raised) -> str:
    for text in (raised.traceback, raised.message):
        for line in text.splitlines()[:_LINES]:
            line = line[:_LINE_LIMIT].rstrip()
            if _is_exception(line):
                return line
    return _told(raised)


def _is_exception(line: str) -> bool:
    return _EXCEPTION.match(line) is not None and _NO_CAUSE not in line


def _told(raised: Raised) -> str:
    message = next((line.strip() for line in raised.message.splitlines() if line.strip()), "")
    return f"{raised.type}: {message[:_LINE_LIMIT]}" if message else raised.type

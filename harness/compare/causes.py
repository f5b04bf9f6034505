"""The cause in a traceback: one line a person would quote, and what is known about its kind."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.model import Raised

_LINES = 2000
_LINE_LIMIT = 2000
_EXCEPTION = re.compile(r"(?:[A-Za-z_]\w*\.){0,8}[A-Z]\w{0,80}: \S")
_NO_CAUSE = ": Traceback (most recent call last)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Why something raised: the whole line that says it, the part to quote, what it means, what
    to do. The last two may be empty: then nobody knows more than the line says."""

    line: str
    headline: str
    meaning: str = ""
    remedy: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    pattern: re.Pattern[str]
    headline: str
    meaning: str
    remedy: str


# Only what holds for any framework: what the dynamic loader and the interpreter say.
_KINDS = (
    _Kind(
        pattern=re.compile(r"(?P<what>[\w.+-]{1,200}\.so[\w.+-]{0,60}): cannot open shared object"),
        headline="{what}: cannot open shared object file",
        meaning="the environment lacks the shared library {what}, or the loader does not find it",
        remedy="use a base that has {what} (a GPU build needs the CUDA release it was built for), "
        "or a build that does not need it",
    ),
    _Kind(
        pattern=re.compile(r"version [`'](?P<what>[A-Z]{1,20}_[\w.]{1,40})' not found"),
        headline="{what} is not there",
        meaning="a binary was built against a newer system library than the environment has",
        remedy="use a newer base, or a release built for this one",
    ),
    _Kind(
        pattern=re.compile(r"No module named '?(?P<what>[\w.]{1,200})'?"),
        headline="there is no module named {what}",
        meaning="{what} is not installed for the interpreter that was used",
        remedy="add the distribution that has it to the cell's `install`, then `harness lock`",
    ),
    _Kind(
        pattern=re.compile(r"cannot import name '?(?P<what>[\w.]{1,200})'?"),
        headline="{what} cannot be imported from a module that is there",
        meaning="a dependency has another version than the importing code was written for",
        remedy="pin the dependency in the cell's `constraints`, then `harness lock`",
    ),
)


def cause_of(raised: Raised) -> Cause:
    """The first cause in what was raised.

    A chained traceback tells its root first, and an exception raised from a message tells it
    inside that message, so the first line that reads like `SomeError: why` is the cause.
    """
    line = _first_cause(raised)
    for kind in _KINDS:
        if found := kind.pattern.search(line):
            what = {"what": found["what"]}
            return Cause(
                line=line,
                headline=kind.headline.format(**what),
                meaning=kind.meaning.format(**what),
                remedy=kind.remedy.format(**what),
            )
    return Cause(line=line, headline=line)


def final_exception(raised: Raised) -> str:
    """The last line of the traceback that reads like `SomeError: why`; else what was raised."""
    lines = [line.strip()[:_LINE_LIMIT] for line in raised.traceback.splitlines()[-_LINES:]]
    named = [line for line in lines if _is_exception(line)]
    return named[-1] if named else _told(raised)


def last_line(text: str) -> str:
    """The last line with something on it."""
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

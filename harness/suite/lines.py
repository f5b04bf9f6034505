"""The lines of a text: spans within them, excerpts, and problems that show their place."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from harness.errors import Problem

SHOWN_WIDTH = 160
BREAK = re.compile(r"\r\n|\r|\n")

Where = tuple[str | int, ...]
"""The way from the root to a node: keys of mappings, and positions in lists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A part of one line; line and column count from 1."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """Where a node stands in the text: its key, if it has one, and its value."""

    key: Span | None
    value: Span
    text: str = ""
    """The text of a scalar without quotes; empty for everything else."""


class Lines:
    """A text by lines, to turn offsets into spans and spans into excerpts."""

    def __init__(self, text: str) -> None:
        self.text = text
        breaks = list(BREAK.finditer(text))
        self._starts = [0, *(found.end() for found in breaks)]
        self._ends = [*(found.start() for found in breaks), len(text)]

    def span(self, start: int, end: int | None = None) -> Span:
        """The span of the text from `start` to `end`; only its first line if there are several."""
        start = max(0, min(start, len(self.text)))
        row = bisect_right(self._starts, start) - 1
        stop = min(start + 1 if end is None else end, self._ends[row])
        return Span(line=row + 1, column=start - self._starts[row] + 1, length=max(1, stop - start))

    def excerpt(self, line: int) -> str:
        """A line for display, bounded in length; unprintable characters are replaced one by one, so
        that columns stay the same."""
        shown = self.text[self._starts[line - 1] : self._ends[line - 1]][:SHOWN_WIDTH]
        return "".join(
            character if character.isprintable() else " " if character == "\t" else "\ufffd"
            for character in shown
        )


def problem_at(
    path: str, lines: Lines, span: Span, message: str, *, note: str = "", remedy: str = ""
) -> Problem:
    """A problem at a span. It has no excerpt if the span is too far right to be shown."""
    shown = span.column < SHOWN_WIDTH
    return Problem(
        message=message,
        path=path,
        line=span.line,
        column=span.column,
        excerpt=lines.excerpt(span.line) if shown else "",
        length=min(span.length, SHOWN_WIDTH + 1 - span.column) if shown else 1,
        note=note,
        remedy=remedy,
    )

"""How commands print their replies: on standard output, in a file, on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.commands.output import put_out, written, written_beside
from harness.formats import render_answer
from harness.formats.answers import Reply
from harness.running.aloud import aloud
from harness.text import inert_in_ci

if TYPE_CHECKING:
    from harness.compare.judgement import Comparison, Judgement
    from harness.nights.values import Night

_T = TypeVar("_T")

GITHUB = "github"
"""The format that has two parts: annotations on standard output, and a summary in a file."""


def answered(answer: Reply, format: str, output: Path | None = None) -> None:
    """Print a command's reply, or write it to a file as a whole; nothing if it is empty."""
    told = render_answer(format, answer)
    if told:
        written(told, output)


def one_by_one(
    found: Iterable[_T],
    line: Callable[[_T], str],
    whole: Callable[[list[_T]], Reply],
    format: str,
    output: Path | None,
) -> list[_T]:
    """On a terminal, print each line when it is found; in another format or to a file, write the
    whole at the end. Returns what was found."""
    live = format == "terminal" and output is None
    kept = []
    coming = iter(found)
    while True:
        with aloud("looking"):
            one = next(coming, None)
        if one is None:
            break
        kept.append(one)
        if live:
            put_out(f"{inert_in_ci(line(one))}\n")
    if not live:
        answered(whole(kept), format, output)
    return kept


def reported(
    judged: Judgement | Comparison | Night, format: str, output: Path | None, suite: Path | None
) -> None:
    """Deliver a report on standard output, in a file, or in the places where GitHub looks.

    As HTML on very many cells, it comes with the pages of single cells. Raises what `written`
    raises.
    """
    from harness.commands.past import HTML, past_of
    from harness.formats import pages_beside, render

    if format == GITHUB:
        from harness.commands.on_github import told

        told(judged, output, suite)
        return
    past = past_of(format, judged)
    written(render(format, judged, past, **look(format, output)), output)
    if format == HTML:
        written_beside(pages_beside(judged), output)


def look(format: str, output: Path | None) -> dict[str, int | bool]:
    """Options of a terminal report: as wide as the terminal, and coloured only there."""
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    if format != "terminal" or output is not None or not on_terminal:
        return {}
    from shutil import get_terminal_size

    bare = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return {"width": get_terminal_size().columns, "color": not bare}

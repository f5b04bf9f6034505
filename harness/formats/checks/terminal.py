"""The page of a check for a terminal."""

from __future__ import annotations

import re

from rich.text import Text

from harness.check.page import CheckPage
from harness.check.reasons import Reason, ReuseAnswer, Weight
from harness.formats.layout import TextPage as Lines
from harness.formats.layout import columns, said

SIGN = {
    Weight.BLOCKS: "✗",
    Weight.UNTOLD: "?",
    Weight.CPU: "✗",
    Weight.CHANGE: "!",
    Weight.NOTE: "·",
    Weight.FINE: "✓",
    Weight.REFUTED: "≠",
}
MEANING = {
    Weight.BLOCKS: "stands in the way",
    Weight.UNTOLD: "unknown, and decisive",
    Weight.CPU: "keeps it from the GPU",
    Weight.CHANGE: "needs a change",
    Weight.NOTE: "worth knowing",
    Weight.FINE: "speaks for it",
    Weight.REFUTED: "predicted, but not so here",
}
_COLOR = {
    Weight.BLOCKS: "red",
    Weight.UNTOLD: "yellow",
    Weight.CPU: "red",
    Weight.CHANGE: "magenta",
    Weight.NOTE: "",
    Weight.FINE: "green",
    Weight.REFUTED: "",
}
_WORDS = re.compile(r"(?:'[^']*'|[^\s'])+")
"""The words of a shell command; a quoted one is kept whole."""
_ANSWER = {
    ReuseAnswer.REUSE: Weight.FINE,
    ReuseAnswer.CPU: Weight.CPU,
    ReuseAnswer.CHANGES: Weight.CHANGE,
    ReuseAnswer.NOT: Weight.BLOCKS,
    ReuseAnswer.UNTOLD: Weight.UNTOLD,
}


def render(page: CheckPage, *, width: int = 100, color: bool = False) -> str:
    """Render the page as lines of at most `width` columns."""
    lines = Lines(width=max(60, width), color=color)
    weight = _ANSWER[page.answer]
    head = Text().append(f"{SIGN[weight]} {page.answer}", style=f"bold {_COLOR[weight]}")
    if page.purpose:
        head.append_text(said(f": {page.purpose}", limit=200))
    lines.paragraph(said(page.name, "bold", 300))
    lines.paragraph(head)
    if page.because:
        lines.paragraph(said(page.because, limit=400), indent=2)
    if page.digest:
        lines.paragraph(said(page.digest, "dim"))
    if page.promises:
        lines.blank()
        rows = [("", "the tag promises", "the image says"), *page.promises]
        shown = [
            [said(one or "-", "dim" if not place else "") for one in row]
            for place, row in enumerate(rows)
        ]
        shown[0][0] = Text("")
        lines.lines(columns(shown, indent=2))
    present = dict.fromkeys(reason.weight for reason in page.reasons)
    for one in present:
        lines.title(headline(one))
        for reason in page.reasons:
            if reason.weight is one:
                _reason(lines, reason)
    if page.host:
        lines.title("This host" if not any(k == "assumed" for k, _ in page.host) else "The host")
        for name, value in page.host:
            lines.paragraph(said(value, limit=300), indent=11, label=f"  {name}")
    for title, told in (("It was run here", page.measured), ("Instead", page.instead)):
        if told:
            lines.title(title)
        for name, value in told:
            lines.paragraph(said(value, limit=300), indent=11, label=f"  {name}")
    if page.unlooked:
        lines.title("Not looked at")
        for subject in page.unlooked:
            lines.paragraph(said(subject), indent=4, label="  ·")
    if page.run:
        lines.title("Run it")
        for line in _command(page.run, lines.width - 2):
            lines.command(line, label="  ", style="")
    for notice in page.notices:
        lines.blank()
        lines.paragraph(said(notice, limit=400), indent=10, label="  notice")
    lines.blank()
    cost = f"{page.cost}. Exit status {int(page.exit)}." if page.cost else ""
    lines.paragraph(said(cost or f"Exit status {int(page.exit)}.", "dim"))
    return lines.text()


def headline(weight: Weight) -> str:
    """The heading above the reasons of one weight."""
    meaning = MEANING[weight]
    return meaning[:1].upper() + meaning[1:]


def _command(command: str, width: int) -> list[str]:
    """A command broken into lines that a shell reads as one."""
    lines: list[str] = []
    for word in _WORDS.findall(command):
        if lines and len(lines[-1]) + len(word) + 3 <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"  {word}" if lines else word)
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]


def _reason(lines: Lines, reason: Reason) -> None:
    mark = Text().append(f"  {SIGN[reason.weight]} ", style=_COLOR[reason.weight])
    for place, part in enumerate(_paragraph(lines, reason.title)):
        lines.line((mark if not place else Text("    ")).append_text(part))
    for line in reason.evidence:
        lines.paragraph(said(line, "dim"), indent=6)
    if reason.remedy:
        lines.paragraph(said(reason.remedy), indent=14, label="      remedy")
    if reason.source:
        source = said(reason.source, "dim", 160)
        lines.paragraph(source, indent=14, label="      source", style="dim")
    if reason.standing is not None:
        seen = f": {reason.seen}" if reason.seen else ""
        told = said(f"{reason.standing}{seen}", limit=340)
        lines.paragraph(told, indent=14, label="      run")
    known = f"; harness explain {reason.explain}" if reason.explain else ""
    lines.paragraph(said(f"[{reason.confidence}{known}]", "dim"), indent=6)


def _paragraph(lines: Lines, text: str) -> list[Text]:
    inner = Lines(width=max(40, lines.width - 4), color=False)
    inner.paragraph(said(text))
    return [Text(line) for line in inner.text().splitlines()]

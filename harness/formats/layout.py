"""Lines for a terminal: aligned columns and indented paragraphs.

Every string passes through `text.clean_line`, and none is read as rich markup.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from harness.text import COMMAND_LIMIT, clean_line, inert_in_ci

GAP = "  "


def said(text: str, style: str = "", limit: int = 400) -> Text:
    """Untrusted text on one line, made safe to print."""
    return Text(clean_line(text, limit), style=style)


def columns(
    rows: Sequence[Sequence[Text]],
    *,
    indent: int = 0,
    widest: int = 40,
    first: int = 40,
    room: int = 0,
) -> list[Text]:
    """Lay out rows as aligned columns. A value wider than `widest` (`first` in the first column)
    ends in an ellipsis. If the result is wider than `room`, the columns move closer together."""
    widths = [
        max(min(cell_len(value.plain), widest if place else first) for value in column)
        for place, column in enumerate(zip(*rows, strict=True))
    ]
    total = indent + sum(widths) + len(GAP) * (len(widths) - 1)
    gap = " " if room and total > room else GAP
    return [_line(row, widths, indent, gap) for row in rows]


def _line(row: Sequence[Text], widths: Sequence[int], indent: int, gap: str) -> Text:
    line = Text(" " * indent)
    for place, (value, width) in enumerate(zip(row, widths, strict=True)):
        size = cell_len(value.plain)
        if size > width:
            value = Text(set_cell_size(value.plain, width - 1) + "…", style=value.style)
        line.append_text(value)
        if place < len(row) - 1:
            line.append(" " * max(0, width - size) + gap)
    return line


@dataclass(frozen=True, kw_only=True)
class TextPage:
    """A page that is being written, `width` columns wide; `color` turns on the sixteen basic
    colours."""

    width: int
    color: bool
    _parts: list[Text] = field(default_factory=list)

    def line(self, text: Text) -> None:
        """Add one line; what does not fit is replaced by an ellipsis."""
        if cell_len(text.plain) > self.width:
            text = text.copy()
            text.truncate(self.width, overflow="ellipsis")
        self._parts.append(text)

    def command(self, text: str, *, label: str = "  - ", style: str = "bold") -> None:
        """Add a command on one line, however long: a command broken in two cannot be pasted."""
        margin = Text(label, style=style)
        self._parts.append(margin.append_text(said(text, style, limit=COMMAND_LIMIT)))

    def lines(self, texts: Iterable[Text]) -> None:
        """Add several lines."""
        for text in texts:
            self.line(text)

    def paragraph(self, text: Text, *, indent: int = 0, label: str = "", style: str = "") -> None:
        """Add text broken into lines and indented by `indent`; `label` stands in the first line's
        indent."""
        room = max(20, self.width - indent)
        for place, line in enumerate(text.copy().wrap(_MEASURE, room)):
            margin = Text(f"{'' if place else label:{indent}}")
            if label and not place:
                margin.stylize(style)
            self._parts.append(margin.append_text(line))

    def title(self, text: str) -> None:
        """Add a heading with an empty line before it."""
        self.blank()
        self._parts.append(Text(text, style="bold"))

    def blank(self) -> None:
        """Add an empty line."""
        self._parts.append(Text(""))

    def text(self) -> str:
        """The whole page, without trailing blanks, with one line feed at the end."""
        out = io.StringIO()
        console = Console(
            file=out,
            width=max(20, self.width) + 400,
            color_system="standard" if self.color else None,
            force_terminal=self.color,
            no_color=not self.color,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
            _environ={},
        )
        for part in self._parts:
            console.print(part, soft_wrap=True)
        written = re.sub(r"[ ]+$", "", out.getvalue(), flags=re.MULTILINE)
        return inert_in_ci(written.strip("\n") + "\n")


_MEASURE = Console(file=io.StringIO(), width=80, _environ={})
"""Only measures text: rich needs a console in order to wrap."""

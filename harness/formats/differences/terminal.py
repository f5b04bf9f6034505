"""What differs between two images, for a terminal."""

from __future__ import annotations

from rich.text import Text

from harness.check.difference import DifferencePage
from harness.errors import Exit
from harness.formats.differences.rows import cut, headline, plural, several, shared, single
from harness.formats.layout import TextPage, columns, said

_SIGN = {Exit.OK: "=", Exit.FINDINGS: "≠"}
_WIDE, _NARROW = 60, 24


def render(page: DifferencePage, *, width: int = 100, color: bool = False) -> str:
    """Render the page as lines of at most `width` columns."""
    lines = TextPage(width=max(60, width), color=color)
    sign = _SIGN.get(page.exit, "?")
    lines.paragraph(said(f"{sign} {headline(page)}", "bold"), indent=2)
    for label, name, digest in zip("AB", page.names, page.digests, strict=True):
        lines.paragraph(said(name, "bold", 300), indent=4, label=f"  {label}")
        lines.paragraph(said(digest or "no digest", "dim"), indent=4)
    if page.shared is not None:
        lines.title("Layers")
        lines.paragraph(said(shared(page.shared)), indent=2)
    if rows := single(page):
        lines.title("What differs")
        _table(lines, [["", "A", "B"], *([one.kind, one.first, one.second] for one in rows)])
    for kind in several(page):
        shown, more = cut(page, kind)
        name = plural(kind)
        lines.title(f"{name[:1].upper()}{name[1:]}")
        _table(lines, [["", "A", "B"], *([one.what, one.first, one.second] for one in shown)])
        if more:
            lines.paragraph(said(more, "dim"), indent=2)
    if page.equal:
        lines.title("The same in both")
        lines.paragraph(said(", ".join(plural(kind) for kind in page.equal)), indent=2)
    if page.open:
        lines.title("Left open")
        for one in page.open:
            lines.paragraph(said(one), indent=2)
    for notice in page.notices:
        lines.blank()
        lines.paragraph(said(notice, limit=400), indent=10, label="  notice")
    lines.blank()
    for label, cost in zip("AB", page.cost, strict=True):
        lines.paragraph(said(f"{label}: {cost}.", "dim"))
    lines.paragraph(said(f"Exit status {int(page.exit)}.", "dim"))
    return lines.text()


def _table(lines: TextPage, rows: list[list[str]]) -> None:
    """Names in the first column and both values beside them, each cut to fit the page."""
    names = max((len(row[0]) for row in rows), default=0)
    first = min(names, 40)
    room = max(_NARROW, min(_WIDE, (lines.width - first - 6) // 2))
    shown = [
        [said(name), *(said(value or "-", "" if value else "dim", 300) for value in values)]
        for name, *values in rows
    ]
    shown[0][0] = Text("")
    lines.lines(columns(shown, indent=2, widest=room, first=first))

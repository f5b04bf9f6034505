"""A night at the top of the terminal report: its first line and its events."""

from __future__ import annotations

from rich.text import Text

from harness.formats.layout import TextPage, said
from harness.formats.marks import COLOR, VERDICT_SIGN
from harness.formats.nights import (
    against,
    details,
    is_quiet,
    listed,
    sign_of,
    standing,
    unseen,
)
from harness.formats.sentences import REMEDY_LIMIT
from harness.nights.telling import first_line
from harness.nights.values import Event, Night

_MOST = 40
_INDENT = 14


def tell_night(page: TextPage, night: Night | None) -> None:
    """Write the night, which comes before everything else in a report; nothing if there is none."""
    if night is None:
        return
    page.paragraph(said(first_line(night.events), "bold"))
    page.paragraph(said(against(night), "dim", 4000))
    for event in night.events[:_MOST]:
        page.blank()
        tell_event(page, event)
    if len(night.events) > _MOST:
        page.blank()
        page.line(Text(f"... and {len(night.events) - _MOST} more events"))
    for one in night.unseen:
        page.paragraph(said(unseen(one), limit=1000), indent=4, label="  -")
    page.blank()


def tell_event(page: TextPage, event: Event) -> None:
    """Write one event: in one line if nothing has to be done about it, else with all that is
    known."""
    quiet, shown = is_quiet(event), sign_of(event)
    head = said(f"{VERDICT_SIGN[shown]} {standing(event)} {event.id}", COLOR[shown])
    head.append_text(said(f"  {listed(event.cells)}: ", "bold", 1000))
    page.paragraph(head.append_text(said(event.title)))
    if quiet and event.flaky is None and event.acceptance is None:
        return
    for label, text in details(event):
        page.paragraph(
            said(text, limit=REMEDY_LIMIT),
            indent=_INDENT,
            label=f"    {label}",
            style="dim",
        )
    if event.reproduce and not quiet:
        page.command(event.reproduce, label="    again     ", style="dim")

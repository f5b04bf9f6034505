"""A night on the page: its first line, then each event with its details."""

from __future__ import annotations

from dataclasses import dataclass

from harness.formats.marks import VERDICT_SIGN
from harness.formats.nights import against, details, is_quiet, sign_of, standing, unseen
from harness.formats.page.anchors import numbered
from harness.model import Verdict
from harness.nights.telling import first_line
from harness.nights.values import Event, Night

EVENTS = 200
"""At most so many events are shown; those that need attention come first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EventPart:
    """One event."""

    anchor: str
    id: str
    verdict: str
    """The verdict whose colours it is shown in: pass if it is known or fixed."""
    sign: str
    word: str
    title: str
    cells: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]
    """(label, text)."""
    reproduce: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NightPart:
    """What the page shows of a night."""

    line: str
    """The first line, which every report of the night shares."""
    look: str
    """The worst verdict that one of the events is shown with."""
    against: str
    loud: tuple[EventPart, ...]
    quiet: tuple[EventPart, ...]
    """Events that are known or fixed and need no attention."""
    unseen: tuple[str, ...]
    more: int
    """How many events are left out."""


def night_part(night: Night) -> NightPart:
    """Prepare a night for the page."""
    shown = night.events[:EVENTS]
    parts = tuple(map(_event, shown, numbered("event", (one.id for one in shown))))
    told = list(zip(shown, parts, strict=True))
    worst = max(
        map(sign_of, night.events), key=lambda verdict: verdict.severity, default=Verdict.PASS
    )
    return NightPart(
        line=first_line(night.events),
        look=str(worst),
        against=against(night),
        loud=tuple(part for one, part in told if not is_quiet(one)),
        quiet=tuple(part for one, part in told if is_quiet(one)),
        unseen=tuple(unseen(one) for one in night.unseen[:EVENTS]),
        more=len(night.events) - len(shown),
    )


def _event(one: Event, anchor: str) -> EventPart:
    verdict = sign_of(one)
    return EventPart(
        anchor=anchor,
        id=one.id,
        verdict=str(verdict),
        sign=VERDICT_SIGN[verdict],
        word=standing(one),
        title=one.title,
        cells=one.cells,
        rows=tuple(details(one)),
        reproduce=one.reproduce,
    )

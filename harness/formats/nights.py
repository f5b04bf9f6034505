"""Sentences about a night that every format shares."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import Verdict
from harness.nights.telling import APART
from harness.nights.values import Acceptance, Event, InputChange, Night, Standing

_CELLS = 8
_LINES = 6
WORDS = {
    Standing.NEW: "new",
    Standing.CHANGED: "new again",
    Standing.EXPIRED: "no longer known",
    Standing.OPEN: "since an earlier night",
    Standing.KNOWN: "known",
    Standing.FIXED: "fixed",
}
"""A standing in the words of the reports."""


def against(night: Night) -> str:
    """Which baseline the night was compared with, and which nights between were used."""
    nights = len(night.history)
    between = "no night between"
    if nights:
        between = f"{'the night' if nights == 1 else f'{nights} nights'} between: "
        between += ", ".join(night.history)
    day = f" of {night.baseline_day}" if night.baseline_day else ""
    return f"compared with the baseline {night.baseline.run}{day}, with {between}"


def standing(event: Event) -> str:
    """The standing of an event in words. An unverified or infrastructure verdict comes first: being
    known does not make it harmless."""
    if event.standing is Standing.FIXED:
        return WORDS[event.standing] if event.flaky is None else "came and went"
    if event.verdict in APART:
        return f"{event.verdict}, {WORDS[event.standing]}"
    return WORDS[event.standing]


def is_quiet(event: Event) -> bool:
    """Whether the event needs no attention, so that one line is enough."""
    return event.standing in (Standing.KNOWN, Standing.FIXED)


def sign_of(event: Event) -> Verdict:
    """The verdict whose sign and colour an event is shown with: pass if it is known or fixed,
    unless the verdict is unverified or infrastructure."""
    if event.standing is Standing.FIXED or (is_quiet(event) and event.verdict not in APART):
        return Verdict.PASS
    return event.verdict


def details(event: Event) -> Iterable[tuple[str, str]]:
    """(label, text) of everything a report says about an event besides its heading."""
    if event.first_bad:
        good = f", last good {event.last_good}" if event.last_good else ", never seen without it"
        day = event.first_bad_day or "an unknown day"
        yield "since", f"{day} (run {event.first_bad}{good})"
    if event.cause is not None:
        yield "changed", changed(event.cause)
    elif event.unexplained and event.flaky is None:
        yield "changed", "no known input: it is unexplained"
    if event.candidates:
        label = "also" if event.cause is not None else "changed"
        yield label, "; ".join(changed(one) for one in event.candidates)
    if event.flaky is not None:
        told = f"in {event.flaky.seen} of {event.flaky.nights} nights between which nothing changed"
        yield "flaky", f"seen {told}"
    more = len(event.values) - _LINES
    lines = [*event.values[:_LINES], *([f"and {more} more"] if more > 0 else [])]
    if lines and lines != [event.title]:
        yield "seen", "; ".join(lines)
    if event.before:
        yield "known as", "; ".join(event.before[:_LINES])
    if event.acceptance is not None:
        yield "accepted", accepted(event.acceptance)
    if not is_quiet(event):
        causes = dict.fromkeys(one.cause for one in event.findings if one.cause)
        if event.cause is None and causes:
            yield "cause", next(iter(causes))
        remedies = dict.fromkeys(one.remedy for one in event.findings if one.remedy)
        if remedies:
            yield "remedy", next(iter(remedies))


def changed(one: InputChange) -> str:
    """A change of an input, the number of cells it occurs in, and how well these fit the event."""
    count = "1 cell" if len(one.cells) == 1 else f"{len(one.cells)} cells"
    return f"{one.what} {one.before} -> {one.after} in {count} (fits {one.agreement:.2f})"


def accepted(one: Acceptance) -> str:
    """An acceptance in one line."""
    return f"until {one.until} by {one.owner}: {one.reason}"


def unseen(one: Acceptance) -> str:
    """A sentence about an acceptance whose event is gone."""
    return (
        f"{one.id} is no longer seen ({accepted(one)}): `harness accept --prune` removes it; if "
        "it comes back, it is new"
    )


def listed(cells: tuple[str, ...]) -> str:
    """The names of the first cells, and how many more there are."""
    more = f" and {len(cells) - _CELLS} more" if len(cells) > _CELLS else ""
    return ", ".join(cells[:_CELLS]) + more

"""A night at the top of the Markdown report: its first line and its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.formats.marks import VERDICT_SIGN
from harness.formats.nights import against, details, is_quiet, listed, sign_of, standing, unseen
from harness.formats.sentences import REMEDY_LIMIT
from harness.nights.telling import first_line
from harness.nights.values import Event, Night
from harness.text import COMMAND_LIMIT, code, markdown

_TITLE = 1000


def night_parts(night: Night | None) -> Iterable[str]:
    """The parts about the night, which come before everything else; none if there is no night."""
    if night is None:
        return
    yield f"**{markdown(first_line(night.events))}**"
    yield markdown(against(night), 4000)
    for event in night.events:
        if not is_quiet(event):
            yield _event(event)
    quiet = [event_line(event) for event in night.events if is_quiet(event)]
    if quiet:
        yield "\n".join(quiet)
    if night.unseen:
        yield "\n".join(f"- {markdown(unseen(one), _TITLE)}" for one in night.unseen)


def _event(event: Event) -> str:
    return "\n".join([event_head(event), "", *event_details(event)])


def event_head(event: Event) -> str:
    """An event as a heading: its standing, its cells and its title."""
    return (
        f"### {VERDICT_SIGN[sign_of(event)]} {standing(event)} {code(event.id)}, "
        f"{markdown(listed(event.cells), _TITLE)}: {markdown(event.title, _TITLE)}"
    )


def event_details(event: Event) -> Iterator[str]:
    """Everything else that is known about an event, as lines of a list."""
    yield from (f"- {label}: {markdown(text, REMEDY_LIMIT)}" for label, text in details(event))
    if event.reproduce:
        yield f"- again: {code(event.reproduce, COMMAND_LIMIT)}"


def event_line(event: Event) -> str:
    """An event that needs no attention, as one line of a list."""
    said = f"- {VERDICT_SIGN[sign_of(event)]} {standing(event)} {code(event.id)}, "
    said += f"{markdown(listed(event.cells), _TITLE)}: {markdown(event.title, _TITLE)}"
    wanted = ("flaky", "accepted")
    told = [f"{name}: {text}" for name, text in details(event) if name in wanted]
    return said + (f" ({markdown('; '.join(told), _TITLE)})" if told else "")

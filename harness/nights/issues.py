"""One issue for each event: which issues to open after a night, and which to close.

An issue contains an invisible mark by which the next night finds it again. Whatever else people
write into it is left alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.model import Verdict
from harness.nights.values import Event, Night, Standing

MOST = 20
"""The most issues that one night opens: where everything breaks at once, hundreds would not help
anybody."""
_ALARMING = (Verdict.DRIFT, Verdict.FAIL)
_QUIET = (Standing.KNOWN, Standing.FIXED)
_MARK = re.compile(r"<!-- harness: event ([0-9a-zA-Z._-]{1,80}), suite ([0-9a-f]{16}) -->")


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenIssue:
    """An open issue, with its text."""

    number: int
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ClosedBecause:
    """An issue to close, and why."""

    number: int
    event: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueSteps:
    """What to do with the issues after a night."""

    open: tuple[Event, ...]
    """Events that get a new issue."""
    close: tuple[ClosedBecause, ...]
    stay: tuple[int, ...]
    """Issues of events that are still there; nothing is added to them."""
    left_out: int = 0
    """How many events get no issue because there are too many."""


def mark(event: str, suite: str) -> str:
    """Return the invisible mark in an issue's text by which it is found again."""
    return f"<!-- harness: event {event}, suite {_suite(suite)} -->"


def steps(night: Night, issues: Iterable[OpenIssue]) -> IssueSteps:
    """Return which issues to open and to close after a night, given the open ones.

    An event has one issue from the night it alarms until it is fixed, known, or no longer seen in a
    run that infrastructure did not cut short. Where an event has several issues, the oldest stays
    open.
    """
    suite = night.judgement.run.suite
    alarming = {one.id: one for one in reversed(night.events) if alarms(one)}
    whole = _whole(night)
    told: dict[str, Event] = {one.id: one for one in reversed(night.events)}
    close, stay = [], []
    having: set[str] = set()
    for issue in sorted(issues, key=lambda one: one.number):
        found = _MARK.search(issue.body)
        if found is None or found[2] != _suite(suite):
            continue  # It belongs to another suite, or was not opened by the harness.
        event = found[1]
        if event in alarming and event not in having:
            having.add(event)
            stay.append(issue.number)
        elif why := _why(event, event in alarming, told.get(event), night, whole=whole):
            close.append(ClosedBecause(number=issue.number, event=event, why=why))
        else:
            stay.append(issue.number)
    wanted = [one for one in night.events if alarming.get(one.id) is one and one.id not in having]
    return IssueSteps(
        open=tuple(wanted[:MOST]),
        close=tuple(close),
        stay=tuple(stay),
        left_out=max(0, len(wanted) - MOST),
    )


def alarms(event: Event) -> bool:
    """Tell whether an event should have an issue, because somebody has to act on it."""
    return event.verdict in _ALARMING and event.standing not in _QUIET


def _whole(night: Night) -> bool:
    run = night.judgement.run
    return run.state == "complete" and not night.judgement.lacks


def _why(event: str, again: bool, now: Event | None, night: Night, *, whole: bool) -> str:
    """Return why an issue is closed; empty where it stays open."""
    run = night.judgement.run.id
    if again:
        return f"the event {event} has another open issue"
    if now is not None and now.standing is Standing.FIXED:
        return f"fixed in run {run}"
    if now is not None and now.standing is Standing.KNOWN:
        until = f" until {now.acceptance.until}" if now.acceptance is not None else ""
        return f"known{until}, as accepted.yaml and the baseline of run {run} say"
    if now is None and whole:
        return f"no longer seen in run {run}, which infrastructure did not disturb"
    return ""


def _suite(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def body_of(event: Event, suite: str, details: Callable[[Event], Sequence[str]], link: str) -> str:
    """Return the text of an event's issue. `details` gives its lines as Markdown, already
    escaped."""
    lines = [*details(event), ""]
    if link:
        lines += [f"[The run]({link}) has the whole report.", ""]
    lines += ["It is closed by the night that no longer has it.", "", mark(event.id, suite), ""]
    return "\n".join(lines)

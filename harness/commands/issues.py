"""`harness issues`: one GitHub issue for each event of a night, closed when the event is over."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness.commands.compare import with_baseline
from harness.commands.on_github import run_link
from harness.formats.answers import Reply
from harness.formats.night_parts import event_details
from harness.formats.nights import listed, standing
from harness.machine import gh
from harness.nights.issues import OpenIssue, alarms, body_of, steps
from harness.nights.values import Event
from harness.running.aloud import aloud
from harness.text import clean_line, inert_in_ci

_TITLE = 200


def issues(suite_path: Path | None, run: str, *, dry_run: bool) -> Reply:
    """Open and close issues for a run compared with the baseline; returns what was done.

    With `dry_run` GitHub is not contacted, and only the events that should have an issue are
    listed. Raises UsageError, AcceptedError; InfrastructureError if `gh` fails.
    """
    night = with_baseline(suite_path, run)
    wanted = tuple(one for one in night.events if alarms(one))
    name = night.judgement.run.id
    if dry_run:
        lines = [f"run {name}: {len(wanted)} events need an issue", *map(_line, wanted)]
        return _reply(lines, {"run": name, "wanted": _ids(wanted)})
    with aloud("asking GitHub for the open issues"):
        there = [OpenIssue(number=number, body=body) for number, body in gh.open_issues()]
    todo = steps(night, there)
    lines = [
        f"run {name}: {len(todo.open)} issues opened, {len(todo.close)} closed, "
        f"{len(todo.stay)} stay"
    ]
    opened = []
    if todo.open:
        with aloud("opening issues"):
            gh.ensure_label()
            for event in todo.open:
                body = body_of(event, night.judgement.run.suite, _details, run_link())
                opened.append(gh.open_issue(title_of(event), body))
                lines.append(f"opened {clean_line(opened[-1])} for {event.id}")
    for one in todo.close:
        gh.close_issue(one.number, one.why)
        lines.append(f"closed {one.number}, event {one.event}: {one.why}")
    if todo.left_out:
        lines.append(f"{todo.left_out} further events have no issue: the report lists them")
    tree = {
        "run": name,
        "wanted": _ids(wanted),
        "opened": opened,
        "closed": [one.number for one in todo.close],
        "stay": list(todo.stay),
        "left_out": todo.left_out,
    }
    return _reply(lines, tree)


def title_of(event: Event) -> str:
    """The title of an event's issue, on one line."""
    return clean_line(f"Night: {event.title} ({event.id})", _TITLE)


def _details(event: Event) -> list[str]:
    head = f"- {standing(event)} in {len(event.cells)} cells"
    return [head, *event_details(event)]


def _line(event: Event) -> str:
    return f"  {standing(event)} {event.id}, {listed(event.cells)}: {event.title}"


def _ids(events: Iterable[Event]) -> list[str]:
    return list(dict.fromkeys(one.id for one in events))


def _reply(lines: Iterable[str], tree: object) -> Reply:
    return Reply(
        text="".join(f"{inert_in_ci(clean_line(one, 2000))}\n" for one in lines), tree=tree
    )

"""`harness accept`: make a run the baseline, or accept one of its events as known.

The changes are shown before accepted.yaml is written, beside the suite's matrix.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import harness
from harness.commands.baseline import as_baseline, held_night, known_of
from harness.commands.runs import LATEST, find_run
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.errors import UsageError
from harness.formats.answers import Reply
from harness.formats.night_document import night_document
from harness.formats.nights import accepted as acceptance_told
from harness.formats.nights import listed, standing
from harness.machine.files import atomic_write
from harness.model import Suite, Verdict
from harness.nights.accepted import FILE_NAME
from harness.nights.telling import first_line
from harness.nights.values import Acceptance, Accepted, Event, Night, Standing
from harness.nights.writing import edited, new_text
from harness.running.accepted_here import AcceptedFile, accepted_file
from harness.running.session import open_suite, places
from harness.store.store import Store
from harness.suite.words import Complaint, checked_date
from harness.text import clean_line, inert_in_ci


@dataclass(frozen=True, kw_only=True, slots=True)
class AcceptRequest:
    """What the command line asks to accept."""

    run: str = LATEST
    events: Sequence[str] = ()
    """Ids of events; if empty, the run becomes the baseline."""
    reason: str = ""
    until: str = ""
    owner: str = ""
    prune: bool = False
    """Remove acceptances whose event the run no longer shows."""


def accept(suite_path: Path | None, asked: AcceptRequest) -> Reply:
    """Write what is accepted; returns what changed and what was written. Raises UsageError, and
    writes nothing then."""
    suite = open_suite(suite_path)
    _check(asked, suite)
    file = accepted_file(suite)
    with Store(places().store) as store:
        found, _ = find_run(store, asked.run, suite.name)
        if found.suite != suite.name:
            raise UsageError(
                f"the run {found.id} belongs to the suite {found.suite}, not to {suite.name}",
                remedy="name its suite with --suite",
            )
        records = store.records(found.id)
        judgement = judge(found, records, attempts=store.attempts(found.id))
        judgement = replace(judgement, suite=str(suite_path or ""))
        night: Night | None = None
        unknown = ""
        if asked.events or asked.prune:
            night = held_night(known_of(suite, store), judgement, records, store)
            assert file is not None
            if asked.events:
                wanted = _with_events(file.accepted, night, asked)
            else:
                gone = {one.id for one in night.unseen}
                kept = tuple(one for one in file.accepted.events if one.id not in gone)
                wanted = replace(file.accepted, events=kept)
        else:
            _check_whole(judgement)
            if file is not None:
                try:
                    night = held_night(known_of(suite, store), judgement, records, store)
                except UsageError as error:
                    # The records of the replaced baseline may be lost; the new baseline does not
                    # need them.
                    unknown = f"what changed cannot be shown: {error.message}"
            events = file.accepted.events if file is not None else ()
            wanted = Accepted(baseline=as_baseline(store, found), events=events)
    path, changed = _written(suite, file, wanted)
    told = [unknown] if unknown else []
    if night is not None:
        told = [first_line(night.events), *(_event_line(one) for one in night.events)]
    if not (asked.events or asked.prune):
        told.append(_becomes_known(judgement))
    told += _changes(file.accepted if file is not None else None, wanted)
    told.append(f"wrote {path}" if changed else "nothing changed: no file was written")
    return _reply(told, wanted, night, path if changed else None)


def _check(asked: AcceptRequest, suite: Suite) -> None:
    """Raise UsageError if the request is wrong, before anything is read."""
    about = {"--reason": asked.reason, "--until": asked.until, "--owner": asked.owner}
    if asked.events and asked.prune:
        raise UsageError(
            "--prune removes events and --event adds one: they cannot be combined",
            remedy="call `harness accept` once with each",
        )
    if not asked.events:
        given = [name for name, text in about.items() if text]
        if given:
            raise UsageError(
                f"{', '.join(given)} describe an event, but no --event is given",
                remedy="add --event ID; reports show the ids",
            )
    elif lacking := [name for name, text in about.items() if not text.strip()]:
        raise UsageError(
            f"accepting an event needs a reason, a last day and an owner: {', '.join(lacking)} "
            "is missing",
            remedy='--reason "..." --until 2026-12-31 --owner WHO',
        )
    try:
        checked_date(asked.until)
    except Complaint as complaint:
        raise UsageError(f"--until: {complaint.message}", remedy=complaint.remedy) from None
    if Path(suite.root).is_relative_to(Path(harness.__file__).parent):
        raise UsageError(
            "runs of the suite that comes with harness cannot be accepted",
            remedy="`harness init` writes a suite of your own",
        )


def _check_whole(judgement: Judgement) -> None:
    run = judgement.run
    if run.state != "complete" or judgement.lacks:
        why = "records are missing, or infrastructure ended some of them"
        if run.state != "complete":
            why = f"it is {run.state}"
        raise UsageError(
            f"the run {run.id} cannot be the baseline: {why}",
            remedy=f"harness run --resume {run.id}",
        )


def _with_events(before: Accepted, night: Night, asked: AcceptRequest) -> Accepted:
    """The accepted file with the further events added."""
    made: dict[str, Acceptance] = {one.id: one for one in before.events}
    for id_ in asked.events:
        found = [one for one in night.events if one.id == id_]
        _check_event(id_, found, night, asked.until)
        said = [clean_line(text, 500) for text in (asked.reason, asked.owner)]
        made[id_] = Acceptance(
            id=id_,
            reason=said[0],
            owner=said[1],
            until=asked.until,
            findings=_each(each.id for one in found for each in one.findings),
            cells=_each(cell for one in found for cell in one.cells),
            values=_each(line for one in found for line in one.values),
        )
    return replace(before, events=tuple(made[id_] for id_ in sorted(made)))


def _check_event(id_: str, found: Sequence[Event], night: Night, until: str) -> None:
    run = night.judgement.run
    there = [one for one in found if one.standing is not Standing.FIXED]
    if not there:
        gone = "it is fixed there" if found else "no event has that id"
        open_ = [
            one.id for one in night.events if one.standing not in (Standing.KNOWN, Standing.FIXED)
        ]
        raise UsageError(
            f"the run {run.id} has no event {id_[:80]!a} to accept: {gone}",
            remedy=f"events to accept: {', '.join(dict.fromkeys(open_)) or 'none'}",
        )
    for one in there:
        if one.verdict in (Verdict.UNVERIFIED, Verdict.INFRASTRUCTURE):
            raise UsageError(
                f"the event {id_} is {one.verdict}: accepting it would not make it known",
                remedy="run the cells that could not be verified again",
            )
    try:
        past = date.fromisoformat(until) < date.fromisoformat(run.started[:10])
    except ValueError:
        past = False
    if past:
        raise UsageError(
            f"{until} is before the day of the run, {run.started[:10]}", remedy="name a later day"
        )


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _written(suite: Suite, file: AcceptedFile | None, wanted: Accepted) -> tuple[Path, bool]:
    """Write the file if its content changes; returns its path, and whether it changed."""
    path = file.path if file is not None else Path(suite.root) / FILE_NAME
    text = new_text(wanted) if file is None else edited(file.text, str(path), wanted)
    if file is not None and text == file.text:
        return path, False
    atomic_write(path, text.encode())
    return path, True


def _becomes_known(judgement: Judgement) -> str:
    """A sentence about what this run, as the baseline, makes known without anybody having looked at
    it."""
    counted = ", ".join(f"{count} {verdict}" for verdict, count in judgement.counts)
    wrong = sum(one.verdict in (Verdict.DRIFT, Verdict.FAIL) for one in judgement.findings)
    known = f"{wrong} of its findings count" if wrong != 1 else "1 of its findings counts"
    return f"verdicts of its cells: {counted}; {known} as known from now on"


def _event_line(one: Event) -> str:
    return f"  {standing(one)} {one.id}, {listed(one.cells)}: {one.title}"


def _reply(told: Sequence[str], after: Accepted, night: Night | None, path: Path | None) -> Reply:
    document = night_document(night)
    tree = {
        "night": None if document is None else asdict(document),
        "baseline": after.baseline.run,
        "events": [one.id for one in after.events],
        "written": None if path is None else str(path),
    }
    text = "".join(f"{inert_in_ci(clean_line(line, 2000))}\n" for line in told)
    return Reply(text=text, tree=tree)


def _changes(before: Accepted | None, after: Accepted) -> list[str]:
    """The differences between the old and the new acceptances, one line each."""
    lines = []
    if before is None or before.baseline != after.baseline:
        was = f", before it was {before.baseline.run}" if before is not None else ""
        lines.append(f"the baseline is {after.baseline.run}{was}")
    old = {one.id: one for one in before.events} if before is not None else {}
    new = {one.id: one for one in after.events}
    lines += [
        f"{one.id} is known {acceptance_told(one)}"
        for one in new.values()
        if old.get(one.id) != one
    ]
    lines += [
        f"{one.id} is removed: it is no longer seen" for one in old.values() if one.id not in new
    ]
    return lines

"""`harness explain`: entries of the knowledge base with their sources, and findings of stored
runs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from harness.compare.explaining import Reported, explain_finding
from harness.errors import UnreadableRunError, UsageError
from harness.formats.answers import Reply
from harness.model import Record

_FINDING = re.compile(r"[0-9a-f]{8}")
_LONGEST = 100_000
NEWEST = 20
"""How many of the newest runs are searched for a finding if no run is named."""


def explain(id: str, where: Sequence[str] = ()) -> Reply:
    """An entry or a finding by its id; without an id, the list of all entries.

    `where` is the run of a finding, or the two sides (RUN:CELL) of a comparison; without it the
    newest runs are searched. Raises UsageError for an unknown id.
    """
    from harness.knowledge import explain as knowledge
    from harness.knowledge.entries import entries

    if not id:
        known = [{"id": one.id, "kind": one.kind, "title": one.title} for one in entries().values()]
        return Reply(
            text=knowledge.listing(),
            tree={"entries": known},
            columns=("id", "kind", "title"),
            rows=[tuple(one.values()) for one in known],
        )
    if where or _FINDING.fullmatch(id):
        return _finding(id, where)
    entry = knowledge.explain(id)
    tree = {
        "id": entry.id,
        "kind": entry.kind,
        "title": entry.title,
        "told": [{"name": name, "value": value} for name, value in entry.lines],
        "source": entry.source,
        "evidence": str(entry.evidence),
    }
    return Reply(text=knowledge.text_of(entry), tree=tree)


def _finding(id: str, where: Sequence[str]) -> Reply:
    from harness.text import clean, inert_in_ci

    looked = 0
    for told in _reports(where):
        looked += 1
        text = clean(explain_finding(id, told), _LONGEST)
        if text:
            found = [one for one in told.findings if one.id == id]
            tree = {
                "id": id,
                "kind": str(found[0].kind),
                "subject": [clean(part, _LONGEST) for part in found[0].subject],
                "cells": list(dict.fromkeys(clean(one.cell, _LONGEST) for one in found)),
                "told": text.splitlines(),
            }
            return Reply(text=inert_in_ci(text), tree=tree)
    what = "there" if where else f"in the newest {looked} runs"
    raise UsageError(
        f"no finding {what} has the id {id[:80]!r}",
        remedy=f"name its run, `harness explain {id[:8]} RUN`, or both sides of its comparison, "
        f"`harness explain {id[:8]} RUN:A RUN:B`",
    )


def _reports(where: Sequence[str]) -> Iterator[Reported]:
    """The reports to search, newest first."""
    from harness.commands.report import judged
    from harness.running.session import places
    from harness.store.store import Store

    def images(records: Sequence[Record]) -> dict[str, str]:
        return {one.cell: one.image.id for one in records if one.image is not None}

    if len(where) == 2:
        yield _compared(where[0], where[1])
        return
    if len(where) > 2:
        raise UsageError(
            "a finding belongs to one run, or to a comparison of two sides",
            remedy="name one run, or two",
        )
    if not places().store.exists():
        raise UsageError("there are no runs yet", remedy="harness run")
    with Store(places().store) as store:
        readable = (one.id for one in store.runs() if not one.unreadable)
        runs = list(where) or list(islice(readable, NEWEST))
        for run in runs:
            try:
                judgement = judged(run)
            except UnreadableRunError:
                if where:
                    raise
                continue
            yield Reported(
                findings=judgement.findings,
                command=f"harness report {judgement.run.id} --format json",
                images=images(store.records(judgement.run.id)),
            )


def _compared(one: str, other: str) -> Reported:
    from harness.commands.compare import compare
    from harness.running.progress import progress_for

    made = compare(None, one, other, "", progress_for(sys.stderr))
    return Reported(
        findings=made.findings,
        command=f"harness compare {one} {other} --format json",
        images={},
    )

"""`harness merge`: bring the runs of several jobs together, and shards into the run they belong
to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import Exit
from harness.formats.answers import Reply
from harness.model import Run
from harness.running.aloud import aloud
from harness.running.session import places
from harness.store.merge import merge as merged
from harness.store.store import Store
from harness.text import clean_line


def merge(files: Sequence[Path]) -> tuple[Reply, Exit]:
    """Import the runs of exports and stores; returns which they are, with status 4 if a shard is
    missing.

    Raises UsageError, in which case nothing was imported; StoreError.
    """
    with Store(places().store) as store, aloud(f"merging {len(files)} files"):
        came = merged(store, files)
    lines = [f"imported run {one.id} of {clean_line(one.started, 40)}" for one in came.others]
    if came.run is not None:
        lines.append(_told(came.run))
    lines += [
        f"shard {one.number} is missing: {len(one.cells)} cells have no answer, as the run's "
        "report shows"
        for one in came.missing
    ]
    tree = {
        "run": came.run.id if came.run is not None else None,
        "shards": [
            {"number": one.number, "run": one.run or None, "cells": list(one.cells)}
            for one in (came.run.merged if came.run is not None else None) or ()
        ],
        "missing": [one.number for one in came.missing],
        "others": [one.id for one in came.others],
    }
    status = Exit.INFRASTRUCTURE if came.missing else Exit.OK
    return Reply(text="".join(f"{line}\n" for line in lines), tree=tree), status


def _told(run: Run) -> str:
    shards = run.merged or ()
    there = sum(bool(one.run) for one in shards)
    return f"run {run.id} is merged from {there} of {len(shards)} shards, {len(run.cells)} cells"

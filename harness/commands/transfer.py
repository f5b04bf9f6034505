"""`harness export` and `harness import`: carry records from one machine to another."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfileobj
from tempfile import NamedTemporaryFile

from harness.commands.output import STANDARD_OUTPUT, put_out
from harness.commands.runs import LATEST, find_run, no_runs
from harness.formats.answers import Reply
from harness.model import Run
from harness.running.aloud import aloud
from harness.running.session import places, suite_name_here
from harness.store.store import Store
from harness.store.transfer import export, exported, import_file
from harness.text import clean_line


def export_run(run: str, file: Path, suite: Path | None = None) -> Reply:
    """Write a run to a file (`-`: standard output); returns which it was. Raises UsageError,
    StoreError."""
    where = places().store
    wanted = suite_name_here(suite) if run == LATEST else None
    if not where.exists():
        raise no_runs(wanted)
    with aloud(f"writing run {run} to {file}"), Store(where, readonly=True) as store:
        found, _ = find_run(store, run, wanted)
        if str(file) == STANDARD_OUTPUT:
            for line in exported(store, found.id):
                put_out(line.decode("ascii"))
        else:
            export(store, found.id, file)
    to = "standard output" if str(file) == STANDARD_OUTPUT else str(file)
    return Reply(text=f"wrote run {found.id} to {to}", tree={"run": found.id, "file": str(file)})


def import_run(file: Path) -> Reply:
    """Import a run from a file (`-`: standard input); returns which it is. Raises UsageError,
    StoreError.

    Standard input is saved to a file first, so that a pipe that stalls does not keep the store
    waiting.
    """
    with ExitStack() as kept, Store(places().store) as store:
        if str(file) == STANDARD_OUTPUT:
            copy = kept.enter_context(NamedTemporaryFile(prefix="harness-import-"))
            copyfileobj(sys.stdin.buffer, copy)
            copy.flush()
            file = Path(copy.name)
        with aloud(f"importing {file}"):
            run = import_file(store, file)
    began, engine = clean_line(run.started, 40), clean_line(_engines(run), 40)
    cells = f"{len(run.cells)} cells"
    return Reply(
        text=f"imported run {run.id} of {began}, {cells}, engine {engine}",
        tree={
            "run": run.id,
            "started": run.started,
            "cells": [cell.id for cell in run.cells],
            "engine": _engines(run),
            "suite": run.suite,
        },
    )


def _engines(run: Run) -> str:
    return ", ".join(one.name for one in run.engines)

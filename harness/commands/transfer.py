"""`harness export` and `harness import`: records from machine to machine."""

from __future__ import annotations

from pathlib import Path

from harness.running.session import places
from harness.store.store import Store
from harness.store.transfer import export, import_file
from harness.text import clean_line, inert_in_ci


def export_run(run: str, file: Path) -> str:
    """Write a run to a file; one line that says so. Raises UsageError, StoreError."""
    with Store(places().store, readonly=True) as store:
        found = store.resolve(run)
        export(store, found.id, file)
    return f"wrote run {found.id} to {file}"


def import_run(file: Path) -> str:
    """Take a run in; one line that says which. Raises UsageError, StoreError."""
    with Store(places().store) as store:
        run = import_file(store, file)
    began, engine = clean_line(run.started, 40), clean_line(run.engine.name, 40)
    cells = f"{len(run.cells)} cells"
    return inert_in_ci(f"imported run {run.id} of {began}, {cells}, engine {engine}")

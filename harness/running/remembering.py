"""Brings the history of nights up to date with the runs in the store."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import StoreError
from harness.history.summary import cell_nights
from harness.model import Record, Run
from harness.running.aloud import aloud
from harness.store.store import Store


def remember(store: Store, run: Run, records: Sequence[Record]) -> None:
    """Add a complete run's cells to the history."""
    store.history.keep(run, cell_nights(run, records))


def caught_up(
    store: Store, suite: str, *, until: str | None = None, most: int | None = None
) -> tuple[str, ...]:
    """Add the complete runs of a suite that the history lacks: imported runs, and runs from before
    the history existed.

    With `until` (a time as in `Run.started`), only runs that did not begin after it; with `most`,
    only that many of the newest. Returns the ids of runs that cannot be read back; the others are
    added all the same.
    """
    damaged = []
    for run_id in store.history.unkept(suite, until=until)[:most]:
        with aloud(f"reading run {run_id} for the history"):
            try:
                run, records = store.run(run_id), store.records(run_id)
            except StoreError:
                damaged.append(run_id)
                continue
            remember(store, run, records)
    return tuple(damaged)

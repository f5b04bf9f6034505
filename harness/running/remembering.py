"""What the store keeps of every night, caught up with the runs that it has."""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import StoreError
from harness.history.summary import cell_nights
from harness.model import Record, Run
from harness.running.aloud import aloud
from harness.store.store import Store


def remember(store: Store, run: Run, records: Sequence[Record]) -> None:
    """Keep what a complete run showed of its cells."""
    store.history.keep(run, cell_nights(run, records))


def caught_up(
    store: Store, suite: str, *, until: str | None = None, most: int | None = None
) -> tuple[str, ...]:
    """Keep the nights of the complete runs of a suite that are not kept yet: imported ones, and
    those of before there was a history. With `until` and `most`, of the newest so many that did not
    begin after that time (as runs write it). Returns the runs that cannot be read back: the others
    have a history all the same."""
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

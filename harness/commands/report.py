"""`harness report`: a run, judged again from its records; and the list of runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.errors import StoreError, UsageError
from harness.formats.report import age
from harness.machine.owner import owner_alive
from harness.running.session import places, suite_name_here
from harness.running.worker import utc_now
from harness.store.store import RunSummary, Store
from harness.text import clean_line, inert_in_ci

NEWEST = 20
"""Runs in a list, where not all are asked for: the verdict of each is judged from its records."""


def judged(
    run: str, *, require_verified: bool = False, suite_path: Path | None = None
) -> Judgement:
    """The judgement of a run (a unique beginning of its id). Empty: the newest of the suite that
    is named, else of the one here, else of all; an imported one is marked.

    Raises UsageError where there is none.
    """
    where = places().store
    suite = None if run else suite_name_here(suite_path)
    if not where.exists():
        raise _no_runs(suite)
    with Store(where) as store:
        store.interrupted(owner_alive)
        imported = False
        if run:
            found = store.resolve(run)
        else:
            newest = store.newest_run(suite)
            if newest is None:
                raise _no_runs(suite, store)
            found, imported = newest
        judgement = judge(
            found,
            store.records(found.id),
            attempts=store.attempts(found.id),
            require_verified=require_verified,
        )
    return replace(judgement, imported=imported)


def _no_runs(suite: str | None, store: Store | None = None) -> UsageError:
    newest = store.newest_run() if store is not None else None
    if newest is None:
        return UsageError("there are no runs yet", remedy="harness run")
    run, _ = newest
    return UsageError(
        f"there are no runs of the suite {suite} yet",
        remedy=f"harness run; or the newest of all, of the suite {run.suite}: "
        f"harness report {run.id}",
    )


def listing(*, every: bool = False) -> str:
    """The runs in the store, newest first, one line each; the newest of them, or every one."""
    where = places().store
    if not where.exists():
        return f"no runs yet in {where}\n"
    now = utc_now()
    with Store(where) as store:
        store.interrupted(owner_alive)
        runs = store.runs()
        listed = runs if every else runs[:NEWEST]
        rows = [
            (
                run.id,
                _verdict(store, run),
                run.state,
                f"{run.recorded}/{run.planned} records",
                f"{run.cells} cells",
                clean_line(run.engine, 40),
                clean_line(run.suite, 40),
                age(run.started, now),
                "imported" if run.imported else "",
            )
            for run in listed
        ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(f"{value:<{width}}" for value, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    count = f"{len(runs)} runs in {where}"
    if len(listed) < len(runs):
        count = f"the newest {len(listed)} of {count}; --all lists every one"
    return inert_in_ci("\n".join([*lines, count, ""]))


def _verdict(store: Store, run: RunSummary) -> str:
    """The worst verdict of the run's cells, judged from its records now."""
    if run.state == "running":
        return "-"
    try:
        judgement = judge(store.run(run.id), store.records(run.id))
    except StoreError:
        return "damaged"
    return str(judgement.counts[0][0]) if judgement.counts else "-"


def written(text: str, output: Path | None) -> None:
    """Print a report, or write it whole to a file."""
    from harness.machine.files import atomic_write

    if output is None:
        print(text, end="" if text.endswith("\n") else "\n")
    else:
        atomic_write(output, text.encode())

"""`harness report`: a run, judged again from its records; and the list of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from fnmatch import fnmatchcase
from pathlib import Path

from harness.commands.runs import LATEST, find_run, no_runs, no_suite_to_report
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.compare.narrowed import narrowed
from harness.errors import StoreError, UsageError
from harness.formats.answers import Reply
from harness.formats.report import age
from harness.machine.owner import owner_alive
from harness.running.aloud import aloud
from harness.running.here import places, suite_name_here, utc_now
from harness.store.listing import RunSummary
from harness.store.store import Store
from harness.text import clean_line, name_remedy

NEWEST = 20
"""How many runs the list has unless all are requested: each verdict is judged from the records."""


def judged(
    run: str, *, require_verified: bool = False, suite_path: Path | None = None
) -> Judgement:
    """The judgement of a run. If `run` is empty, the newest of the suite that is named, or else of
    the one here; an imported one is marked.

    Raises UsageError if there is no such run, or if neither a run nor a suite is given.
    """
    where = places().store
    suite = suite_name_here(suite_path) if run in ("", LATEST) else None
    if not run and suite is None:
        raise no_suite_to_report()
    if not where.exists():
        raise no_runs(suite)
    with Store(where) as store:
        store.interrupted(owner_alive)
        found, imported = find_run(store, run or LATEST, suite)
        with aloud(f"judging run {found.id}"):
            judgement = judge(
                found,
                store.records(found.id),
                attempts=store.attempts(found.id),
                require_verified=require_verified,
            )
        own = store.made_here(found.id)
    named = str(suite_path or "")
    return replace(judgement, imported=imported, own=own, suite=named)


def of_cells(judged: Judgement, globs: Sequence[str]) -> Judgement:
    """The judgement of the cells that match these patterns, with the reference. Raises
    UsageError."""
    ids = [one.cell.id for one in judged.cells]
    for glob in globs:
        if not any(fnmatchcase(one, glob) for one in ids):
            raise UsageError(
                f"the run {judged.run.id} has no cell {glob!r}",
                remedy=name_remedy(glob, ids, what="its cells are"),
            )
    return narrowed(judged, {one for one in ids if any(fnmatchcase(one, glob) for glob in globs)})


def listing(*, every: bool = False) -> Reply:
    """The runs in the store, newest first: only the newest of them, or every one."""
    where = places().store
    if not where.exists():
        return _listed((), 0, where)
    now = utc_now()
    with Store(where) as store, aloud("judging the runs of the list"):
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
    return _listed(tuple(zip(listed, rows, strict=True)), len(runs), where)


_WHY = 300
_COLUMNS = ("run", "verdict", "state", "records", "cells", "engine", "suite", "age", "imported")


def _listed(rows: tuple[tuple[RunSummary, tuple[str, ...]], ...], runs: int, where: Path) -> Reply:
    if not runs:
        return Reply(text=f"no runs yet in {where}\n", tree={"runs": [], "store": str(where)})
    shown = [row for _, row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    lines = [
        "  ".join(f"{value:<{width}}" for value, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]
    count = f"{runs} runs in {where}"
    if len(shown) < runs:
        count = f"the newest {len(shown)} of {count}; --all lists every one"
    tree = {
        "store": str(where),
        "count": runs,
        "runs": [{**asdict(one), "verdict": row[1]} for one, row in rows],
    }
    why = [clean_line(one.unreadable, _WHY) for one, _ in rows if one.unreadable]
    text = "\n".join([*lines, count, *why, ""])
    return Reply(text=text, tree=tree, columns=_COLUMNS, rows=shown)


def _verdict(store: Store, run: RunSummary) -> str:
    """The worst verdict of the run's cells, judged now from its records."""
    if run.state == "running":
        return "-"
    try:
        judgement = judge(store.run(run.id), store.records(run.id))
    except StoreError:
        return "unreadable"
    return str(judgement.counts[0][0]) if judgement.counts else "-"

"""`harness report`: a run, judged again from its records; and the list of runs."""

from __future__ import annotations

from pathlib import Path

from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.errors import UsageError
from harness.machine.owner import owner_alive
from harness.running.session import places
from harness.store.store import Store
from harness.text import clean_line, inert_in_ci


def judged(run: str, *, require_verified: bool = False) -> Judgement:
    """The judgement of a run (a unique beginning of its id; empty: the latest).

    Raises UsageError where there is none.
    """
    where = places().store
    if not where.exists():
        raise UsageError("there are no runs yet", remedy="harness run")
    with Store(where) as store:
        store.interrupted(owner_alive)
        found = store.resolve(run) if run else store.latest_run()
        if found is None:
            raise UsageError("there are no runs yet", remedy="harness run")
        return judge(
            found,
            store.records(found.id),
            attempts=store.attempts(found.id),
            require_verified=require_verified,
        )


def listing() -> str:
    """The runs in the store, newest first, one line each."""
    where = places().store
    if not where.exists():
        return f"no runs yet in {where}\n"
    with Store(where) as store:
        store.interrupted(owner_alive)
        runs = store.runs()
    lines = [
        f"{run.id}  {run.state:<11}  {run.recorded}/{run.planned} records  {run.cells} cells  "
        f"{clean_line(run.engine, 40)}" + ("  imported" if run.imported else "")
        for run in runs
    ]
    return inert_in_ci("\n".join([*lines, f"{len(runs)} runs in {where}", ""]))


def written(text: str, output: Path | None) -> None:
    """Print a report, or write it whole to a file."""
    from harness.machine.files import atomic_write

    if output is None:
        print(text, end="" if text.endswith("\n") else "\n")
    else:
        atomic_write(output, text.encode())

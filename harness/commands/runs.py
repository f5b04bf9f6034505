"""How every command names a run: by its id, the unique beginning of one, or `latest`."""

from __future__ import annotations

from harness.errors import UsageError
from harness.model import Run
from harness.running.here import NO_SUITE_REMEDY
from harness.store.store import Store
from harness.suite.matrix import FILE_NAME

LATEST = "latest"
"""The newest run of the named suite, or else of the suite here, or else of all."""


def find_run(store: Store, named: str, suite: str | None) -> tuple[Run, bool]:
    """The run that `named` means, and whether `latest` found one that was imported.

    `suite` is the name of the suite that `latest` refers to; None: all. Raises UsageError if there
    is no such run, or more than one.
    """
    if named != LATEST:
        return store.resolve(named), False
    newest = store.newest_run(suite)
    if newest is None:
        raise no_runs(suite, store)
    return newest


def no_runs(suite: str | None, store: Store | None = None) -> UsageError:
    """The error for a lack of runs (of a suite), which suggests the nearest alternative."""
    newest = store.newest_run() if store is not None else None
    if newest is None:
        return UsageError("there are no runs yet", remedy="harness run")
    run, _ = newest
    return UsageError(
        f"there are no runs of the suite {suite} yet",
        remedy=f"harness run; or show the newest run of all, of the suite {run.suite}: "
        f"harness report {run.id}",
    )


def no_suite_to_report() -> UsageError:
    """The error for a report that is given neither a run nor a suite."""
    return UsageError(
        f"no run is named, and there is no {FILE_NAME} in this folder to take the newest run of",
        remedy=f"`harness report {LATEST}` shows the newest run of all, `harness report --list` "
        f"lists them; {NO_SUITE_REMEDY}",
    )

"""Runs in a list: what is told of each without reading its records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.model import Run


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSummary:
    """A run in a list: what is known of it without reading its records."""

    id: str
    started: str
    ended: str
    state: str
    suite: str
    engine: str
    cells: int
    planned: int
    recorded: int
    imported: bool


def summary(run: Run, imported: int, planned: int, recorded: int) -> RunSummary:
    return RunSummary(
        id=run.id,
        started=run.started,
        ended=run.ended,
        state=run.state,
        suite=run.suite,
        engine=", ".join(one.name for one in run.engines),
        cells=len(run.cells),
        planned=planned,
        recorded=recorded,
        imported=bool(imported),
    )


def listed(runs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{run_id} ({state})" for run_id, state in runs)

"""Summaries of runs for a list, made without reading their records."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from harness.errors import UnreadableRunError
from harness.model import Run
from harness.serial import decode
from harness.store.queries import ListedRow, RunRow


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSummary:
    """One run in a list: what is known without reading its records."""

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
    unreadable: str = ""
    """Why the run cannot be read back; empty for one that can."""


class DecodedRuns:
    """The runs that were decoded last, each with its text: a report reads the same two several
    times."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, Run]] = {}

    def decoded(self, run_id: str, text: str) -> Run:
        """Decode a run, unless it was decoded from the same text lately. UnreadableError if it is
        damaged."""
        kept, run = self._kept.get(run_id, ("", None))
        if run is None or kept != text:
            run = decode(Run, text.encode())
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[run_id] = text, run
        return run

    def text(self, run_id: str) -> str:
        """Return the text of a run that was decoded lately. KeyError if it was not."""
        return self._kept[run_id][0]


_MOST = 8


def summaries(rows: Iterable[ListedRow], read: Callable[[RunRow], Run]) -> tuple[RunSummary, ...]:
    """Return the summary of each row. `read` decodes a run's row, and raises UnreadableRunError if
    it cannot be read back: the summary then has only what the other columns hold."""
    found = []
    for id, state, ended, body, started, imported, planned, recorded in rows:
        run: Run | None = None
        why = ""
        try:
            run = read((id, state, ended, body))
        except UnreadableRunError as error:
            state, why = "unreadable", error.message
        found.append(
            RunSummary(
                id=id,
                started=started,
                ended=ended,
                state=state,
                suite=run.suite if run else "",
                engine=", ".join(one.name for one in run.engines) if run else "",
                cells=len(run.cells) if run else 0,
                planned=planned,
                recorded=recorded,
                imported=bool(imported),
                unreadable=why,
            )
        )
    return tuple(found)


def listed(runs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{run_id} ({state})" for run_id, state in runs)

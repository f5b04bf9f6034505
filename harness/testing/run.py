"""The run of a test session, as a process of its own: `python -m harness.testing.run FOLDER OWNER`.

It does what `harness run` does for the needs written on the board, and writes its progress there.
The session holds its standard input open: when the session ends, in whatever way, the run is closed
as interrupted and what it left on the engine is removed.
"""

from __future__ import annotations

import sys
import traceback
from dataclasses import replace
from pathlib import Path

from harness.errors import Exit, HarnessError
from harness.machine.lease import lease
from harness.machine.owner import owner_token
from harness.model import Record, Run
from harness.probing.probe import suite_probes
from harness.running.perform import perform
from harness.running.progress import LineProgress, Tally
from harness.running.session import checked_suite, places
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.suite.selection import with_tags
from harness.testing.board import Board, Needs, State
from harness.testing.lifeline import lifeline

QUIET = "quiet.lock"
"""Name of a lease file in the cache: a run that measures holds it alone, containers of tests share
it."""


class BoardProgress(LineProgress):
    """Progress of a run that writes every finished cell to the board."""

    def __init__(self, board: Board, state: State) -> None:
        super().__init__(sys.stdout)
        self.state = state
        self._board = board
        self._cells: Tally | None = None

    def begin(self, run: Run) -> None:
        super().begin(run)
        self._cells = Tally(run)
        self.write(run=run.id)

    def recorded(self, record: Record) -> None:
        super().recorded(record)
        assert self._cells is not None, "a record belongs to a run that has begun"
        if self._cells.add(record):
            self.write(finished=(*self.state.finished, record.cell))

    def write(self, **changes: str | bool | tuple[str, ...]) -> None:
        """Change the state, and write it to the board."""
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
        self._board.write_state(self.state)


def run_needs(needs: Needs, progress: LineProgress) -> Exit:
    """Run what is needed, alone on this host, into the store. Raises HarnessError."""
    suite = with_tags(checked_suite(Path(needs.suite)), needs.tags)
    suite = replace(suite, rules=replace(suite.rules, reference=needs.reference))
    cells = [cell for cell in suite.cells if cell.id in needs.cells]
    wanted = Wanted(
        rounds=needs.rounds,
        engine=needs.engine,
        recordings=Path(needs.recordings) if needs.recordings else None,
    )
    probes = suite_probes(suite, needs.probes)
    with lease(places().cache / QUIET, alone=True), Store(places().store) as store:
        _, status = perform(suite, cells, probes, wanted, store, progress)
    return status


def main(folder: str, owner: str) -> int:
    """Run what the board in `folder` asks for; the exit status is that of the run."""
    with lifeline(sys.stdin.fileno()):
        return _do(Board(folder=Path(folder), owner=owner))


def _do(board: Board) -> int:
    state = State(owner=owner_token(), store=str(places().store))
    progress = BoardProgress(board, state)
    progress.write()
    error, status = "", Exit.INTERNAL
    try:
        needs = board.needs()
        assert needs is not None, "the session says what it needs before it starts the run"
        status = run_needs(needs, progress)
        error = "the run was interrupted" if status is not Exit.OK else ""
    except HarnessError as failure:
        status, error = failure.exit, str(failure)
    except BaseException:
        error = "this is a bug in harness:\n" + traceback.format_exc()
    progress.write(ended=True, error=error)
    return int(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""A test session's run: started once by the process that owns the session, read by all
processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from harness.compare.items import Results, restricted, results_of
from harness.machine.owner import owner_alive
from harness.model import Record, Run
from harness.store.store import Store
from harness.testing.board import Board, RunFailed, State

_STOP_S = 60.0
_POLL_S = 0.1


class RunProcess:
    """The process that runs what a board needs. Only the owner of the session creates one."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._process: subprocess.Popen[bytes] | None = None
        self._waiter: threading.Thread | None = None

    def start(self) -> None:
        """Start the run, once."""
        if self._process is not None:
            return
        self._board.write_state(State(owner=self._board.owner))
        command = [sys.executable, "-P", "-m", "harness.testing.run"]
        with self._board.log().open("wb") as log:
            self._process = subprocess.Popen(
                [*command, str(self._board.folder), self._board.owner],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._waiter = threading.Thread(target=self._wait, daemon=True, name="harness-run")
        self._waiter.start()

    def stop(self) -> None:
        """Stop the run if it is still going: it is closed, and its leftovers are removed."""
        if self._process is None or self._waiter is None:
            return
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        self._waiter.join(_STOP_S)
        if self._waiter.is_alive():
            self._process.kill()
            self._waiter.join()

    def _wait(self) -> None:
        assert self._process is not None, "started"
        code = self._process.wait()
        state = self._board.state()
        if state is not None and not state.ended:
            lines = self._board.said().splitlines()[-10:]
            why = f"the run's process ended with status {code}:\n" + "\n".join(lines)
            self._board.write_state(replace(state, ended=True, error=why))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    run: Run
    records: tuple[Record, ...]
    results: Results


class RunReader:
    """Reads what a session's run has recorded from the store; never writes.

    `hear` is called with each line of the run's output while something is waited for.
    """

    def __init__(self, board: Board, hear: Callable[[str], object] = lambda _: None) -> None:
        self._board = board
        self._hear = hear
        self._heard = 0
        self._told: dict[frozenset[str], _Told] = {}

    def results(self, cell: str, reference: str) -> Results:
        """The judged records of a cell and its reference, as soon as both are complete.

        Raises RunFailed if the run could not be done.
        """
        return self._tell(cell, reference).results

    def records(self, cell: str) -> tuple[Record, ...]:
        """A cell's records, as soon as they are complete. Raises RunFailed."""
        return self._tell(cell).records

    def run(self, *cells: str) -> tuple[Run, tuple[Record, ...]]:
        """The run and the records of some cells, as soon as they are complete. Raises RunFailed."""
        told = self._tell(*cells)
        return told.run, told.records

    def whole(self) -> Results:
        """The whole run, judged, when it has ended. Raises RunFailed."""
        return self._tell().results

    def wait_for(self, *cells: str) -> None:
        """Wait until these cells have all their records, or, if none is named, until the run has
        ended. Returns at once if there is no run or it failed: the error is raised when a result is
        requested."""
        if self._board.needs() is not None:
            with suppress(RunFailed):
                self._wait(frozenset(cells))

    def _tell(self, *cells: str) -> _Told:
        """The results of these cells; of all cells if none is named."""
        about = frozenset(cells)
        if about not in self._told:
            state = self._wait(about)
            if not state.run:
                raise RunFailed(state.error or "the run did not begin")
            with Store(Path(state.store), readonly=True) as store:
                run, records = store.run(state.run), store.records(state.run)
            if about:
                run = restricted(run, about)
                records = tuple(one for one in records if one.cell in about)
            results = results_of(run, records)
            self._told[about] = _Told(run=run, records=records, results=results)
        return self._told[about]

    def _wait(self, cells: frozenset[str]) -> State:
        """Wait until these cells have all their records (none named: until the run has ended)."""
        while True:
            state = self._board.state()
            self._listen()
            if state is None and self._board.needs() is None:
                raise RunFailed(
                    "nothing was run for this test: its needs were not known when it was collected",
                    remedy="ask for `facts`, `records` or `compare` in the test's own arguments",
                )
            if state is not None:
                if state.ended or (cells and cells <= set(state.finished)):
                    return state
                if not owner_alive(state.owner) and not owner_alive(self._board.owner):
                    raise RunFailed("the session that ran it is gone")
            time.sleep(_POLL_S)

    def _listen(self) -> None:
        said = self._board.said()
        lines = said[: said.rfind("\n") + 1].splitlines()
        for line in lines[self._heard :]:
            self._hear(line)
        self._heard = len(lines)

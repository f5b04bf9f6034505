"""The state of one pytest session: its suites, what they need to have run, and who runs it.

The controller (or the only process) owns the runs. Workers of xdist get the folder of its boards,
write there what they collected, and read the store.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.running.session import checked_suite
from harness.suite.selection import tags_of, with_tags
from harness.testing.asked import asked
from harness.testing.named import configured_suite, named_suites
from harness.testing.place import boards_of
from harness.testing.selected import Selection, mark_of, needs, selection, tags_asked

if TYPE_CHECKING:
    from harness.testing.comparing import CellComparison
    from harness.testing.session import RunProcess, RunReader

_KEY = pytest.StashKey["Plugged"]()


def plugged(config: pytest.Config) -> Plugged:
    """This session's state, created at the first call."""
    if _KEY not in config.stash:
        config.stash[_KEY] = Plugged(config)
    return config.stash[_KEY]


def if_plugged(config: pytest.Config) -> Plugged | None:
    """This session's state; None if it was never needed."""
    return config.stash.get(_KEY, None)


class Plugged:
    """One process's part of a session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.is_worker = hasattr(config, "workerinput")
        self.asked = asked(config)
        self.boards = boards_of(config)
        self._selections: dict[Path, Selection] = {}
        self._readers: dict[str, RunReader] = {}
        self._processes: dict[str, RunProcess] = {}
        self.hear: Callable[[str], object] = lambda _: None
        self.compared: list[CellComparison] = []
        """What the current test has compared."""

    def selection(self, path: Path) -> Selection:
        """The selected part of a suite. Raises MatrixError, UsageError."""
        path = path.resolve()
        if path not in self._selections:
            suite = checked_suite(path)
            for tag in dict.fromkeys(tag for cell in suite.cells for tag in cell.tags):
                line = f"{mark_of(tag)}: cells with the tag {tag}"
                self._config.addinivalue_line("markers", line)
            named = named_suites(self._config).get(path, ())
            tags = tags_of(suite, self.asked.cells, tags_asked(self.asked, suite))
            suite = with_tags(suite, tags)
            self._selections[path] = selection(path, suite, self.asked, named)
        return self._selections[path]

    def own_suite(self) -> Selection | None:
        """The suite of the fixtures: the configured one, or else the only one named."""
        configured = configured_suite(self._config)
        named = [configured] if configured else sorted(named_suites(self._config))
        return self.selection(named[0]) if len(named) == 1 else None

    def need(self, asked: dict[str, tuple[set[str], set[str]]]) -> None:
        """Publish what must be run for the collected tests, as matrix path -> (cells, probes)."""
        for path, (cells, probes) in asked.items():
            wanted = needs(self.selection(Path(path)), self.asked, cells, probes)
            if wanted is not None:
                self.boards.of(path).write_needs(wanted)

    def reader(self, path: str) -> RunReader:
        """The reader of a suite's run; starts the run if this process owns the session."""
        from harness.testing.session import RunReader

        if path not in self._readers:
            self._readers[path] = RunReader(self.boards.of(path), lambda line: self.hear(line))
        if not self.is_worker:
            self.start(path)
        return self._readers[path]

    def start(self, path: str) -> None:
        """Start the run of a suite, once."""
        from harness.testing.session import RunProcess

        board = self.boards.of(path)
        if path not in self._processes and board.needs() is not None:
            self.boards.sweep()
            self._processes[path] = RunProcess(board)
            self._processes[path].start()

    def start_all(self) -> None:
        """Start every run that is needed."""
        for board in self.boards.wanted():
            wanted = board.needs()
            assert wanted is not None, "just found"
            self.start(wanted.suite)

    def wait_for_quiet(self) -> None:
        """Wait until every run of this session has ended."""
        for board in self.boards.wanted():
            wanted = board.needs()
            assert wanted is not None, "just found"
            self.reader(wanted.suite).wait_for()

    def stop(self) -> None:
        """Stop runs that are still going; what was recorded is kept."""
        for process in self._processes.values():
            process.stop()

    def suites(self) -> tuple[str, ...]:
        """Paths of the suites that something was run for."""
        return tuple(self._processes)

    def runs(self) -> tuple[str, ...]:
        """Ids of the runs that were made."""
        states = [self.boards.of(path).state() for path in self.suites()]
        return tuple(state.run for state in states if state is not None and state.run)

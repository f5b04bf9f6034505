"""Shows a run in progress: live on a terminal, as one line for each finished cell elsewhere."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from harness.model import Attempt, Record, Run
from harness.running.task import WAITING, Passing
from harness.text import clean_line, inert_in_ci

if TYPE_CHECKING:
    from rich.table import Table

_HEARTBEAT_S = 60.0
"""Seconds without output after which a line reports that the run still goes on."""
_BEAT_S = 1.0
_WAITING_SHOWN = 6
"""How many waiting cells a terminal lists."""


class Progress(Protocol):
    """Shows what a run does. A context manager, entered before the run begins."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def notice(self, text: str) -> None:
        """Show a notice to the user."""

    def begin(self, run: Run) -> None:
        """The run has its id and its plan."""

    def further(self, run: Run) -> None:
        """Further rounds were planned."""

    def tell(self, cell: str, doing: str) -> None:
        """Show what is being done for a cell; an empty `cell` means the run itself. A `Passing`
        text is shown only live."""

    def recorded(self, record: Record) -> None:
        """A record was stored."""

    def taken_back(self, attempts: Sequence[Attempt]) -> None:
        """These records no longer count: their cells are asked again."""


def beginning(run: Run) -> str:
    """Describe the beginning of a run in one line."""
    count = len(run.cells)
    told = f"run {run.id}: {count} cell{'' if count == 1 else 's'} on {run.engine.name}"
    for other in run.beside or ():
        told += f", {len(other.cells)} of them on {other.engine.name}"
    if run.hosts:
        several = "" if len(run.hosts) == 1 else "s"
        told += f", on {len(run.hosts)} host{several}: {', '.join(one.name for one in run.hosts)}"
    return told


class Tally:
    """Counts which cells have which of their records; shared by all kinds of progress."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._planned = Counter(key.cell for key in run.planned())
        self._records: dict[str, list[Record]] = {cell: [] for cell in self._planned}
        self._finished: set[str] = set()
        self._cells = {cell.id: (cell,) for cell in run.cells}
        pairs: dict[str, list[tuple[str, str]]] = {cell: [] for cell in self._planned}
        for cell, probe in run.pairs:
            pairs[cell].append((cell, probe))
        self._pairs = {cell: tuple(own) for cell, own in pairs.items()}

    def further(self, run: Run) -> None:
        """Take over further rounds of the run: cells that have them are not finished any more."""
        self._run = run
        self._planned = Counter(key.cell for key in run.planned())
        self._finished = {one for one in self._finished if self._whole(one)}

    def add(self, record: Record) -> bool:
        """Count a record; return whether its cell is finished now."""
        self._records[record.cell].append(record)
        if not self._whole(record.cell):
            return False
        self._finished.add(record.cell)
        return True

    def taken_back(self, attempts: Iterable[Attempt]) -> None:
        """Remove records that no longer count."""
        for attempt in attempts:
            cell = attempt.record.cell
            kept = [one for one in self._records[cell] if one.key != attempt.record.key]
            self._records[cell] = kept
            self._finished.discard(cell)

    def _whole(self, cell: str) -> bool:
        return len(self._records[cell]) == self._planned[cell]

    def line(self, cell: str) -> str:
        """Describe a finished cell in one line, judged without the other cells."""
        from harness.compare.judge import judge_cell
        from harness.formats.progress import finished_line

        records = self._records[cell]
        done = len(self._finished)
        # Every record of a container has the whole time of that container, so each counts once.
        times = {(record.round, record.container): record.durations for record in records}
        seconds = sum(each.get("container", 0.0) for each in times.values())
        # Leave the other cells out, so that the cost of a line does not grow with the run: a run of
        # ten thousand cells prints ten thousand lines.
        alone = replace(self._run, cells=self._cells[cell], pairs=self._pairs[cell])
        judged = judge_cell(alone.placed({cell: records[-1].host or ""}), records, cell)
        return finished_line(done, len(self._planned), judged, seconds)


class LineProgress:
    """For logs: a line when something begins or ends, and a heartbeat in between.

    It may be entered again for another run: each time starts a heartbeat thread of its own.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._tally: Tally | None = None
        self._doing = ""
        self._last = time.monotonic()
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True, name="harness-heartbeat")
        self._heart.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._heart.join()

    def notice(self, text: str) -> None:
        self._say(f"note: {text}")

    def begin(self, run: Run) -> None:
        self._tally = Tally(run)
        self._say(beginning(run))

    def further(self, run: Run) -> None:
        if self._tally is not None:
            self._tally.further(run)

    def tell(self, cell: str, doing: str) -> None:
        if doing is WAITING:
            return  # Other cells are at work, and the heartbeat names what they do.
        self._doing = f"{cell}: {doing}" if cell else doing
        if not isinstance(doing, Passing):
            self._say(self._doing)

    def taken_back(self, attempts: Sequence[Attempt]) -> None:
        if self._tally is not None:
            self._tally.taken_back(attempts)

    def recorded(self, record: Record) -> None:
        assert self._tally is not None, "a record belongs to a run that has begun"
        if self._tally.add(record):
            self._say(self._tally.line(record.cell))

    def _say(self, text: str) -> None:
        with self._lock:
            self._last = time.monotonic()
            # A run must not end because its output cannot be written.
            with suppress(OSError, ValueError):
                print(inert_in_ci(clean_line(text, 400)), file=self._out, flush=True)

    def _beat(self) -> None:
        while not self._stop.wait(_BEAT_S):
            if time.monotonic() - self._last > _HEARTBEAT_S:
                self._say(f"still at it: {self._doing}")


class StepsAlone(LineProgress):
    """For logs of a command that does many runs and prints its own steps: only notices, and a
    heartbeat while nothing is printed."""

    def begin(self, run: Run) -> None:
        self._doing = beginning(run)

    def tell(self, cell: str, doing: str) -> None:
        if doing is not WAITING:
            self._doing = f"{cell}: {doing}" if cell else doing

    def recorded(self, record: Record) -> None:
        pass


class LiveProgress:
    """For a terminal: a live table of the cells in progress, with finished cells as lines above."""

    def __init__(self, out: TextIO) -> None:
        from rich.console import Console
        from rich.live import Live

        self._tally: Tally | None = None
        self._under_way: dict[str, tuple[str, float]] = {}
        self._console = Console(file=out, markup=False, highlight=False, emoji=False)
        self._live = Live(
            console=self._console, refresh_per_second=4, transient=True, get_renderable=self._table
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def notice(self, text: str) -> None:
        self._print(f"note: {text}")

    def begin(self, run: Run) -> None:
        self._tally = Tally(run)
        self._print(beginning(run))
        self._under_way.clear()
        for cell in run.cells:
            self._under_way[cell.id] = (WAITING, time.monotonic())

    def further(self, run: Run) -> None:
        if self._tally is not None:
            self._tally.further(run)

    def tell(self, cell: str, doing: str) -> None:
        if cell or isinstance(doing, Passing):
            self._under_way[cell] = (doing, time.monotonic())
        else:
            self._print(doing)

    def taken_back(self, attempts: Sequence[Attempt]) -> None:
        if self._tally is not None:
            self._tally.taken_back(attempts)

    def recorded(self, record: Record) -> None:
        assert self._tally is not None, "a record belongs to a run that has begun"
        if self._tally.add(record):
            self._under_way.pop(record.cell, None)
            self._print(self._tally.line(record.cell))

    def _print(self, text: str) -> None:
        from rich.text import Text

        self._console.print(Text(inert_in_ci(clean_line(text, 400))))

    def _table(self) -> Table:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 1))
        now = list(self._under_way.items())
        waiting = [cell for cell, (doing, _) in now if doing is WAITING]
        for cell, (doing, since) in now:
            if doing is WAITING:
                continue
            waited = Text(f"{time.monotonic() - since:.0f} s", style="dim")
            names = (clean_line(cell, 80), clean_line(doing, 90))
            table.add_row(Spinner("dots"), *map(Text, names), waited)
        # A table that is higher than the terminal cannot be redrawn in place and would fill the
        # screen.
        shown = waiting if len(waiting) <= _WAITING_SHOWN else waiting[: _WAITING_SHOWN - 1]
        for cell in shown:
            table.add_row(Text("·"), Text(clean_line(cell, 80)), Text(WAITING, style="dim"))
        if len(shown) < len(waiting):
            more = f"and {len(waiting) - len(shown)} more"
            table.add_row(Text("·"), Text(more), Text(WAITING, style="dim"))
        return table


def progress_for(out: TextIO) -> Progress:
    """Live on a terminal, lines elsewhere and in CI."""
    import os

    live: Callable[[TextIO], Progress] = LiveProgress
    return live(out) if out.isatty() and not os.environ.get("CI") else LineProgress(out)

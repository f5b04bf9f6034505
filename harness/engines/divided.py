"""Two engines in one run: the host engine takes the interpreters of this machine, and the other
engine takes all other cells.

A request about one cell goes to the engine that takes it; sweeping, stopping and releasing go to
both. Images are those of the other engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from harness.engines import Engine, Obtained, Pass, Performed, Say, Stock
from harness.model import Beside, Cell, EngineInfo, HostClass, SecondOpinion
from harness.recipes.orders import Order


class DividedEngine:
    """An engine that divides cells between `main` and, for interpreters of this machine, `host`.

    Both are opened and closed by whoever made them.
    """

    def __init__(self, main: Engine, host: Engine, cells: Iterable[Cell]) -> None:
        self.name = main.name
        self._main = main
        self._host = host
        self._interpreters = frozenset(cell.id for cell in cells if cell.host)

    def taking(self, cell: str) -> Engine:
        """Return the engine that takes a cell."""
        return self._host if cell in self._interpreters else self._main

    def beside(self) -> tuple[Beside, ...]:
        """Return which cells the host engine takes beside the main engine."""
        cells = tuple(sorted(self._interpreters))
        return (Beside(engine=self._host.describe(), host=self._host.host(), cells=cells),)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    @property
    def stock(self) -> Stock | None:
        """The images of the main engine; the host engine has none."""
        return self._main.stock

    @property
    def here(self) -> bool:
        """Whether the main engine's environments run on this host."""
        return self._main.here

    def describe(self) -> EngineInfo:
        """Describe the main engine."""
        return self._main.describe()

    def host(self) -> HostClass:
        """Return the host class of the main engine."""
        return self._main.host()

    def sweep(self) -> tuple[str, ...]:
        """Remove what dead runs left on both engines."""
        return (*self._main.sweep(), *self._host.sweep())

    def stop(self) -> None:
        """Stop what is being obtained on both engines."""
        self._main.stop()
        self._host.stop()

    def release(self, run: str) -> None:
        """Remove what the run needed on both engines."""
        try:
            self._main.release(run)
        finally:
            self._host.release(run)

    def obtain(self, order: Order, say: Say) -> Obtained:
        """Obtain with the engine that takes the cell."""
        return self.taking(order.cell.id).obtain(order, say)

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> SecondOpinion | None:
        """Read files with the engine that takes the cell."""
        return self.taking(cell).second_opinion(run, cell, obtained)

    def perform(self, request: Pass) -> Performed:
        """Perform with the engine that takes the cell."""
        return self.taking(request.cell).perform(request)


def is_mixed(cells: Sequence[Cell]) -> bool:
    """Whether some of the cells are interpreters of this machine, and others are not."""
    return len({bool(cell.host) for cell in cells}) > 1


def taking(engine: Engine, cell: str) -> Engine:
    """Return the engine that takes a cell: a part of a divided engine, else the engine itself."""
    return engine.taking(cell) if isinstance(engine, DividedEngine) else engine


def beside(engine: Engine) -> tuple[Beside, ...] | None:
    """Return which cells another engine takes beside this one; None if this one takes all."""
    return engine.beside() if isinstance(engine, DividedEngine) else None

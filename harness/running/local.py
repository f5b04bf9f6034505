"""The local executor: one engine does all tasks, within its disk budget. Every host of a cluster
has one too."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.engines import Engine, Stock
from harness.engines.budget import Group, grouped, groups, refusal, told
from harness.errors import InfrastructureError
from harness.running.abreast import at_once
from harness.running.executor import Carried, Site, site_of
from harness.running.grouping import joined
from harness.running.round import Tell
from harness.running.task import Passing, Task
from harness.running.worker import work


class LocalExecutor:
    """An executor with one open engine.

    It settles what only the engine's host knows: where data lie, how much disk space there is, and
    what dead runs left. Cells are obtained in parallel whatever group they are in, so all tasks are
    done as one.
    """

    def __init__(self, engine: Engine, data: Mapping[str, Path] | None = None) -> None:
        self._engine = engine
        self._data = data or {}
        self._room: Room | None = None

    @property
    def site(self) -> Site:
        """The site with its engine."""
        return site_of(self._engine)

    def sweep(self, tell: Tell) -> None:
        """Remove what dead runs left on this host."""
        tell("", Passing("looking for what dead runs left"))
        for name in self._engine.sweep():
            tell("", f"removed what a dead run left: {name}")

    def prepare(self, tasks: Sequence[Task], tell: Tell) -> tuple[str, ...]:
        """Find disk space for the images that the tasks still need; report it if there is too
        little."""
        self._room = _room(self._engine, joined(tasks), tell)
        notice = grouped(self._room.groups)
        return (notice,) if notice else ()

    def carry(self, tasks: Sequence[Task], tell: Tell) -> Generator[Carried, None, None]:
        """Do all tasks together, in parts for which there is room; call `prepare` before."""
        del tasks  # `prepare` has joined them.
        assert self._room is not None, "room is found before anything is carried"
        for part in self._room.parts():
            yield from work(self._engine, replace(part, dataset=self._data), tell)

    def release(self, run: str) -> None:
        """Remove what the run needed on the engine, except images."""
        self._engine.release(run)


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """A task in parts, each with images that fit on the disk at once; usually one part."""

    stock: Stock | None
    task: Task
    groups: tuple[Group, ...]
    bounded: bool
    """Whether the user set a budget: then it must hold at the end, too."""
    tell: Tell

    def parts(self) -> Iterator[Task]:
        """Yield each part when there is room for its images.

        The caller must have stored the records of one part before it asks for the next.
        """
        for group in self.groups:
            orders = tuple(one for one in self.task.orders if one.cell.id in group.cells)
            if group.wanted:
                self._make(group.wanted)
            yield replace(self.task, orders=orders)
            if self.stock is not None:
                self.stock.free(orders)
        if self.bounded:
            self._make(0)

    def _make(self, wanted: int) -> None:
        assert self.stock is not None, "without images nothing is wanted"
        try:
            self.stock.make_room(wanted, lambda line: self.tell("", line))
        except InfrastructureError as error:
            self.tell("", f"no disk space could be freed: {error.message}")


def _room(engine: Engine, task: Task, tell: Tell) -> Room:
    """Plan disk space for the images that a task still needs; report it if there is too little.

    UsageError or InfrastructureError if a cell can never be built.
    """
    orders = tuple(order for order in task.orders if task.takes_part(order.cell))
    survey = engine.stock.survey(orders) if engine.stock is not None else None
    if survey is not None and (refused := refusal(survey)) is not None:
        raise refused
    parts = groups(survey, [order.cell.id for order in orders], at_once(engine.host()))
    for line in told(survey, parts) if survey is not None else ():
        tell("", line)
    return Room(
        stock=engine.stock,
        task=task,
        groups=parts,
        bounded=survey is not None and survey.named,
        tell=tell,
    )

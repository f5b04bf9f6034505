"""The local executor: one engine takes all tasks, within its disk budget. Every host of a cluster
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
    """One open engine. What its host alone can tell is settled here: where data lie, what there is
    room for, what dead runs left.

    Cells are obtained side by side whatever groups they are in, so that all tasks are done as one.
    """

    def __init__(self, engine: Engine, data: Mapping[str, Path] | None = None) -> None:
        self._engine = engine
        self._data = data or {}
        self._room: Room | None = None

    @property
    def site(self) -> Site:
        """Its engine."""
        return site_of(self._engine)

    def sweep(self, tell: Tell) -> None:
        """Remove what dead runs left on this host."""
        tell("", Passing("looking for what dead runs left"))
        for name in self._engine.sweep():
            tell("", f"removed what a dead run left: {name}")

    def prepare(self, tasks: Sequence[Task], tell: Tell) -> tuple[str, ...]:
        """Find room for the images of what is owed; too little of it is said here."""
        self._room = _room(self._engine, joined(tasks), tell)
        notice = grouped(self._room.groups)
        return (notice,) if notice else ()

    def carry(self, tasks: Sequence[Task], tell: Tell) -> Generator[Carried, None, None]:
        """All of them together, in as many parts as there is room for; `prepare` came before."""
        del tasks  # They were joined as room was found for them.
        assert self._room is not None, "room is found before anything is carried"
        for part in self._room.parts():
            yield from work(self._engine, replace(part, dataset=self._data), tell)

    def release(self, run: str) -> None:
        """What the run needed on the engine."""
        self._engine.release(run)


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """A task in parts whose images have room at once; ordinarily one part, the whole task."""

    stock: Stock | None
    task: Task
    groups: tuple[Group, ...]
    bounded: bool
    """Somebody named a budget: it holds at the end, too."""
    tell: Tell

    def parts(self) -> Iterator[Task]:
        """Each when its images have room. Who asks for the next has stored the records of this."""
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
            self.tell("", f"no room was made: {error.message}")


def _room(engine: Engine, task: Task, tell: Tell) -> Room:
    """How the images of what a task owes find room; too little of it is said here.

    UsageError, InfrastructureError where a cell can never be built.
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

"""A run from plan to store: sweep, find room, begin, work, record, finish.

The only place that writes the store. A record is acknowledged when the store has it; whatever
happens after that, it is there.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath
from types import FrameType

from harness import __version__
from harness.datasets.dataset import DataSet
from harness.engines import Engine, Stock
from harness.engines.budget import Group, grouped, groups, refusal, told
from harness.engines.divided import beside
from harness.errors import InfrastructureError
from harness.model import (
    UNBOUNDED,
    Attempt,
    Cell,
    Place,
    Probe,
    Record,
    Run,
    SecondOpinion,
    Suite,
)
from harness.recipes.orders import Order
from harness.running.abreast import at_once
from harness.running.calibrated import known_spreads
from harness.running.looking import UntilTold
from harness.running.resume import before
from harness.running.reuse import Decisive, known_answers, repeatable
from harness.running.round import Tell, utc_now
from harness.running.steering import Further, Steering
from harness.running.task import Passing, Task
from harness.running.worker import work
from harness.store.runid import new_run_id
from harness.store.store import Store

_NOISY = 2
"""From so many rounds on they can be compared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRun:
    """What a run will do, complete before anything starts."""

    suite: Suite
    orders: tuple[Order, ...]
    probes: tuple[Probe, ...]
    rounds: int
    dataset: DataSet | None
    unasked: tuple[Probe, ...] = ()
    """Probes of the suite that were not asked for."""
    notices: tuple[str, ...] = ()
    reuse: bool = False
    """Answers that nothing can have changed are repeated from earlier runs."""
    resumed: Run | None = None
    """A run that is taken on, instead of a new one."""
    looks: tuple[int, ...] | None = None
    """After how many rounds it is looked whether they suffice; `rounds` is the first of them.
    None: they are fixed."""
    steering: Callable[[Run], Steering] = lambda run: UntilTold(run=run)
    """Makes what looks, for the run that was begun."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(order.cell for order in self.orders)


class RunInterrupted(Exception):
    """SIGINT or SIGTERM came; `signal` says which."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


def execute(
    planned: PlannedRun,
    engine: Engine,
    store: Store,
    *,
    tell: Tell,
    recorded: Callable[[Record], object],
    began: Callable[[Run], object] = lambda _: None,
    further: Callable[[Run], object] = lambda _: None,
) -> Run:
    """Do what is planned on an open engine; the finished run.

    `recorded` hears every record after the store has acknowledged it, `further` the run each time
    that further rounds were planned. An engine that vanishes leaves the rest of the records as
    infrastructure. Raises RunInterrupted, after the run is closed as interrupted and what it left
    on the engine is removed; StoreError. A run that is taken on keeps its id and its records,
    without those that infrastructure ended, which become attempts; `recorded` hears those it keeps
    first. Where a cell can never be built within the disk budget: UsageError or
    InfrastructureError, and no run was begun.
    """
    tell("", Passing("looking for what dead runs left"))
    for name in engine.sweep():
        tell("", f"removed what a dead run left: {name}")
    run = planned.resumed or _with_noise(_new_run(planned, engine), store)
    kept = before(planned.resumed, store)
    task = Task(
        run=run.id,
        orders=planned.orders,
        probes=planned.probes,
        rounds=run.rounds,
        steering=planned.steering(run) if run.looks is not None else None,
        planned=dict(run.cell_rounds or ()),
        kept=kept.records,
        dataset=planned.dataset.files if planned.dataset else {},
        dataset_digest=planned.dataset.digest if planned.dataset else "",
        known=_known(planned, run, store) if planned.reuse else {},
        done=frozenset(one.key for one in kept.records),
        containers=kept.containers(),
        images=kept.images(),
    )
    room = _room(engine, task, tell)
    if planned.resumed is None:
        unbounded = _unbounded(run)
        if unbounded:
            tell("", unbounded)
        found = (one for one in (unbounded, grouped(room.groups)) if one)
        run = replace(run, notices=(*run.notices, *found))
        store.begin(run)
    else:
        run = store.reopen(run.id, kept.lost)
    began(run)
    for record in kept.records:
        recorded(record)
    state = "interrupted"
    try:
        with _signals():
            for part in room.parts():
                for said in work(engine, part, tell):
                    if isinstance(said, Attempt):
                        store.attempt(said)
                    elif isinstance(said, SecondOpinion):
                        store.opinion(run.id, said)
                    elif isinstance(said, Further):
                        run = said.planned(run)
                        store.further(run)
                        further(run)
                        tell("", said.why)
                    else:
                        store.record(said)
                        recorded(said)
        state = "complete"
    finally:
        finished = replace(run, state=state, ended=utc_now())
        try:
            engine.release(run.id)
        except InfrastructureError as error:
            tell("", f"the engine did not clean up; the next run will: {error.message}")
        store.finish(run.id, ended=finished.ended, state=state)
    return replace(finished, opinions=store.run(run.id).opinions)


def _with_noise(run: Run, store: Store) -> Run:
    """The run with what is known of its host's noise; what has one round has no use for it."""
    if run.rounds < _NOISY and run.looks is None:
        return run
    return replace(run, noise=known_spreads(store, run.host, run.engine.name))


def _known(planned: PlannedRun, run: Run, store: Store) -> dict[Decisive, Record]:
    probes = [probe.name for probe in planned.probes if repeatable(probe)]
    cells = [cell.id for cell in planned.cells]
    names = [engine.name for engine in run.engines]
    return known_answers(store.latest_answers(cells, probes, names), run)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Room:
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


def _room(engine: Engine, task: Task, tell: Tell) -> _Room:
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
    return _Room(
        stock=engine.stock,
        task=task,
        groups=parts,
        bounded=survey is not None and survey.named,
        tell=tell,
    )


def _new_run(planned: PlannedRun, engine: Engine) -> Run:
    return Run(
        id=new_run_id(),
        started=utc_now(),
        version=__version__,
        suite=planned.suite.name,
        suite_digest=planned.suite.digest,
        engine=engine.describe(),
        host=engine.host(),
        beside=beside(engine),
        cells=tuple(replace(cell, place=portable(cell.place)) for cell in planned.cells),
        probes=tuple(replace(probe, source="") for probe in planned.probes),
        unasked=tuple(replace(probe, source="") for probe in planned.unasked),
        rounds=planned.rounds,
        looks=planned.looks,
        rules=replace(
            planned.suite.rules,
            expectations=tuple(
                replace(rule, place=portable(rule.place))
                for rule in planned.suite.rules.expectations
            ),
        ),
        notices=planned.notices,
        pairs=tuple((cell.id, probe.name) for cell in planned.cells for probe in planned.probes),
    )


def _unbounded(run: Run) -> str:
    """What is to be said where an engine bounds less than the profile asks for; empty else."""
    lacking = run.engine.detail.get(UNBOUNDED, "")
    return lacking and (
        f"this engine does not bound the {lacking} of containers: a hostile image may exhaust its "
        "host; `harness doctor` says more"
    )


def portable(place: Place | None) -> Place | None:
    """A place as it is kept with a run: the file's name, without this host's folders."""
    return replace(place, path=PurePath(place.path).name) if place else None


@contextmanager
def _signals() -> Iterator[None]:
    """SIGINT and SIGTERM become RunInterrupted, once; a second one ends the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise RunInterrupted(number)

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""The runner: takes a run from plan to store (sweep, find room, begin, work, record, finish).

During a run, only this module writes the store. A record is acknowledged when the store has it, and
stays there whatever happens next.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath
from types import FrameType

from harness import __version__
from harness.datasets.dataset import DataSet
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
    Shard,
    Suite,
    SuiteLock,
)
from harness.recipes.orders import Order
from harness.running.calibrated import known_spreads
from harness.running.executor import Carried, Executor, GroupLost, Site
from harness.running.grouping import timing_groups
from harness.running.here import utc_now
from harness.running.looking import UntilTold
from harness.running.resume import Before, before
from harness.running.reuse import Decisive, known_answers, repeatable
from harness.running.round import Tell
from harness.running.steering import Further, Steering
from harness.running.task import Task
from harness.store.joining import plan_digest
from harness.store.runid import new_run_id
from harness.store.store import Store

_NOISY = 2
"""From this number of rounds on, times can be compared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedRun:
    """What a run will do, complete before anything starts."""

    suite: Suite
    orders: tuple[Order, ...]
    probes: tuple[Probe, ...]
    rounds: int
    dataset: DataSet | None
    unasked: tuple[Probe, ...] = ()
    """Probes of the suite that this run does not ask."""
    notices: tuple[str, ...] = ()
    reuse: bool = False
    """Whether to repeat answers from earlier runs where nothing can have changed them."""
    resumed: Run | None = None
    """A run to resume, instead of beginning a new one."""
    looks: tuple[int, ...] | None = None
    """After how many rounds to check whether they suffice; the first number is `rounds`. None if
    the number of rounds is fixed."""
    shard: Shard | None = None
    """Which share of a plan this is, still without the plan's digest. None for the whole plan."""
    locked: SuiteLock | None = None
    """The part of the suite's lock that concerns what is planned."""
    marked: Callable[[Record], Record] = lambda record: record
    """Adds to a record what is known of its image's name."""
    steering: Callable[[Run], Steering] = lambda run: UntilTold(run=run)
    """Makes, for the run that was begun, the rule that decides whether its rounds suffice."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(order.cell for order in self.orders)


class RunInterrupted(Exception):
    """SIGINT or SIGTERM arrived; `signal` is its number."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


@dataclass(frozen=True, kw_only=True, slots=True)
class Hearing:
    """The functions that are called as a run proceeds."""

    tell: Tell
    recorded: Callable[[Record], object]
    """Gets every record, after the store has acknowledged it."""
    began: Callable[[Run], object] = lambda _: None
    further: Callable[[Run], object] = lambda _: None
    """Gets the run each time that further rounds were planned."""
    taken_back: Callable[[Sequence[Attempt]], object] = lambda _: None
    """Gets the records, now attempts, of a group that could not be finished and is asked again."""


def execute(planned: PlannedRun, executor: Executor, store: Store, hearing: Hearing) -> Run:
    """Carry out the plan; return the finished run.

    If the engine goes away, the remaining records are infrastructure. A resumed run keeps its id
    and its records, except those that infrastructure ended, which become attempts; `hearing` gets
    the records it keeps first.

    Raises RunInterrupted, after the run was closed as interrupted and its leftovers were removed;
    StoreError; UsageError or InfrastructureError if a cell can never be built within the disk
    budget, in which case no run was begun.
    """
    tell = hearing.tell
    executor.sweep(tell)
    run = planned.resumed or _with_noise(_new_run(planned, executor.site), store)
    kept = before(planned.resumed, store)
    tasks = timing_groups(_task(planned, run, kept, store))
    found = executor.prepare(tasks, tell)
    if planned.resumed is None:
        unbounded = _unbounded(run)
        if unbounded:
            tell("", unbounded)
        run = replace(run, notices=(*run.notices, *((unbounded,) if unbounded else ()), *found))
        store.begin(run)
    else:
        run = store.reopen(run.id, kept.lost)
    hearing.began(run)
    for record in kept.records:
        hearing.recorded(record)
    state = "interrupted"
    try:
        with _signals(), closing(executor.carry(tasks, tell)) as carried:
            for said in carried:
                if isinstance(said, Record):
                    said = planned.marked(said)
                run = _kept(said, run, store, hearing)
        state = "complete"
    finally:
        finished = replace(run, state=state, ended=utc_now())
        try:
            executor.release(run.id)
        except InfrastructureError as error:
            tell("", f"the engine did not clean up; the next run will: {error.message}")
        store.finish(run.id, ended=finished.ended, state=state)
    stored = store.run(run.id)
    return replace(finished, opinions=stored.opinions, beside=stored.beside, taken=stored.taken)


def _task(planned: PlannedRun, run: Run, kept: Before, store: Store) -> Task:
    """Return everything that is still to be done for the run, as one task."""
    return Task(
        run=run.id,
        orders=planned.orders,
        probes=planned.probes,
        rounds=run.rounds,
        steering=planned.steering(run) if run.looks is not None else None,
        planned=dict(run.cell_rounds or ()),
        kept=kept.records,
        dataset_digest=planned.dataset.digest if planned.dataset else "",
        known=_known(planned, run, store) if planned.reuse else {},
        done=frozenset(one.key for one in kept.records),
        containers=kept.containers(),
        images=kept.images(),
    )


def _kept(said: Carried, run: Run, store: Store, hearing: Hearing) -> Run:
    """Store what a worker returned; return the run, which may have further rounds now."""
    if isinstance(said, Attempt):
        store.attempt(said)
    elif isinstance(said, SecondOpinion):
        store.opinion(run.id, said)
    elif isinstance(said, GroupLost):
        store.take_back(said.attempts)
        hearing.taken_back(said.attempts)
        hearing.tell("", said.why)
    elif isinstance(said, Further):
        run = said.planned(run)
        store.further(run)
        hearing.further(run)
        hearing.tell("", said.why)
    else:
        store.record(said)
        hearing.recorded(said)
    return run


def _with_noise(run: Run, store: Store) -> Run:
    """Add what is known of the host's noise to the run; a run of one round does not need it."""
    if run.rounds < _NOISY and run.looks is None:
        return run
    return replace(run, noise=known_spreads(store, run.host, run.engine.name))


def _known(planned: PlannedRun, run: Run, store: Store) -> dict[Decisive, Record]:
    probes = [probe.name for probe in planned.probes if repeatable(probe)]
    cells = [cell.id for cell in planned.cells]
    names = [engine.name for engine in run.engines]
    return known_answers(store.latest_answers(cells, probes, names), run)


def _new_run(planned: PlannedRun, site: Site) -> Run:
    made = Run(
        id=new_run_id(),
        started=utc_now(),
        version=__version__,
        suite=planned.suite.name,
        suite_digest=planned.suite.digest,
        engine=site.engine,
        host=site.host,
        beside=site.beside,
        hosts=site.hosts,
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
        locked=planned.locked,
        pairs=tuple((cell.id, probe.name) for cell in planned.cells for probe in planned.probes),
    )
    if planned.shard is None:
        return made
    every = tuple(replace(cell, place=portable(cell.place)) for cell in planned.shard.cells)
    shard = replace(planned.shard, cells=every)
    return replace(made, shard=replace(shard, plan=plan_digest(made, shard)))


def _unbounded(run: Run) -> str:
    """Return a notice if the engine limits less than the profile asks for; else empty."""
    lacking = run.engine.detail.get(UNBOUNDED, "")
    return lacking and (
        f"this engine does not bound the {lacking} of containers: a hostile image may exhaust its "
        "host; `harness doctor` says more"
    )


def portable(place: Place | None) -> Place | None:
    """Return a place as it is kept with a run: the file's name, without this host's folders."""
    return replace(place, path=PurePath(place.path).name) if place else None


@contextmanager
def _signals() -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into RunInterrupted; a second one ends the process at
    once."""
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

"""A run from plan to store: sweep, find data, begin, work, record, finish.

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
from harness.dataset import DataSet
from harness.engines import Engine, Order
from harness.errors import EngineError
from harness.model import Cell, Key, Place, Probe, Record, Run, Suite
from harness.runid import new_run_id
from harness.store import Store
from harness.worker import Task, Tell, utc_now, work


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a run will do, complete before anything starts."""

    suite: Suite
    orders: tuple[Order, ...]
    probes: tuple[Probe, ...]
    rounds: int
    dataset: DataSet | None
    notices: tuple[str, ...] = ()
    resumed: Run | None = None
    """An interrupted run that is taken on, instead of a new one."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        return tuple(order.cell for order in self.orders)


class Interrupted(Exception):
    """SIGINT or SIGTERM came; `signal` says which."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.signal = number


def execute(
    plan: Plan,
    engine: Engine,
    store: Store,
    *,
    tell: Tell,
    recorded: Callable[[Record], object],
    began: Callable[[Run], object] = lambda _: None,
) -> Run:
    """Do what is planned on an open engine; the finished run.

    `recorded` hears every record after the store has acknowledged it. An engine that vanishes
    leaves the rest of the records as infrastructure. Raises Interrupted, after the run is closed
    as interrupted and what it left on the engine is removed; StoreError. A run that is taken on
    keeps its id and its records; `recorded` hears those first.
    """
    for name in engine.sweep():
        tell("", f"removed what a dead run left: {name}")
    run = _new_run(plan, engine) if plan.resumed is None else store.reopen(plan.resumed.id)
    if plan.resumed is None:
        store.begin(run)
    began(run)
    done: dict[Key, int] = {}
    for record in store.records(run.id) if plan.resumed else ():
        done[record.key] = int(record.observed.get("container.ordinal") or 0)
        recorded(record)
    task = Task(
        run=run.id,
        orders=plan.orders,
        probes=plan.probes,
        rounds=plan.rounds,
        dataset=plan.dataset.files if plan.dataset else {},
        dataset_digest=plan.dataset.digest if plan.dataset else "",
        done=done,
    )
    state = "interrupted"
    try:
        with _signals():
            for record in work(engine, task, tell):
                store.record(record)
                recorded(record)
        state = "complete"
    finally:
        finished = replace(run, state=state, ended=utc_now())
        try:
            engine.release(run.id)
        except EngineError as error:
            tell("", f"the engine did not clean up; the next run will: {error.message}")
        store.finish(run.id, ended=finished.ended, state=state)
    return finished


def _new_run(plan: Plan, engine: Engine) -> Run:
    return Run(
        id=new_run_id(),
        started=utc_now(),
        version=__version__,
        suite=plan.suite.name,
        suite_digest=plan.suite.digest,
        engine=engine.describe(),
        host=engine.host(),
        cells=tuple(replace(cell, place=portable(cell.place)) for cell in plan.cells),
        probes=tuple(replace(probe, source="") for probe in plan.probes),
        rounds=plan.rounds,
        rules=replace(
            plan.suite.rules,
            expectations=tuple(
                replace(rule, place=portable(rule.place)) for rule in plan.suite.rules.expectations
            ),
        ),
        notices=plan.notices,
        pairs=tuple((cell.id, probe.name) for cell in plan.cells for probe in plan.probes),
    )


def portable(place: Place | None) -> Place | None:
    """A place as it is kept with a run: the file's name, without this host's folders."""
    return replace(place, path=PurePath(place.path).name) if place else None


@contextmanager
def _signals() -> Iterator[None]:
    """SIGINT and SIGTERM become Interrupted, once; a second one ends the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Interrupted(number)

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

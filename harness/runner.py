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
from types import FrameType

from harness import __version__
from harness.dataset import DataSet
from harness.engines import Engine, Order
from harness.errors import EngineError
from harness.model import Cell, Probe, Record, Run, Suite
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
    as interrupted and what it left on the engine is removed; StoreError.
    """
    for name in engine.sweep():
        tell("", f"removed what a dead run left: {name}")
    run = Run(
        id=new_run_id(),
        started=utc_now(),
        version=__version__,
        suite=plan.suite.name,
        suite_digest=plan.suite.digest,
        engine=engine.describe(),
        host=engine.host(),
        cells=plan.cells,
        probes=tuple(replace(probe, source="") for probe in plan.probes),
        rounds=plan.rounds,
        rules=plan.suite.rules,
        notices=plan.notices,
        pairs=tuple((cell.id, probe.name) for cell in plan.cells for probe in plan.probes),
    )
    store.begin(run)
    began(run)
    task = Task(
        run=run.id,
        orders=plan.orders,
        probes=plan.probes,
        rounds=plan.rounds,
        dataset=plan.dataset.files if plan.dataset else {},
        dataset_digest=plan.dataset.digest if plan.dataset else "",
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

"""What lies between a selection of cells and a finished run in the store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.datasets.dataset import DataSet, find_dataset
from harness.engines import Engine, Workshop, engine_by_name
from harness.engines.divided import DividedEngine, is_mixed
from harness.errors import Exit, UsageError
from harness.machine.owner import owner_alive
from harness.model import Cell, Probe, Run, Suite
from harness.probing.probe import applies, suite_probes
from harness.recipes.orders import Order, orders
from harness.running.aloud import aloud
from harness.running.calibrated import AGAIN
from harness.running.progress import Progress
from harness.running.resume import check_same
from harness.running.runner import PlannedRun, RunInterrupted, execute
from harness.running.session import CONTAINER_ENGINES, HOST, REPLAY, opened_engine, places, workshop
from harness.running.wanted import Wanted, disk_budget, engine_name
from harness.store.store import Store

REUSED = "answers that nothing can have changed are repeated from earlier runs (--reuse)"


def perform(
    suite: Suite,
    cells: Sequence[Cell],
    probes: Sequence[Probe],
    wanted: Wanted,
    store: Store,
    progress: Progress,
    resumed: Run | None = None,
) -> tuple[Run, Exit]:
    """Everything between a selection and a finished run in the store.

    The status is OK, or that of the signal that ended it. With `resumed`, that run is taken on.
    """
    name = engine_name(wanted, cells)
    asking = [one for one in probes if any(applies(one, cell) for cell in cells)]
    with aloud("looking for the data set"):
        dataset = None if name == REPLAY else dataset_for(asking, offline=wanted.offline)
    planned = orders(suite, cells)
    if wanted.again:
        planned = tuple(one for each in planned for one in (each, again(each)))
    store.interrupted(owner_alive)
    shop = workshop(
        suite,
        refresh_bases=wanted.refresh_bases,
        offline=wanted.offline,
        recordings=wanted.recordings,
        disk_budget=disk_budget(wanted.disk_budget, os.environ),
    )
    began: list[Run] = []
    with (
        opened_engine(name, shop) as (engine, said),
        _host_beside(engine, cells, shop) as host,
        progress,
    ):
        if name == REPLAY:
            dataset, said = _recorded(engine)
        if wanted.record_to is not None:
            engine = _recording(engine, wanted.record_to, dataset)
            host = host and _recording(host, wanted.record_to, dataset)
        if host is not None:
            engine = DividedEngine(engine, host, cells)
        notices: tuple[str, ...] = (dataset.notice,) if dataset and dataset.notice else ()
        notices += (REUSED,) if wanted.reuse else ()
        for notice in (*notices, *said):
            progress.notice(notice)
        plan = PlannedRun(
            suite=suite,
            orders=planned,
            probes=tuple(probes),
            unasked=_unasked(suite, probes),
            rounds=wanted.rounds,
            dataset=dataset,
            notices=(*notices, *said),
            reuse=wanted.reuse,
            resumed=resumed,
            looks=wanted.looks if resumed is None else resumed.looks,
        )
        if resumed is not None:
            check_same(resumed, store.records(resumed.id), planned, engine, dataset)

        def begin(made: Run) -> None:
            began.append(made)
            progress.begin(made)

        try:
            finished = execute(
                plan,
                engine,
                store,
                tell=progress.tell,
                recorded=progress.recorded,
                began=begin,
                further=progress.further,
            )
        except RunInterrupted as interruption:
            return store.run(began[0].id), Exit(128 + interruption.signal)
    return finished, Exit.OK


def again(order: Order) -> Order:
    """The same environment under a second name."""
    cell = replace(order.cell, id=f"{order.cell.id}{AGAIN}")
    return Order(cell=cell, as_cell=order.cell.id)


@contextmanager
def _host_beside(engine: Engine, cells: Sequence[Cell], shop: Workshop) -> Iterator[Engine | None]:
    """The host as a second engine, where a container engine is open and cannot take all cells."""
    if engine.name not in CONTAINER_ENGINES or not is_mixed(cells):
        yield None
        return
    with engine_by_name(HOST, shop) as host:
        yield host


def _unasked(suite: Suite, probes: Sequence[Probe]) -> tuple[Probe, ...]:
    """The suite's other probes: a level that nothing shows is told with their names."""
    asked = {probe.name for probe in probes}
    return tuple(one for one in suite_probes(suite) if one.name not in asked)


def _recorded(engine: Engine) -> tuple[DataSet | None, tuple[str, ...]]:
    """The data set of a replay, and what must be said of it."""
    from harness.engines.replay import ReplayEngine

    assert isinstance(engine, ReplayEngine), "replay is one"
    return engine.data(), (engine.notice(),)


def _recording(engine: Engine, folder: Path, dataset: DataSet | None) -> Engine:
    from harness.engines.recording import RecordingEngine
    from harness.engines.recordings import RecordedData

    data = None
    if dataset is not None:
        data = RecordedData(name=dataset.name, digest=dataset.digest, notice=dataset.notice)
    return RecordingEngine(engine, folder, data)


def dataset_for(probes: Sequence[Probe], *, offline: bool) -> DataSet | None:
    """The data set the probes ask for; None where none does. Raises UsageError."""
    names = sorted({probe.dataset for probe in probes if probe.dataset})
    if not names:
        return None
    if len(names) > 1:
        raise UsageError(f"probes of one run share one data set, not {', '.join(names)}")
    where = places()
    download = not offline and os.environ.get("HARNESS_DOWNLOAD", "1") != "0"
    return find_dataset(names[0], where.data, where.cache / "data", download)

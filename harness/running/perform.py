"""Performs a run: from a selection of cells and probes to a finished run in the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.errors import Exit, NothingToRunError
from harness.machine.owner import owner_alive
from harness.model import Cell, Probe, Record, Run, Shard, Suite, SuiteLock
from harness.probing.probe import suite_probes
from harness.recipes.orders import Order, orders
from harness.recipes.suite_lock import find_suite_lock, relevant
from harness.running.accepted_here import baseline_images
from harness.running.aloud import aloud
from harness.running.calibrated import AGAIN
from harness.running.dealing import dealt, shard_of
from harness.running.looking import UntilTold
from harness.running.opened import Selected, opened_place
from harness.running.progress import Progress
from harness.running.resume import check_same
from harness.running.runner import Hearing, PlannedRun, RunInterrupted, execute
from harness.running.session import CONTAINER_ENGINES
from harness.running.wanted import Wanted, engine_name
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
    """Run the probes on the cells; return the run and the exit status.

    The status is OK, or that of the signal that ended the run. With `resumed`, that run is resumed.
    NothingToRunError if none of the cells is dealt to the wanted shard.
    """
    shard = None
    if wanted.shard is not None:
        with aloud("dealing the cells to shards"):
            shard = _share(suite, cells, wanted.shard, store)
        cells = [one for one, to in zip(cells, shard.dealt, strict=True) if to == shard.number]
    name = engine_name(wanted, cells)
    planned = orders(suite, cells)
    locked = find_suite_lock(Path(suite.root))
    if wanted.again:
        planned = tuple(one for each in planned for one in (each, again(each)))
    store.interrupted(owner_alive)
    began: list[Run] = []
    selected = Selected(
        suite=suite,
        cells=tuple(cells),
        probes=tuple(probes),
        engine=name,
        baseline_images=baseline_images(suite, store),
    )
    with opened_place(selected, wanted, resumed) as place, progress:
        dataset = place.dataset
        notices: tuple[str, ...] = (dataset.notice,) if dataset and dataset.notice else ()
        notices += (REUSED,) if wanted.reuse else ()
        notices += place.said
        for notice in notices:
            progress.notice(notice)
        plan = PlannedRun(
            suite=suite,
            orders=planned,
            probes=tuple(probes),
            unasked=_unasked(suite, probes),
            rounds=wanted.rounds,
            dataset=dataset,
            notices=notices,
            reuse=wanted.reuse,
            resumed=resumed,
            looks=wanted.looks if resumed is None else resumed.looks,
            steering=lambda run: UntilTold(run=run, compared=wanted.compared),
            shard=shard,
            locked=locked and relevant(locked, cells, probes, dataset.name if dataset else ""),
            marked=_watch(place.executor.site.engine.name, cells, locked, offline=wanted.offline),
        )
        if resumed is not None:
            check_same(resumed, store.records(resumed.id), planned, place.executor.site, dataset)

        def begin(made: Run) -> None:
            began.append(made)
            progress.begin(made)

        try:
            finished = execute(
                plan,
                place.executor,
                store,
                Hearing(
                    tell=progress.tell,
                    recorded=progress.recorded,
                    began=begin,
                    further=progress.further,
                    taken_back=progress.taken_back,
                ),
            )
        except RunInterrupted as interruption:
            return store.run(began[0].id), Exit(128 + interruption.signal)
    return finished, Exit.OK


def _watch(
    engine: str, cells: Sequence[Cell], locked: SuiteLock | None, *, offline: bool
) -> Callable[[Record], Record]:
    """Return a function that adds to a record what is known of its image's tag.

    It returns records unchanged if no cell is an existing image on a container engine.
    """
    if engine not in CONTAINER_ENGINES or not any(cell.image for cell in cells):
        return lambda record: record
    from harness.running.tags import TagWatch

    by_id = {cell.id: cell for cell in cells}
    return TagWatch(cells=by_id, locked=locked, engine=engine, offline=offline).marked


def _share(suite: Suite, cells: Sequence[Cell], asked: tuple[int, int], store: Store) -> Shard:
    """Deal the cells, and return the share of the wanted shard."""
    number, count = asked
    shard = shard_of(dealt(suite, cells, count, store), cells, number)
    if number not in shard.dealt:
        raise NothingToRunError(
            f"none of the {len(cells)} cells is dealt to shard {number} of {count}",
            remedy="`harness merge` does not need this shard; fewer shards are enough",
        )
    return shard


def again(order: Order) -> Order:
    """Return an order for the same environment under a second name."""
    cell = replace(order.cell, id=f"{order.cell.id}{AGAIN}")
    return Order(cell=cell, as_cell=order.cell.id)


def _unasked(suite: Suite, probes: Sequence[Probe]) -> tuple[Probe, ...]:
    """Return the suite's other probes, including those that only some tag asks.

    The report names them for a level that has no evidence, and a rule for one of their facts is
    not taken for a typing error.
    """
    asked = {probe.name for probe in probes}
    also = tuple(name for more in suite.asked_more for name in more.probes)
    every = suite_probes(replace(suite, also=(*suite.also, *also)))
    return tuple(one for one in every if one.name not in asked)

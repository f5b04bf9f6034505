"""Deals the cells of a plan to shards, by how long they took before, else by their size.

Durations all come from one host class and one engine, never mixed: from the pair on which the store
has durations of the most cells. The host that asks makes no difference, because the jobs of a night
run on hosts of several classes and must all deal alike. Runs of shards are left out: otherwise the
second job of a night would deal differently from the first on the same store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from harness.model import Cell, HostClass, Shard, Suite
from harness.recipes.lockfile import find_lock
from harness.store.store import Store
from harness.suite.dealing import CellWeight, Dealt, WeighedBy, deal

_NEWEST = 10
"""How many of the suite's newest runs are used."""
_LAST = 3
"""The weight of a cell is the median of this many of its newest durations."""
_EVER = ""
_NEVER = "9999"

Kind = tuple[str, HostClass]
"""An engine's name, and a host class."""


def dealt(suite: Suite, cells: Sequence[Cell], count: int, store: Store | None) -> Dealt:
    """Deal the cells to `count` shards. StoreError; UsageError if a lock file is not a lock."""
    kind, seconds = _past(suite.name, [cell.id for cell in cells], store)
    weights = weights_of([cell.id for cell in cells], seconds, _sizes(suite, cells))
    return Dealt(
        cells=tuple(cell.id for cell in cells),
        shards=deal([one.value for one in weights], count),
        weights=weights,
        count=count,
        on=_told(kind) if kind is not None else "",
    )


def shard_of(dealing: Dealt, cells: Sequence[Cell], number: int) -> Shard:
    """Return one share of a plan as its run keeps it; the run fills in the plan's digest."""
    return Shard(
        number=number, count=dealing.count, plan="", cells=tuple(cells), dealt=dealing.shards
    )


def weights_of(
    cells: Sequence[str], seconds: Mapping[str, float], sizes: Mapping[str, int]
) -> tuple[CellWeight, ...]:
    """Return the weight of each cell: the seconds that it took before.

    A cell without a duration weighs its size times the median rate (seconds for a byte) of the
    others; if its size is unknown too, the median weight of the others.
    """
    rates = [seconds[cell] / sizes[cell] for cell in cells if cell in seconds and sizes.get(cell)]
    rate = median(rates) if rates else None
    found: dict[str, CellWeight] = {}
    for cell in cells:
        if cell in seconds:
            found[cell] = CellWeight(value=seconds[cell], by=WeighedBy.PAST)
        elif sizes.get(cell) and (rate is not None or not seconds):
            value = sizes[cell] * (1.0 if rate is None else rate)
            found[cell] = CellWeight(value=value, by=WeighedBy.SIZE)
    usual = median(one.value for one in found.values()) if found else 1.0
    unknown = CellWeight(value=usual, by=WeighedBy.UNKNOWN)
    return tuple(found.get(cell, unknown) for cell in cells)


def _sizes(suite: Suite, cells: Iterable[Cell]) -> dict[str, int]:
    """Bytes of the distributions that each built cell installs, according to its lock."""
    locks = ((cell.id, find_lock(Path(suite.root), cell.id)) for cell in cells if cell.base)
    return {
        cell: sum(one.size for one in lock.distributions)
        for cell, lock in locks
        if lock is not None
    }


def _past(
    suite: str, cells: Sequence[str], store: Store | None
) -> tuple[Kind | None, dict[str, float]]:
    """Return the engine and host class with durations of the most cells, and those durations.

    Of several with as many cells, the one seen last. (None, empty) if there are no durations.
    """
    if store is None:
        return None, {}
    wanted = set(cells)
    took: dict[Kind, dict[str, list[float]]] = {}
    looked = 0
    for run in store.runs_between(suite, _EVER, _NEVER):
        if run.shard is not None:
            continue
        for cell, seconds in store.history.took(run.id).items():
            if cell not in wanted or not seconds > 0:
                continue
            of = run.of(cell)
            kept = took.setdefault((of.engine.name, of.host), {}).setdefault(cell, [])
            if len(kept) < _LAST:
                kept.append(seconds)
        looked += 1
        if looked == _NEWEST:
            break
    if not took:
        return None, {}
    kind = max(took, key=lambda one: len(took[one]))  # the first of equals: the newest
    return kind, {cell: median(values) for cell, values in took[kind].items()}


def _told(kind: Kind) -> str:
    engine, host = kind
    return f"{engine}, {host.cpu_model or host.machine}, {host.cores} cores, {host.memory_gib} GiB"

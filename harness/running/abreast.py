"""How many cells are obtained in parallel on a host, and in which order they begin. Pure.

Probes never run in parallel with this: while a probe is asked, no cell is being obtained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.model import HostClass
from harness.recipes.orders import Order
from harness.recipes.recipe import base_request_digest

_MOST = 4
_GIB_EACH = 4
"""GiB of memory for each build: what it may use, plus what the engine caches of its files."""


def at_once(host: HostClass) -> int:
    """How many cells are obtained at a time: at most one for each core, one for every 4 GiB of
    memory, and four in all, since they share a disk; at least one."""
    return max(1, min(host.cores, host.memory_gib // _GIB_EACH, _MOST))


def begun_first(orders: Iterable[Order]) -> tuple[Order, ...]:
    """Return the orders in the sequence in which their cells are begun.

    One cell of each base comes before a second cell of any base, since cells of one base wait for
    each other. Otherwise the largest comes first, so that no large one is left for the end.
    """
    before: Counter[str] = Counter()
    ranked = []
    for order in orders:
        base = base_request_digest(order.recipe.base) if order.recipe else ""
        ranked.append((before[base], -_size(order), order))
        # Cells that are not built share nothing.
        before[base] += 1 if base else 0
    return tuple(order for *_, order in sorted(ranked, key=lambda one: one[:2]))


def _size(order: Order) -> int:
    """Bytes that a cell's lock installs; 0 for a cell that is not built."""
    return sum(one.size for one in order.recipe.lock.distributions) if order.recipe else 0

"""How much is obtained side by side on a host, and what is begun first. Pure.

Probes have no part in it: while one of them is asked, nothing of ours is obtained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.model import HostClass
from harness.recipes.orders import Order
from harness.recipes.recipe import base_request_digest

_MOST = 4
_GIB_EACH = 4
"""What a build may take, and beside it what the engine keeps of its files in memory."""


def at_once(host: HostClass) -> int:
    """How many cells are obtained at a time: one for each core, and for every 4 GiB of memory; four
    at most, since they share a disk."""
    return max(1, min(host.cores, host.memory_gib // _GIB_EACH, _MOST))


def begun_first(orders: Iterable[Order]) -> tuple[Order, ...]:
    """In which order cells are begun: of each base one cell before a second one of any, since
    cells of one base wait for each other; and the largest first, so that none is left at the end.
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
    """Bytes that are installed; what is there already costs nothing."""
    return sum(one.size for one in order.recipe.lock.distributions) if order.recipe else 0

"""Cells dealt to several jobs, so that the longest of the jobs is as short as can be.

First longest processing time first (Graham, Bounds on multiprocessing timing anomalies, 1969): the
heaviest cell goes to the job that has least. Then, as long as it helps, a cell of the heaviest job
moves to a lighter one, or two cells of them change places.
"""

from __future__ import annotations

import heapq
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.errors import UsageError

MOST_SHARDS = 256
"""A job matrix of GitHub has no more."""
_STEPS = 10_000
_NEAR = 1 + 1e-6
"""Nobody waits for what is nearer to the bound."""


class WeighedBy(StrEnum):
    """By what a cell is weighed: what is known of how long it takes."""

    PAST = "past"
    """It was asked before, on hosts of one class."""
    SIZE = "size"
    """What it installs; in seconds where other cells tell how long so much takes."""
    UNKNOWN = "unknown"
    """Nothing: it counts as much as the median of the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellWeight:
    """How much a cell weighs: seconds where any cell's past is known, else bytes."""

    value: float
    by: WeighedBy


@dataclass(frozen=True, kw_only=True, slots=True)
class Dealt:
    """Which shard each cell went to, and what was known then."""

    cells: tuple[str, ...]
    """Ids, in the order of the plan."""
    shards: tuple[int, ...]
    """For each of them the number of its shard, from 1 on."""
    weights: tuple[CellWeight, ...]
    count: int
    """How many shards there are; some may be empty."""
    on: str = ""
    """On which kind of host, and by which engine, past durations were measured; empty: none are
    known, and weights are sizes."""

    def of(self, number: int) -> tuple[str, ...]:
        """The cells of one shard."""
        return tuple(one for one, to in zip(self.cells, self.shards, strict=True) if to == number)

    def loads(self) -> tuple[float, ...]:
        """What each shard weighs, in the order of their numbers."""
        sums = [0.0] * self.count
        for weight, to in zip(self.weights, self.shards, strict=True):
            sums[to - 1] += weight.value
        return tuple(sums)

    def bound(self) -> float:
        """No way of dealing has a largest shard below this: an even share, or the longest cell."""
        values = [one.value for one in self.weights]
        return max(sum(values) / self.count, *values) if values else 0.0


def shard_asked(text: str) -> tuple[int, int] | None:
    """(number, count) of what `--shard` says, `2/8`; None where it says nothing. UsageError."""
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text, re.ASCII)
    number, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= count <= MOST_SHARDS:
        raise UsageError(
            f"--shard takes no {text!a:.40}",
            remedy=f"write which of how many, as 2/8; at most {MOST_SHARDS}, the first is 1",
        )
    return number, count


def deal(weights: Sequence[float], count: int) -> tuple[int, ...]:
    """For each item the number, from 1 on, of the shard that it goes to.

    Every item goes to exactly one; the same weights give the same shards. Weights are finite and
    not negative.
    """
    shards: list[list[tuple[float, int]]] = [[] for _ in range(count)]
    lightest = [(0.0, 0, place) for place in range(count)]
    for value, item in sorted(((one, item) for item, one in enumerate(weights)), key=_heavy_first):
        load, items, place = heapq.heappop(lightest)
        shards[place].append((value, item))
        heapq.heappush(lightest, (load + value, items + 1, place))
    _improve(shards, max(sum(weights) / count, *weights, 0.0))
    to = [0] * len(weights)
    for place, shard in enumerate(shards, 1):
        for _, item in shard:
            to[item] = place
    return tuple(to)


def _heavy_first(one: tuple[float, int]) -> tuple[float, int]:
    return -one[0], one[1]


def _improve(shards: list[list[tuple[float, int]]], bound: float) -> None:
    """Make the heaviest shard lighter, until it cannot be, or nothing that is tried helps."""
    for shard in shards:
        shard.sort()
    loads = [sum(value for value, _ in shard) for shard in shards]
    for _ in range(_STEPS):
        heaviest = max(range(len(shards)), key=lambda place: (loads[place], -place))
        if loads[heaviest] <= bound * _NEAR:
            return
        others = sorted(range(len(shards)), key=lambda place: (loads[place], place))
        if not any(
            _relieve(shards, loads, heaviest, other) for other in others if other != heaviest
        ):
            return


def _relieve(
    shards: list[list[tuple[float, int]]], loads: list[float], heavy: int, light: int
) -> bool:
    """Bring two shards nearer to each other; whether anything was moved.

    An item of the heavy one goes over, perhaps against one of the light one: that whose difference
    is nearest to half of what lies between the two.
    """
    gap = loads[heavy] - loads[light]
    best: tuple[float, tuple[float, int], tuple[float, int] | None] | None = None
    for one in shards[heavy]:
        wanted = one[0] - gap / 2
        place = bisect_left(shards[light], (wanted, -1))
        nearest = shards[light][max(place - 1, 0) : place + 1]
        for other in (None, *nearest):
            moved = one[0] - (other[0] if other else 0.0)
            after = max(loads[heavy] - moved, loads[light] + moved)
            if moved > 0 and after < loads[heavy] and (best is None or after < best[0]):
                best = (after, one, other)
    if best is None:
        return False
    _, one, back = best
    shards[heavy].remove(one)
    shards[light].append(one)
    if back is not None:
        shards[light].remove(back)
        shards[heavy].append(back)
    for place in (heavy, light):
        shards[place].sort()
        loads[place] = sum(value for value, _ in shards[place])
    return True

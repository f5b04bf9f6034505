"""Distribute cells over several jobs so that the longest job is as short as possible.

The first step is longest processing time first (Graham, Bounds on multiprocessing timing anomalies,
1969): each cell, the heaviest first, goes to the job with the least weight so far. Then, as long as
it helps, a cell of the heaviest job moves to a lighter job, or the two jobs swap two cells.
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
"""The largest number of jobs in a job matrix of GitHub."""
_STEPS = 10_000
_NEAR = 1 + 1e-6
"""A load within this factor of the bound is not improved further."""


class WeighedBy(StrEnum):
    """What a cell's weight is based on."""

    PAST = "past"
    """Durations of earlier runs on hosts of one class."""
    SIZE = "size"
    """The size of what it installs, converted to seconds if the past of other cells allows it."""
    UNKNOWN = "unknown"
    """Nothing is known, so the cell gets the median weight of the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellWeight:
    """The weight of a cell: seconds if the past of any cell is known, else bytes."""

    value: float
    by: WeighedBy


@dataclass(frozen=True, kw_only=True, slots=True)
class Dealt:
    """The shard of each cell, and the weights it was decided by."""

    cells: tuple[str, ...]
    """Cell ids, in the order of the plan."""
    shards: tuple[int, ...]
    """For each cell the number of its shard, from 1 on."""
    weights: tuple[CellWeight, ...]
    count: int
    """The number of shards; some may be empty."""
    on: str = ""
    """The kind of host and the engine on which past durations were measured; empty if none are
    known, in which case weights are sizes."""

    def of(self, number: int) -> tuple[str, ...]:
        """The cells of one shard."""
        return tuple(one for one, to in zip(self.cells, self.shards, strict=True) if to == number)

    def loads(self) -> tuple[float, ...]:
        """The weight of each shard, in the order of their numbers."""
        sums = [0.0] * self.count
        for weight, to in zip(self.weights, self.shards, strict=True):
            sums[to - 1] += weight.value
        return tuple(sums)

    def bound(self) -> float:
        """A lower bound for the heaviest shard: an even share, or the heaviest cell."""
        values = [one.value for one in self.weights]
        return max(sum(values) / self.count, *values) if values else 0.0


def shard_asked(text: str) -> tuple[int, int] | None:
    """(number, count) from the value of `--shard`, such as `2/8`; None if it is empty.

    Raises UsageError for anything else.
    """
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
    """Distribute items over `count` shards; returns for each item its shard's number, from 1 on.

    The same weights give the same shards. Weights must be finite and not negative.
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
    """Make the heaviest shard lighter until it reaches the bound, or until nothing helps."""
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
    """Make the loads of two shards more equal; returns whether anything was moved.

    One item of the heavy shard moves to the light one, possibly in exchange for one of the light
    shard. The move that leaves the smaller maximum load is chosen; candidates for the exchange are
    those whose difference is nearest to half the gap between the loads.
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

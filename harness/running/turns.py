"""In which order the cells of a task take their turns: interleaved, drawn, and the same each time.

Times are held against each other only within a round, so what the host does over time must fall on
all cells alike. Of each two rounds the first takes the cells in an order that is drawn, the second
in the reverse of it (A B, B A; A B C, C B A): over both, every cell has the same mean place, and
what grows evenly over time cancels out of every comparison.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.model import Scalar

PLACE = "round.place"
"""Observed: which turn of its round it was, the first is 1."""
GROUP = "round.group"
"""Observed: cells of which group took turns with it: only their times are interleaved with its."""


def turn_order(seed: str, number: int, cells: Iterable[str]) -> tuple[str, ...]:
    """The cells in the order of their turns in the round of that number, which starts at 1.

    `seed` is the run's id: the order can be had again from the record of the run. A cell that no
    longer takes part leaves the order of the others as it is.
    """
    pair = (number - 1) // 2
    drawn = sorted(
        cells, key=lambda cell: hashlib.sha256(f"{seed}/{pair}/{cell}".encode()).digest()
    )
    return tuple(reversed(drawn) if number % 2 == 0 else drawn)


def group_name(cells: Sequence[str]) -> str:
    """A name for cells that take turns with each other, whatever their order."""
    return hashlib.sha256("\n".join(sorted(cells)).encode()).hexdigest()[:8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One turn of a cell in a round."""

    cell: str
    observed: Mapping[str, Scalar]
    """Its place in the round and the group of the cells that took turns."""


def turns(seed: str, number: int, cells: Sequence[str], *, drawn: bool) -> tuple[Turn, ...]:
    """The turns of a round: in the order of `turn_order` where it is `drawn`, else as given."""
    group = group_name(cells)
    order = turn_order(seed, number, cells) if drawn else cells
    return tuple(
        Turn(cell=cell, observed={PLACE: place, GROUP: group})
        for place, cell in enumerate(order, start=1)
    )

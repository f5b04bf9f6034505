"""The order in which the cells of a task take turns: interleaved, random, and reproducible.

Times are compared only within a round, so changes of the host over time must affect all cells
alike. In each pair of rounds, the first takes the cells in a random order and the second in the
reverse order (A B, B A; A B C, C B A). Over both rounds every cell has the same mean place, so an
effect that grows linearly over time cancels out of every comparison.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.model import Scalar

PLACE = "round.place"
"""Observation: the number of the turn in its round, starting at 1."""
GROUP = "round.group"
"""Observation: the group of cells that took turns; only times within a group are interleaved."""


def turn_order(seed: str, number: int, cells: Iterable[str]) -> tuple[str, ...]:
    """Return the cells in the order of their turns in round `number`, which starts at 1.

    `seed` is the run's id, so the order can be computed again from the stored run. If a cell no
    longer takes part, the order of the others stays the same.
    """
    pair = (number - 1) // 2
    drawn = sorted(
        cells, key=lambda cell: hashlib.sha256(f"{seed}/{pair}/{cell}".encode()).digest()
    )
    return tuple(reversed(drawn) if number % 2 == 0 else drawn)


def group_name(cells: Sequence[str]) -> str:
    """A name for a group of cells that take turns; it does not depend on their order."""
    return hashlib.sha256("\n".join(sorted(cells)).encode()).hexdigest()[:8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One turn of a cell in a round."""

    cell: str
    observed: Mapping[str, Scalar]
    """Its place in the round, and the group of the cells that took turns."""


def turns(seed: str, number: int, cells: Sequence[str], *, drawn: bool) -> tuple[Turn, ...]:
    """Return the turns of a round: in the order of `turn_order` if `drawn`, else as given."""
    group = group_name(cells)
    order = turn_order(seed, number, cells) if drawn else cells
    return tuple(
        Turn(cell=cell, observed={PLACE: place, GROUP: group})
        for place, cell in enumerate(order, start=1)
    )

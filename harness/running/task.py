"""A task: what a worker is given, a plain value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.model import Cell, ImageIdentity, Key, Probe, Record
from harness.recipes.orders import Order
from harness.running.reuse import Decisive
from harness.running.steering import Steering


class Passing(str):
    """What a cell does for a moment: shown where somebody watches, and no line of a log."""

    __slots__ = ()


WAITING = Passing("waiting")
"""Of a cell whose turn has not come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """An interleaved group of cells on one host: everything a worker needs, a plain value.

    Rounds are interleaved: round 1 of every cell, then round 2, in an order that is drawn
    (`harness.running.turns`), so that what the host does over time falls on all cells alike.
    """

    run: str
    orders: tuple[Order, ...]
    probes: tuple[Probe, ...]
    rounds: int = 1
    dataset: Mapping[str, Path] = field(default_factory=dict)
    dataset_digest: str = ""
    steering: Steering | None = None
    """Says after `rounds` rounds, and again later, whether they suffice; None: they do."""
    planned: Mapping[str, int] = field(default_factory=dict)
    """How many rounds cells must have, whatever is decided now: they were planned before."""
    kept: tuple[Record, ...] = ()
    """The records of an earlier part of the run, for steering to look at."""
    done: frozenset[Key] = frozenset()
    """Keys that have their record, from an earlier part of the run: not asked again."""
    containers: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """How many containers a round, as (cell, round), has had in earlier parts of the run."""
    images: Mapping[str, tuple[ImageIdentity, ...]] = field(default_factory=dict)
    """By cell: the images that its records from an earlier part of the run come from."""
    known: Mapping[Decisive, Record] = field(default_factory=dict)
    """Answers that are repeated where nothing that decides them has changed."""

    def rounds_of(self, cell: str) -> int:
        """How many rounds of a cell are planned as the task begins."""
        return max(self.rounds, self.planned.get(cell, 0))

    def takes_part(self, cell: Cell) -> bool:
        """Whether anything is to be asked of a cell, or may be where the rounds are left open."""
        rounds = range(1, self.rounds_of(cell.id) + 1)
        return self.steering is not None or any(self.owes(cell, one) for one in rounds)

    def owes(self, cell: Cell, number: int) -> tuple[Probe, ...]:
        """The probes of a round that have no record yet."""
        return tuple(
            probe
            for probe in self.probes
            if Key(run=self.run, cell=cell.id, round=number, probe=probe.name) not in self.done
        )

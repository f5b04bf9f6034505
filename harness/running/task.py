"""A task: the plain value that a worker is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.model import Cell, ImageIdentity, Key, Probe, Record
from harness.recipes.orders import Order
from harness.running.reuse import Decisive
from harness.running.steering import Steering


class Passing(str):
    """Text for what a cell does at the moment: shown live on a terminal, but not in a log."""

    __slots__ = ()


WAITING = Passing("waiting")
"""The text for a cell whose turn has not come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """An interleaved group of cells on one host: everything a worker needs, a plain value.

    Rounds are interleaved: round 1 of every cell, then round 2, and so on, in a random order
    (`harness.running.turns`), so that changes of the host over time affect all cells alike.
    """

    run: str
    orders: tuple[Order, ...]
    probes: tuple[Probe, ...]
    rounds: int = 1
    dataset: Mapping[str, Path] = field(default_factory=dict)
    dataset_digest: str = ""
    steering: Steering | None = None
    """Decides after `rounds` rounds, and again later, whether they suffice; None if `rounds` is
    fixed."""
    planned: Mapping[str, int] = field(default_factory=dict)
    """Rounds that were planned for a cell earlier; it gets them whatever `steering` decides."""
    kept: tuple[Record, ...] = ()
    """The records of an earlier part of the run, for steering to look at."""
    done: frozenset[Key] = frozenset()
    """Keys that have a record from an earlier part of the run: they are not asked again."""
    containers: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """How many containers each (cell, round) has had in earlier parts of the run."""
    images: Mapping[str, tuple[ImageIdentity, ...]] = field(default_factory=dict)
    """By cell: the images that its records from an earlier part of the run come from."""
    known: Mapping[Decisive, Record] = field(default_factory=dict)
    """Earlier answers, which are repeated if nothing that decides them has changed."""

    def rounds_of(self, cell: str) -> int:
        """How many rounds of a cell are planned when the task begins."""
        return max(self.rounds, self.planned.get(cell, 0))

    def takes_part(self, cell: Cell) -> bool:
        """Whether a cell lacks a record, or may get further rounds."""
        rounds = range(1, self.rounds_of(cell.id) + 1)
        return self.steering is not None or any(self.owes(cell, one) for one in rounds)

    def owes(self, cell: Cell, number: int) -> tuple[Probe, ...]:
        """The probes of a round that have no record yet."""
        return tuple(
            probe
            for probe in self.probes
            if Key(run=self.run, cell=cell.id, round=number, probe=probe.name) not in self.done
        )

"""When a task goes on with further rounds: what is looked at, and what is answered.

Where the number of rounds is left open, a task says after which of them it looks whether they
suffice, by a rule that is a pure function of its records: whoever works on it can look, on any
host, and looking again at the same records gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.model import Record, Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Further:
    """These cells go on until they have so many rounds."""

    rounds: int
    cells: tuple[str, ...]
    why: str = ""
    """For a person."""

    def planned(self, run: Run) -> Run:
        """The run with these rounds planned."""
        numbers = {cell.id: run.rounds_of(cell.id) for cell in run.cells}
        numbers.update(dict.fromkeys(self.cells, self.rounds))
        changed = tuple((cell, most) for cell, most in numbers.items() if most != run.rounds)
        return replace(run, cell_rounds=changed or None)


class Steering(Protocol):
    """Decides whether rounds suffice. A plain value, like the task that holds it."""

    def further(self, rounds: int, records: Sequence[Record]) -> Further | None:
        """Which cells need more than `rounds` rounds; None: they suffice, or nothing helps.

        A cell that others are held against is named with them.
        """

"""The interface of the rule that decides whether a task goes on with further rounds.

If the number of rounds is left open, a worker applies this rule after certain rounds. The rule is a
pure function of the records, so a worker on any host can apply it, and applying it again to the
same records gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from harness.model import Record, Run


@dataclass(frozen=True, kw_only=True, slots=True)
class Further:
    """These cells go on until they have `rounds` rounds in all."""

    rounds: int
    cells: tuple[str, ...]
    why: str = ""
    """The reason, as text for a person."""

    def planned(self, run: Run) -> Run:
        """Return the run with these rounds planned."""
        numbers = {cell.id: run.rounds_of(cell.id) for cell in run.cells}
        numbers.update(dict.fromkeys(self.cells, self.rounds))
        changed = tuple((cell, most) for cell, most in numbers.items() if most != run.rounds)
        return replace(run, cell_rounds=changed or None)


class Steering(Protocol):
    """Decides whether rounds suffice. A plain value, like the task that holds it."""

    def further(self, rounds: int, records: Sequence[Record]) -> Further | None:
        """Return which cells need more than `rounds` rounds; None if the rounds suffice or more of
        them would not help.

        The cell that others are compared with is included.
        """

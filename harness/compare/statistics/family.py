"""How many questions one report asks, how often each is looked at, and what each look may spend.

The rate of false alarms applies to the whole report. It is divided over all metrics and looks by
Bonferroni's bound, which holds for any dependence between them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.compare.statistics.paired import Scale

LOOKS = (2, 3, 5, 8, 12)
"""The numbers of rounds after which an `auto` run checks whether they suffice."""
MOST_ROUNDS = LOOKS[-1]
_DIFFERENCE = {
    Scale.RATIO: (0.02, 0.02, 0.12, 0.06, 0.78),
    Scale.SHARE: (0.01, 0.01, 0.08, 0.05, 0.85),
}
"""The part of a metric's rate that each look spends on the test for a difference: little on the
early looks, which find large differences, most on the last, which has to find small ones."""
_SAME = {
    Scale.RATIO: (0.5, 0.3, 0.05, 0.05, 0.1),
    Scale.SHARE: (0.25, 0.1, 0.05, 0.05, 0.55),
}
"""The same for the test for sameness. For times the first look gets most, because unchanged cells
should end there. Accuracies vary so little that they end there anyway; their minimum effect and
margin are so close that a generous early look would call half a point the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """The questions of one report, which share one rate of false alarms."""

    questions: int
    """The primary metrics of all compared cells."""
    alpha: float = 0.01
    """The probability that a report on unchanged cells contains any alarm."""
    same: float = 0.01
    """The probability that a metric is called the same although it differs by the margin."""
    looks: tuple[int, ...] = LOOKS
    """The numbers of rounds after which it is looked at; a single one where rounds were fixed in
    advance."""

    def __post_init__(self) -> None:
        """A family that cannot be decided on is a bug."""
        if self.questions < 1 or not self.looks or list(self.looks) != sorted(set(self.looks)):
            raise ValueError("a family has questions, and looks in rising order")

    def of_fixed(self, rounds: int) -> Family:
        """Return the same family with a single look after a number of rounds fixed in advance."""
        return replace(self, looks=(rounds,))

    def difference_level(self, rounds: int, scale: Scale) -> float:
        """Return the level of the two-sided test for a difference at the look after `rounds`
        rounds; 0 where there is no such look."""
        return self.alpha / self.questions * self._share(rounds, _DIFFERENCE[scale])

    def same_level(self, rounds: int, scale: Scale) -> float:
        """Return the level of each of the two one-sided tests for sameness at that look."""
        return self.same * self._share(rounds, _SAME[scale])

    def next_look(self, rounds: int) -> int | None:
        """Return the number of rounds at the next look; None after the last one."""
        return next((one for one in self.looks if one > rounds), None)

    def _share(self, rounds: int, shares: tuple[float, ...]) -> float:
        taken = self._taken(rounds)
        if taken < 0:
            return 0.0
        if self.looks == LOOKS:
            return shares[taken]
        return 1 / len(self.looks)

    def _taken(self, rounds: int) -> int:
        """Return the position of the last look reached with this many rounds; -1 where none is."""
        return sum(1 for one in self.looks if one <= rounds) - 1

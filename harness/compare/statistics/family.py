"""How many questions one report asks, how often each is looked at, and what each look may spend.

The rate of false alarms belongs to the whole report. Bonferroni's bound divides it over all
metrics and looks: it holds whatever depends on what.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.compare.statistics.paired import Scale

LOOKS = (2, 3, 5, 8, 12)
"""After how many rounds an `auto` run looks whether they suffice."""
MOST_ROUNDS = LOOKS[-1]
_DIFFERENCE = {
    Scale.RATIO: (0.02, 0.02, 0.12, 0.06, 0.78),
    Scale.SHARE: (0.01, 0.01, 0.08, 0.05, 0.85),
}
"""Which part of a metric's rate each look spends on the test for a difference: little on the early
ones, which see what is gross, most on the last, which has to see what is small."""
_SAME = {
    Scale.RATIO: (0.5, 0.3, 0.05, 0.05, 0.1),
    Scale.SHARE: (0.25, 0.1, 0.05, 0.05, 0.55),
}
"""Likewise on the test for sameness. Of times most on the first look, since unchanged cells should
end there. Accuracies vary so little that they end there all the same; between the minimum effect
and the margin, which lie closer to each other, an early look would call half a point the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Family:
    """The questions of one report that share one rate of false alarms."""

    questions: int
    """Primary metrics of all compared cells."""
    alpha: float = 0.01
    """How often a report on cells that are all unchanged may hold any alarm."""
    same: float = 0.01
    """How often a metric may be called the same, though it is apart by the margin."""
    looks: tuple[int, ...] = LOOKS
    """After how many rounds it is looked at; one number where the rounds were fixed before."""

    def __post_init__(self) -> None:
        """A family that could not be decided on is a slip of ours."""
        if self.questions < 1 or not self.looks or list(self.looks) != sorted(set(self.looks)):
            raise ValueError("a family has questions, and looks in rising order")

    def of_fixed(self, rounds: int) -> Family:
        """The same family, looked at once after a number of rounds that was fixed before."""
        return replace(self, looks=(rounds,))

    def difference_level(self, rounds: int, scale: Scale) -> float:
        """The level of the two-sided test for a difference at the look after `rounds` rounds;
        0 where there is no such look."""
        return self.alpha / self.questions * self._share(rounds, _DIFFERENCE[scale])

    def same_level(self, rounds: int, scale: Scale) -> float:
        """The level of each of the two one-sided tests for sameness at that look."""
        return self.same * self._share(rounds, _SAME[scale])

    def next_look(self, rounds: int) -> int | None:
        """How many rounds there are at the next look; None after the last."""
        return next((one for one in self.looks if one > rounds), None)

    def _share(self, rounds: int, shares: tuple[float, ...]) -> float:
        taken = self._taken(rounds)
        if taken < 0:
            return 0.0
        if self.looks == LOOKS:
            return shares[taken]
        return 1 / len(self.looks)

    def _taken(self, rounds: int) -> int:
        """The last look that so many rounds reach; -1 where there is none."""
        return sum(1 for one in self.looks if one <= rounds) - 1

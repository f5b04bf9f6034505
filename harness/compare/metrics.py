"""Which facts are metrics that rounds are held against each other by, and which of them may alarm.

At most four of a cell may: each further one would make all of them less sensitive. The others are
shown, corrected together.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.compare.facts import Merged, as_number, as_numbers
from harness.compare.statistics.paired import ACCURACY, TIMES, Scale, Tolerance
from harness.model import Fact, Nature

PRIMARY = ("*.test_accuracy", "*.step_seconds", "*.import_seconds", "*.evaluation_seconds")
"""Of each pattern one fact may alarm; where several match, one that is about training."""
STEERING = PRIMARY[:2]
"""What decides whether an `auto` run goes on; the others are judged with the rounds there are."""
_SECONDS = "_seconds"
_SHARES = ("*.test_accuracy",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A fact whose rounds are compared."""

    fact: str
    probe: str
    scale: Scale
    pattern: str = ""
    """The pattern in PRIMARY by which it may alarm; empty: it is only shown."""

    @property
    def tolerance(self) -> Tolerance:
        """What counts as different and as the same, where the suite states nothing else."""
        return TIMES if self.scale is Scale.RATIO else ACCURACY

    @property
    def steers(self) -> bool:
        """Whether an `auto` run goes on for its sake."""
        return self.pattern in STEERING


def metrics_of(
    reference: Mapping[str, Merged], candidate: Mapping[str, Merged]
) -> tuple[Metric, ...]:
    """The metrics that both cells answer: primary ones in their order, then the others by name."""
    both = [one for one in sorted(reference) if one in candidate]
    scales = {one: scale for one in both if (scale := _scale(reference[one], candidate[one]))}
    chosen = {
        pattern: found
        for pattern in PRIMARY
        if (found := _one_of([one for one in scales if fnmatchcase(one, pattern)], scales))
    }
    first = [_metric(reference, scales, fact, pattern) for pattern, fact in chosen.items()]
    rest = [_metric(reference, scales, one) for one in scales if one not in chosen.values()]
    return (*first, *rest)


def value_of(fact: Fact) -> float | None:
    """The one robust location of a round: a number itself, the median of a series (a warm-up is a
    fact of its own). None where there is none."""
    series = as_numbers(fact)
    if series:
        return statistics.median(series)
    return as_number(fact)


def _metric(
    facts: Mapping[str, Merged], scales: Mapping[str, Scale], fact: str, pattern: str = ""
) -> Metric:
    return Metric(fact=fact, probe=facts[fact].probe, scale=scales[fact], pattern=pattern)


def _scale(one: Merged, other: Merged) -> Scale | None:
    if Nature.TIMING is one.nature is other.nature and one.fact.endswith(_SECONDS):
        return Scale.RATIO
    measured = Nature.MEASURED is one.nature is other.nature
    if measured and any(fnmatchcase(one.fact, pattern) for pattern in _SHARES):
        return Scale.SHARE
    return None


def _one_of(matching: list[str], scales: Iterable[str]) -> str:
    """Of several facts the one whose probe also tells an accuracy, else the first by name."""
    learned = {one.rpartition(".")[0] for one in scales if fnmatchcase(one, PRIMARY[0])}
    beside = [one for one in matching if one.rpartition(".")[0] in learned]
    return (beside or matching or [""])[0]

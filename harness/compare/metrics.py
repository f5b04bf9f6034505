"""Which facts are metrics that rounds are held against each other by, and which of them may alarm.

At most four of each network that is trained may: each further one would make all of them less
sensitive. The others are shown, corrected together. Which networks there are is said by the probes'
metadata, before anything is answered.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.compare.facts import Merged, as_number, as_numbers
from harness.compare.kept import KeptByIdentity
from harness.compare.patterns import matches
from harness.compare.statistics.paired import ACCURACY, TIMES, Scale, Tolerance
from harness.model import Fact, Nature, Run

PRIMARY = ("*.test_accuracy", "*.step_seconds", "*.import_seconds", "*.evaluation_seconds")
"""Of each pattern one fact of each network may alarm; where no network is declared, one that is
about training."""
STEERING = PRIMARY[:2]
"""What decides whether an `auto` run goes on; the others are judged with the rounds there are."""
_SECONDS = "_seconds"
_ACCURACY = ".test_accuracy"
_MEASURED = (Nature.TIMING, Nature.MEASURED)
_TIMES = tuple(pattern.removeprefix("*") for pattern in PRIMARY[1:])
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


def networks_of(run: Run) -> tuple[str, ...]:
    """What the facts of each network begin with that the probes of a run train (`mnist`,
    `keras.recurrent`): those whose metadata names its accuracy."""
    declared = (
        pattern.removesuffix(_ACCURACY)
        for probe in run.probes
        for pattern, nature in probe.natures
        if nature is Nature.MEASURED and pattern.endswith(_ACCURACY) and "*" not in pattern
    )
    return tuple(dict.fromkeys(declared))


def _sorted_measured(facts: Mapping[str, Merged]) -> tuple[str, ...]:
    return tuple(sorted(name for name, each in facts.items() if each.nature in _MEASURED))


_measured_facts = KeptByIdentity(_sorted_measured, most=64)
"""One reference is asked for every cell that is held against it."""


def metrics_of(
    reference: Mapping[str, Merged], candidate: Mapping[str, Merged], networks: Iterable[str] = ()
) -> tuple[Metric, ...]:
    """The metrics that both cells answer: primary ones in their order, then the others by name."""
    scales = {
        one: scale
        for one in _measured_facts(reference)
        if one in candidate
        and (scale := scale_of(one, reference[one].nature))
        and reference[one].nature is candidate[one].nature
    }
    chosen: dict[str, str] = {}
    for network in networks:
        if network + _ACCURACY in scales:
            for pattern in PRIMARY:
                fact = _of_network(network, pattern, scales)
                if fact:
                    chosen.setdefault(fact, pattern)
    if not chosen:
        for pattern in PRIMARY:
            if fact := _one_of([one for one in scales if matches(one, pattern)], scales):
                chosen[fact] = pattern
    first = [_metric(reference, scales, fact, pattern) for fact, pattern in chosen.items()]
    rest = [_metric(reference, scales, one) for one in scales if one not in chosen]
    return (*first, *rest)


def value_of(fact: Fact) -> float | None:
    """The one robust location of a round: a number itself, the median of a series (a warm-up is a
    fact of its own). None where there is none."""
    series = as_numbers(fact)
    if series:
        return statistics.median(series)
    return as_number(fact)


def scale_of(fact: str, nature: Nature) -> Scale | None:
    """The scale on which rounds compare a fact; None: its value is compared, not its rounds."""
    if nature is Nature.TIMING and fact.endswith(_SECONDS):
        return Scale.RATIO
    if nature is Nature.MEASURED and any(matches(fact, pattern) for pattern in _SHARES):
        return Scale.SHARE
    return None


def tells_times(facts: Iterable[str]) -> bool:
    """Whether any of these facts is a time that may alarm, in whichever cell."""
    return any(fact.endswith(_TIMES) for fact in facts)


def _metric(
    facts: Mapping[str, Merged], scales: Mapping[str, Scale], fact: str, pattern: str = ""
) -> Metric:
    return Metric(fact=fact, probe=facts[fact].probe, scale=scales[fact], pattern=pattern)


def _of_network(network: str, pattern: str, scales: Iterable[str]) -> str:
    """The network's own fact of a pattern, else that of the probe it belongs to: what several
    networks share stands beside them."""
    there = set(scales)
    stem, name = network, pattern.removeprefix("*")
    while stem:
        if stem + name in there:
            return stem + name
        stem = stem.rpartition(".")[0]
    return ""


def _one_of(matching: list[str], scales: Iterable[str]) -> str:
    """Of several facts the one whose probe also tells an accuracy, else the first by name."""
    learned = {one.rpartition(".")[0] for one in scales if matches(one, PRIMARY[0])}
    beside = [one for one in matching if one.rpartition(".")[0] in learned]
    return (beside or matching or [""])[0]

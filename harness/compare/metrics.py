"""Which facts are metrics that are compared over rounds, and which of them may raise an alarm.

At most four metrics of each trained network may, because each further one would make all of them
less sensitive. The others are shown, corrected together. Which networks there are is taken from the
probes' metadata, before any answer is known.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.compare.facts import Merged, as_number, as_numbers
from harness.compare.kept import KeptByIdentity
from harness.compare.patterns import matches
from harness.compare.shapes import AnswerFacts, CellShape, FactsOfCell
from harness.compare.statistics.paired import ACCURACY, TIMES, Scale, Tolerance
from harness.model import Fact, Nature, Probe, Record, Run

PRIMARY = ("*.test_accuracy", "*.step_seconds", "*.import_seconds", "*.evaluation_seconds")
"""For each pattern, one fact of each network may raise an alarm; where no network is declared, one
that is about training."""
STEERING = PRIMARY[:2]
"""The metrics that decide whether an `auto` run continues; the others are judged with the rounds
there are."""
_SECONDS = "_seconds"
_ACCURACY = ".test_accuracy"
_MEASURED = (Nature.TIMING, Nature.MEASURED)
_TIMES = tuple(pattern.removeprefix("*") for pattern in PRIMARY[1:])
_SHARES = ("*.test_accuracy",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A fact that is compared over rounds."""

    fact: str
    probe: str
    scale: Scale
    pattern: str = ""
    """The pattern in PRIMARY that allows it to raise an alarm; empty where it is only shown."""

    @property
    def tolerance(self) -> Tolerance:
        """What counts as different and as the same, unless the suite states otherwise."""
        return TIMES if self.scale is Scale.RATIO else ACCURACY

    @property
    def steers(self) -> bool:
        """Whether an `auto` run continues on its account."""
        return self.pattern in STEERING


def networks_of(run: Run) -> tuple[str, ...]:
    """Return the first name parts of the facts of each network that the probes of a run train
    (`mnist`, `keras.recurrent`). These are the networks whose accuracy the probes' metadata
    names."""
    return _networks(run.probes)


def _networks_of(probes: tuple[Probe, ...]) -> tuple[str, ...]:
    declared = (
        pattern.removesuffix(_ACCURACY)
        for probe in probes
        for pattern, nature in probe.natures
        if nature is Nature.MEASURED and pattern.endswith(_ACCURACY) and "*" not in pattern
    )
    return tuple(dict.fromkeys(declared))


_networks = KeptByIdentity(_networks_of, most=64)


def _measured(facts: Mapping[str, Merged]) -> tuple[str, ...]:
    return tuple(sorted(name for name, each in facts.items() if each.nature in _MEASURED))


def metrics_of(
    reference: Mapping[str, Merged], candidate: Mapping[str, Merged], networks: Iterable[str] = ()
) -> tuple[Metric, ...]:
    """Return the metrics that both cells have: primary ones in their order, then the others by
    name."""
    if isinstance(reference, FactsOfCell) and isinstance(candidate, FactsOfCell):
        key = (id(reference.shape), id(candidate.shape), tuple(networks))
        kept = _OF_SHAPES.get(key)
        if kept is None:
            if len(_OF_SHAPES) >= _MOST:
                _OF_SHAPES.clear()
            made = _metrics_of(reference, candidate, key[2])
            kept = _OF_SHAPES[key] = (reference.shape, candidate.shape, made)
        return kept[2]
    return _metrics_of(reference, candidate, networks)


_MOST = 4096
_OF_SHAPES: dict[
    tuple[int, int, tuple[str, ...]], tuple[CellShape, CellShape, tuple[Metric, ...]]
] = {}
"""The metrics of two cells, by the identity of their shapes, which the entry keeps alive."""


def _metrics_of(
    reference: Mapping[str, Merged], candidate: Mapping[str, Merged], networks: Iterable[str]
) -> tuple[Metric, ...]:
    scales = {
        one: scale
        for one in _measured(reference)
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
    """Return the one robust location of a round: a number itself, or the median of a series (the
    warm-up is a separate fact). None where there is none."""
    series = as_numbers(fact)
    if series:
        return statistics.median(series)
    return as_number(fact)


def scale_of(fact: str, nature: Nature) -> Scale | None:
    """Return the scale on which rounds compare a fact; None where its value is compared instead."""
    if nature is Nature.TIMING and fact.endswith(_SECONDS):
        return Scale.RATIO
    if nature is Nature.MEASURED and any(matches(fact, pattern) for pattern in _SHARES):
        return Scale.SHARE
    return None


def tells_times(facts: Iterable[str]) -> bool:
    """Tell whether any of these facts is a time that may raise an alarm in any cell."""
    return _tells_times(tuple(facts))


@lru_cache(maxsize=1024)
def _tells_times(names: tuple[str, ...]) -> bool:
    return any(name.endswith(_TIMES) for name in names)


_shape_tells_times = KeptByIdentity(tells_times, most=4096)


def timed_answers(
    answers: Mapping[tuple[int, str], Record], parts: Mapping[str, AnswerFacts] | None
) -> Iterable[Record]:
    """Yield the records that tell a time which may raise an alarm in any cell. `parts` are the
    facts of the probes that answered, where there is one round."""
    for (_, probe), record in answers.items():
        part = parts.get(probe) if parts is not None else None
        told = tells_times(record.facts) if part is None else _shape_tells_times(part.shape.names)
        if told:
            yield record


def _metric(
    facts: Mapping[str, Merged], scales: Mapping[str, Scale], fact: str, pattern: str = ""
) -> Metric:
    return Metric(fact=fact, probe=facts[fact].probe, scale=scales[fact], pattern=pattern)


def _of_network(network: str, pattern: str, scales: Iterable[str]) -> str:
    """Return the network's own fact for a pattern, otherwise that of the probe it belongs to, where
    facts shared by several networks stand."""
    there = set(scales)
    stem, name = network, pattern.removeprefix("*")
    while stem:
        if stem + name in there:
            return stem + name
        stem = stem.rpartition(".")[0]
    return ""


def _one_of(matching: list[str], scales: Iterable[str]) -> str:
    """Choose among several facts the one whose probe also gives an accuracy, otherwise the first by
    name."""
    learned = {one.rpartition(".")[0] for one in scales if matches(one, PRIMARY[0])}
    beside = [one for one in matching if one.rpartition(".")[0] in learned]
    return (beside or matching or [""])[0]

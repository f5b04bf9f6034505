"""Where a series changed: the nights on each side, and the inputs that changed between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.compare.facts import equal
from harness.compare.metrics import scale_of
from harness.compare.shown import shown
from harness.compare.statistics.paired import ACCURACY, TIMES, Scale, on_scale, told
from harness.compare.statistics.steps import lone_nights, steps
from harness.model import CellNight, Fact, Nature
from harness.nights.inputs import ABSENT, KINDS, PACKAGE, changed

_LARGEST = 1e100
"""Values further from zero are clipped to this: they are no measurements, and their squares
overflow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedInput:
    """An input of a cell that differs between the two sides of a change."""

    what: str
    """Its name: `package keras`, `image`, `probe mnist`, `driver`, `harness` and so on."""
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesChange:
    """A change in a series: the two consecutive nights between which its value changed."""

    before: str
    """The run of the last night before the change."""
    after: str
    """The run of the first night after the change."""
    day: str
    """The day on which the first run after the change began (ISO date)."""
    old: Fact
    """The value before the change. For numbers it is the level: the mean of the nights since the
    last change (for times, the geometric mean)."""
    new: Fact
    scale: Scale | None = None
    """The scale on which the two levels were compared; None for values that are not numbers."""
    effect: float | None = None
    """The size of the change on that scale: the ratio of the levels, or their difference."""
    p: float | None = None
    """The probability of finding so clear a step where there is none. None where nothing was
    tested, because any other value counts as a change."""
    inputs: tuple[MovedInput, ...] = ()


def changed_levels(
    name: str, nights: Sequence[CellNight]
) -> tuple[tuple[SeriesChange, ...], tuple[str, ...]]:
    """Return the significant changes of a number that all these nights have, and the runs that were
    set aside.

    Times are compared by their ratios. A step no larger than the smallest effect that counts when
    rounds are judged is no change.
    """
    values = [max(-_LARGEST, min(_LARGEST, one.numbers[name])) for one in nights]
    scale, least = _scale(name, values)
    if scale is Scale.RATIO:
        values = [math.log(value) for value in values]
    lone = lone_nights(values)
    kept = [place for place in range(len(nights)) if place not in lone]
    before = dict(zip(kept[1:], kept, strict=False))
    found = []
    for one in steps(values, least=least):
        night, earlier = nights[one.place], nights[before[one.place]]
        found.append(
            SeriesChange(
                before=earlier.run,
                after=night.run,
                day=night.started[:10],
                old=told(scale, one.before),
                new=told(scale, one.after),
                scale=scale,
                effect=told(scale, one.after - one.before),
                p=one.p,
                inputs=moved_inputs(earlier, night),
            )
        )
    return tuple(found), tuple(nights[place].run for place in sorted(lone))


def changed_facts(name: str, nights: Sequence[CellNight]) -> tuple[SeriesChange, ...]:
    """Return every change of a fact that is not a measurement: any other value counts as a change.

    On a night that has other facts of the same kind but not this one, its value is `absent`. A
    night whose probe gave no answer is skipped.
    """
    kind = f"{name.partition('.')[0]}."
    itself = _package(name)
    there = [one for one in nights if any(other.startswith(kind) for other in one.facts)]
    return tuple(
        SeriesChange(
            before=earlier.run,
            after=night.run,
            day=night.started[:10],
            old=earlier.facts.get(name, ABSENT),
            new=night.facts.get(name, ABSENT),
            inputs=tuple(one for one in moved_inputs(earlier, night) if one.what != itself),
        )
        for earlier, night in pairwise(there)
        if (name in earlier.facts) is not (name in night.facts)
        or not equal(earlier.facts.get(name), night.facts.get(name))
    )


def moved_inputs(before: CellNight, after: CellNight) -> tuple[MovedInput, ...]:
    """Return the inputs of a cell that differ between two nights, sorted by name."""
    found = changed(_inputs(before), _inputs(after))
    return tuple(MovedInput(what=name, before=old, after=new) for name, (old, new) in found.items())


def _package(fact: str) -> str:
    """The name of the input that a fact about a package stands for."""
    return f"package {fact.removeprefix(PACKAGE)}"


def _inputs(one: CellNight) -> Mapping[str, str]:
    """Return all inputs by name, without those of a kind that this version does not know."""
    packages = {
        _package(name): shown(value)
        for name, value in one.facts.items()
        if name.startswith(PACKAGE)
    }
    known = {
        name: value
        for name, value in one.inputs.items()
        if any(name == kind or name.startswith(f"{kind} ") for kind in KINDS)
    }
    return {**known, **packages}


def _scale(name: str, values: Sequence[float]) -> tuple[Scale, float]:
    """Return the scale on which a number's levels are compared, and the smallest effect that counts
    on it."""
    if scale_of(name, Nature.TIMING) is Scale.RATIO and all(value > 0 for value in values):
        return Scale.RATIO, on_scale(Scale.RATIO, TIMES.minimum_effect)
    if scale_of(name, Nature.MEASURED) is Scale.SHARE:
        return Scale.SHARE, ACCURACY.minimum_effect
    return Scale.SHARE, 0.0

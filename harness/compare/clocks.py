"""Compares the times in an answer with those that the host measured around it.

Every clock inside an environment belongs to the environment. The host knows when it asked and when
the answer came: nothing in between can have taken longer, and the whole must have taken about as
long.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from harness.compare.answered import Answered, is_time
from harness.compare.facts import as_number, as_numbers, nature_of
from harness.compare.shown import seconds
from harness.model import Fact
from harness.probing.exchange import EXCHANGE

APART_S = 2.0
APART_SHARE = 0.2
"""How much two clocks may differ: exceeding both limits cannot be explained by scheduling."""
START_S = 10.0
"""How much longer the first answer of a container may take, because the runner is started in that
time."""
PARTS = ("import_seconds", "first_step_seconds", "step_seconds", "evaluation_seconds")
"""Times of a training probe that follow each other, so that their sum must fit too."""
TOTAL = "total_seconds"
"""How long the probe's own function took, by its own clock."""


def clock(one: Answered) -> Iterator[str]:
    """Compare the times of an answer with the host's clock; yields nothing where the host did not
    measure."""
    measured = one.record.durations.get(EXCHANGE)
    if measured is None or one.record.repeats:
        return
    whole = {
        "the runner": one.record.durations.get("probe"),
        f"{one.record.probe}.{TOTAL}": as_number(
            one.record.facts.get(f"{one.record.probe}.{TOTAL}")
        ),
    }
    for what, told in whole.items():
        if told is not None and (
            _longer(told, measured) or _longer(measured - (START_S if one.first else 0), told)
        ):
            yield _lies(what, told, measured)
            return
    for what, told in (*_times(one), *_sums(one)):
        if told < 0:
            yield f"its clock is wrong: {what} gives {told:g} s, but no duration is negative"
        elif _longer(told, measured):
            yield _lies(what, told, measured)


def _longer(one: float, other: float) -> bool:
    """Tell whether one time is longer than another by more than clocks may differ."""
    return one - other > max(APART_S, APART_SHARE * other)


def _lies(what: str, told: float, measured: float) -> str:
    here = seconds(measured)
    return f"its clock is wrong: {what} gives {seconds(told)}, but this host measured {here}"


def _times(one: Answered) -> Iterator[tuple[str, float]]:
    for fact, value in sorted(one.record.facts.items()):
        if is_time(nature_of(fact, one.probe.natures), fact):
            yield fact, _sum(value)


def _sums(one: Answered) -> Iterator[tuple[str, float]]:
    for learned in one.learned():
        parts = [_sum(learned.fact(name)) for name in PARTS]
        if len([part for part in parts if part]) > 1:
            yield f"the sum of its times of {learned.stem}", math.fsum(parts)


def _sum(value: Fact) -> float:
    series = as_numbers(value)
    if series is not None:
        return min(series) if series and min(series) < 0 else math.fsum(series)
    return as_number(value) or 0.0

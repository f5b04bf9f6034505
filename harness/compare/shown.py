"""Writes facts as a person would, on one line, and gives the three numbers people ask for first."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

from harness.compare.differences import Difference
from harness.compare.facts import Merged, as_number, as_numbers, ending_in, values_in
from harness.compare.judgement import Headline
from harness.compare.shapes import FactsOfCell
from harness.model import Fact, Nature

ACCURACY = "*.test_accuracy"
LOSS = "*.loss"
STEP_SECONDS = "*.step_seconds"
WEIGHTS = "*.final_weights_sha256"

_SHORT_SERIES = 6


def shown(value: Fact, nature: Nature = Nature.STATIC) -> str:
    """Write a fact in few words: six significant digits, times in a fitting unit, series by their
    ends (times by their median). Strings are not escaped."""
    if isinstance(value, tuple):
        return _series(value, nature)
    number = as_number(value)
    if isinstance(value, float) and number is not None and nature is Nature.TIMING:
        return seconds(number)
    if isinstance(value, float):
        return f"{value:.6g}"
    return "none" if value is None else str(value)


def _series(value: tuple[object, ...], nature: Nature) -> str:
    numbers = as_numbers(value)  # type: ignore[arg-type]
    if numbers and nature is Nature.TIMING:
        return f"{seconds(statistics.median(numbers))} (median)"
    if not numbers or (nature is Nature.STATIC and len(value) <= _SHORT_SERIES):
        items = [shown(item) for item in value[:_SHORT_SERIES]]  # type: ignore[arg-type]
        more = f" and {len(value) - _SHORT_SERIES} more" if len(value) > _SHORT_SERIES else ""
        return (", ".join(items) or "nothing") + more
    return f"{numbers[0]:.4g} ... {numbers[-1]:.4g}"


def seconds(value: float) -> str:
    """Write a duration in s, ms or µs, with three significant digits."""
    for factor, unit in ((1.0, "s"), (1e3, "ms")):
        if abs(value) * factor >= 1 or value == 0:
            return f"{value * factor:.3g} {unit}" if abs(value) < 1000 else f"{value:.0f} s"
    return f"{value * 1e6:.3g} µs"


def difference_line(difference: Difference) -> str:
    """Write a difference on one line: the candidate's value, and the reference's in brackets."""
    name = named(difference.fact)
    if difference.absent == "candidate":
        return f"{name} is missing (reference {shown(difference.reference, difference.nature)})"
    here = shown(difference.candidate, difference.nature)
    if difference.absent == "reference":
        return f"{name} {here} (not in the reference)"
    return f"{name} {here} (reference {shown(difference.reference, difference.nature)})"


def named(fact: str) -> str:
    """Return a fact's name as a person would say it; for a package, the package's name."""
    return fact.removeprefix("package.")


def headline(facts: Mapping[str, Merged]) -> Headline:
    """Return the three numbers of a cell, from the fact that each pattern matches. A fact with the
    fewest name parts comes first (`mnist.loss` before `keras.recurrent.loss`), then the name
    decides."""
    return Headline(
        accuracy=_number(facts, ACCURACY),
        loss=_number(facts, LOSS, last=True),
        step_seconds=_number(facts, STEP_SECONDS),
        weights=_digest(facts, WEIGHTS),
    )


def _first(facts: Mapping[str, Merged], pattern: str) -> str:
    """Return the name of the fact that counts; empty where there is none."""
    names = ending_in(facts, pattern)
    if len(names) > 1:
        return min(names, key=lambda name: (name.count("."), name))
    return names[0] if names else ""


def _digest(facts: Mapping[str, Merged], pattern: str) -> str:
    name = _first(facts, pattern)
    if not name:
        return ""
    if not isinstance(facts, FactsOfCell) and (facts[name].lacking or not facts[name].steady):
        return ""
    value = values_in(facts, name)[0]
    return value if isinstance(value, str) else ""


def _number(facts: Mapping[str, Merged], pattern: str, *, last: bool = False) -> float | None:
    name = _first(facts, pattern)
    if not name:
        return None
    found = []
    for value in values_in(facts, name):
        series = as_numbers(value)
        number = as_number(value)
        if series:
            number = series[-1] if last else statistics.median(series)
        if number is None:
            return None
        found.append(number)
    return found[0] if len(found) == 1 else statistics.median(found)

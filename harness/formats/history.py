"""Texts about a series and its changes, shared by every format."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from harness.compare.facts import as_number
from harness.compare.metrics import scale_of
from harness.compare.shown import seconds, shown
from harness.compare.statistics.paired import Scale
from harness.compare.statistics.steps import LEAST_NIGHTS
from harness.history.changes import SeriesChange
from harness.history.series import FactSeries
from harness.model import Fact, Nature

BLOCKS = "▁▂▃▄▅▆▇█"
_INPUTS = 6
_LONGEST = 60
_LARGEST = 1e100


def spark(values: Sequence[float | None], aside: Container[int] = ()) -> str:
    """Draw numbers as block characters from the least to the greatest, with a blank for a night
    without a value. If all are equal, the blocks have half the height. Values at positions in
    `aside` are ignored for the scale."""
    there = [
        value for place, value in enumerate(values) if value is not None and place not in aside
    ]
    if not there:
        return " " * len(values)
    low, high = min(there), max(there)
    return "".join(" " if value is None else _block(value, low, high) for value in values)


def _block(value: float, low: float, high: float) -> str:
    if not high > low:
        return BLOCKS[3]
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    return BLOCKS[min(len(BLOCKS) - 1, int(share * len(BLOCKS)))]


def spark_of(one: FactSeries, runs: Sequence[str]) -> str:
    """The spark line of a series over these nights; empty if it is not numeric. Nights that were
    set aside do not affect the scale, so they do not flatten the others."""
    if not one.numeric:
        return ""
    aside = {place for place, run in enumerate(runs) if run in one.lone}
    return spark(over(one, runs), aside)


def over(one: FactSeries, runs: Iterable[str]) -> list[float | None]:
    """The numbers of a series on these nights, ready to be drawn; None where it has none."""
    told = {night.run: as_number(night.value) for night in one.nights}
    found = (told.get(run) for run in runs)
    return [None if value is None else max(-_LARGEST, min(_LARGEST, value)) for value in found]


def value_told(fact: str, value: Fact, most: int = _LONGEST) -> str:
    """A value of a fact as short text."""
    if isinstance(value, float) and scale_of(fact, Nature.TIMING) is Scale.RATIO:
        return seconds(value)
    if isinstance(value, float) and scale_of(fact, Nature.MEASURED) is Scale.SHARE:
        return f"{value:.4f}"
    text = shown(value)
    return text if len(text) <= most else f"{text[: most - 3]}..."


def effect_told(fact: str, one: SeriesChange) -> str:
    """The size of a change; empty if the fact is not numeric."""
    if one.effect is None:
        return ""
    if one.scale is Scale.RATIO:
        return f"{one.effect - 1:+.1%}"
    if scale_of(fact, Nature.MEASURED) is Scale.SHARE:
        return f"{100 * one.effect:+.2f} points"
    return f"{one.effect:+.4g}"


def change_told(fact: str, one: SeriesChange) -> str:
    """A change in one line: when, what, how much, and how certain it is."""
    old, new = value_told(fact, one.old), value_told(fact, one.new)
    parts = [part for part in (effect_told(fact, one), p_told(one)) if part]
    return f"{one.day} {old} -> {new}" + (f" ({', '.join(parts)})" if parts else "")


def p_told(one: SeriesChange) -> str:
    """The p-value in words: how often so clear a step would appear where there is none. Empty if it
    was not tested."""
    if one.p is None:
        return ""
    return "p below 1e-12" if one.p < 1e-12 else f"p {one.p:.1g}"


def brief_change(one: FactSeries) -> str:
    """The last change of a series in a few words, or a text that says there was none."""
    if not one.changes:
        few = one.numeric and len(one.nights) < 2 * LEAST_NIGHTS
        return "too few nights" if few else "none"
    last = one.changes[-1]
    return f"{last.day} {effect_told(one.fact, last)}".rstrip()


def inputs_told(one: SeriesChange, most: int = _INPUTS) -> str:
    """The inputs that changed between the two nights of a change."""
    moved = [f"{each.what} {each.before} -> {each.after}" for each in one.inputs[:most]]
    more = len(one.inputs) - most
    if more > 0:
        moved.append(f"and {more} more")
    return "; ".join(moved) or "no known input"


def letters_told(letters: Mapping[str, str]) -> str:
    """The legend: which kind of engine and host each letter stands for."""
    return "; ".join(f"{letter}: {place}" for letter, place in letters.items())

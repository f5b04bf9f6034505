"""When a finding of one cell began, and how often it appeared while nothing changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.nights.inputs import changed
from harness.nights.seen import SeenFinding, SeenNight
from harness.nights.values import Rate


@dataclass(frozen=True, kw_only=True, slots=True)
class Onset:
    """Since when a finding has been present without a break, as positions in the nights (oldest
    0)."""

    first_bad: int
    last_good: int | None
    """None where no earlier night judged the cell and found it without the finding."""


def onset(one: SeenFinding, row: str, nights: Sequence[SeenNight], known: SeenNight) -> Onset:
    """Return when a finding that the last of the nights has began.

    `known` is the baseline. A finding that the baseline has is not counted in an earlier night
    where it showed no value lines other than the baseline's. Nights that did not ask the probes it
    rests on, or got no answer, are skipped.
    """
    first = len(nights) - 1
    asked = nights[-1].cells[row].probes
    for place in range(len(nights) - 2, -1, -1):
        cell = nights[place].cells.get(row)
        if cell is None:
            continue
        if any(each.id == one.id and not _was_known(each, row, known) for each in cell.findings):
            first = place
        elif cell.lacks(one, asked):
            return Onset(first_bad=first, last_good=place)
    return Onset(first_bad=first, last_good=None)


def _was_known(one: SeenFinding, row: str, known: SeenNight) -> bool:
    cell = known.cells.get(row)
    same = [each for each in cell.findings if each.id == one.id] if cell else []
    return bool(same) and set(one.values) <= {line for each in same for line in each.values}


def rate_of(one: SeenFinding, row: str, nights: Sequence[SeenNight]) -> Rate | None:
    """Return how often a finding appeared in the nights up to the last, as far back as nothing
    about the cell changed; None where it did not come and go."""
    seen: list[bool] = []
    last = nights[-1].cells[row]
    for night in reversed(nights):
        cell = night.cells.get(row)
        if cell is None:
            continue
        there = cell.has(one)
        if not there and not cell.lacks(one, last.probes):
            continue
        if changed(cell.inputs, last.inputs):
            break
        seen.append(there)
    turns = sum(before is not after for before, after in pairwise(seen))
    if turns < 2:
        return None
    return Rate(seen=sum(seen), nights=len(seen))


def summed(rates: Sequence[Rate | None]) -> Rate | None:
    """Add up the rates of several cells; None where one of them has none."""
    known = [one for one in rates if one is not None]
    if not known or len(known) < len(rates):
        return None
    return Rate(seen=sum(one.seen for one in known), nights=sum(one.nights for one in known))

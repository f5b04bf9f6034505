"""Groups of cells that computed the same bits: what needs no statistics to be called the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from harness.compare.facts import Merged
from harness.model import Fact

_BITS = "final_weights_sha256"
"""Facts that end so say, to the bit, what training ended in."""


def equal_bits(cells: Iterable[tuple[str, Mapping[str, Merged]]]) -> tuple[tuple[str, ...], ...]:
    """The groups of at least two cells, given as (id, facts), whose training ended in equal bits in
    every round: in the order of cells. A cell that does not tell is in none."""
    groups: dict[tuple[tuple[str, tuple[Fact, ...]], ...], list[str]] = defaultdict(list)
    for cell, facts in cells:
        told = tuple(
            (name, one.values)
            for name, one in sorted(facts.items())
            if name.rpartition(".")[2] == _BITS
            and all(isinstance(each, str) for each in one.values)
        )
        if told:
            groups[told].append(cell)
    return tuple(tuple(found) for found in groups.values() if len(found) > 1)

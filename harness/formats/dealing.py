"""How cells were distributed over shards, as text and as values for a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.compare.shown import seconds
from harness.suite.dealing import Dealt, WeighedBy
from harness.text import clean_line, in_mb

_WORDS = {
    WeighedBy.PAST: "by how long it took before",
    WeighedBy.SIZE: "by the size of what it installs",
    WeighedBy.UNKNOWN: "as the median of the others, since nothing is known of it",
}
_MANY = {
    WeighedBy.PAST: "by how long they took before",
    WeighedBy.SIZE: "by the size of what they install",
    WeighedBy.UNKNOWN: "as the median of the others, since nothing is known of them",
}


def dealing_text(dealing: Dealt, number: int) -> str:
    """Describe one shard: its cells, how they were weighed, and how even the shards are."""
    return "\n".join(_lines(dealing, number)) + "\n"


def _lines(dealing: Dealt, number: int) -> Iterator[str]:
    loads = dealing.loads()
    own = len(dealing.of(number))
    cells = "1 cell" if own == 1 else f"{own} cells"
    yield (
        f"Shard {number} of {dealing.count}: {cells} of {len(dealing.cells)}, "
        f"{_weight(dealing, loads[number - 1])} of {_weight(dealing, sum(loads))}"
    )
    counts = Counter(one.by for one in dealing.weights)
    told = [f"{count} {(_WORDS if count == 1 else _MANY)[one]}" for one, count in counts.items()]
    on = f" on {clean_line(dealing.on)}" if dealing.on else ""
    yield f"Cells are weighed{on}: {', '.join(told) or 'there are none'}"
    if bound := dealing.bound():
        largest = max(loads)
        yield (
            f"The largest shard has {_weight(dealing, largest)}, {largest / bound:.2f} of the "
            "larger of an even share and the longest cell"
        )


def dealing_document(dealing: Dealt, number: int) -> dict[str, object]:
    """The same as values for a program. Weights are seconds if durations of any earlier run are
    known, else bytes."""
    return {
        "number": number,
        "count": dealing.count,
        "weighed_on": dealing.on or None,
        "unit": "s" if dealing.on else "bytes",
        "cells": _weights(dealing, dealing.of(number)),
        "shards": [
            {"number": one, "cells": list(dealing.of(one)), "weight": load}
            for one, load in enumerate(dealing.loads(), 1)
        ],
        "bound": dealing.bound(),
    }


def _weights(dealing: Dealt, own: Sequence[str]) -> list[dict[str, object]]:
    known = dict(zip(dealing.cells, dealing.weights, strict=True))
    return [{"id": cell, "weight": known[cell].value, "by": str(known[cell].by)} for cell in own]


def _weight(dealing: Dealt, value: float) -> str:
    if dealing.on:
        return seconds(value)
    return in_mb(int(value), 1)

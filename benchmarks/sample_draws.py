"""The draws of the second sample for agreement: one change to a built cell, from a seed alone.

Pure. What a draw means in an image (which library, which release, which day) follows from its
numbers and from the content of the cell's image; see `sample_changes`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

CELLS = (
    "tf1.2.1-py2.7",
    "tf1.14.0-py2.7",
    "tf2.11.1-py3.9",
    "tf2.21.0-py3.13",
)
"""Built cells of the default suite: from 2017, 2019, 2023 and 2026, with Python 2.7 to 3.13, numpy
1 and 2, protobuf 3 to 7, Keras 2 and 3."""
DAY, REQUIREMENT, VARIABLE = "day", "requirement", "variable"
MOVED, REMOVED, SHADOWED, PATCHED, REINSTALLED = (
    "moved",
    "removed",
    "shadowed",
    "patched",
    "re-installed",
)
LIBRARY = (MOVED, REMOVED, SHADOWED, PATCHED, REINSTALLED)
"""The kinds of change to one library."""
KINDS = (DAY, REQUIREMENT, *LIBRARY, VARIABLE)
NUMBERS = 5
"""How many numbers a draw has; their meaning depends on its kind."""
SEED_DIGITS = 8

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Draw:
    """One change, as it was drawn."""

    name: str
    cell: str
    kind: str
    numbers: tuple[float, ...]
    """Each at least 0 and below 1."""


def seed_of(commit: str) -> int:
    """The seed from a commit: its first eight hexadecimal digits. Raises ValueError for fewer."""
    if len(commit) < SEED_DIGITS:
        raise ValueError(f"{commit!r} is no whole commit")
    return int(commit[:SEED_DIGITS], 16)


def draws(seed: int, cells: Sequence[str] = CELLS) -> Iterator[Draw]:
    """An endless sequence of draws. Of every eight in a row, each kind occurs once, in an order
    that is drawn as well; the cell is drawn for each."""
    drawn = Random(seed)
    number = 0
    while True:
        for kind in drawn.sample(KINDS, len(KINDS)):
            yield Draw(
                name=f"{number:02}-{kind}",
                cell=drawn.choice(cells),
                kind=kind,
                numbers=tuple(round(drawn.random(), 6) for _ in range(NUMBERS)),
            )
            number += 1


def picked(number: float, among: Sequence[T]) -> T:
    """The element that a number of a draw selects. Raises IndexError if there is none."""
    return among[min(int(number * len(among)), len(among) - 1)]

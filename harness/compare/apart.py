"""The differences of a cell as what was ruled on them, which many cells share, and the values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Generic, TypeVar, overload

from harness.compare.differences import Difference, Ruled
from harness.compare.kept import KeptByIdentity
from harness.compare.rules import Judged
from harness.model import Fact, Facts

T = TypeVar("T")
_MOST = 65_536

Sides = tuple[Facts, Facts]
"""What one answer of the reference states, and what that of the candidate does."""


class Differences(Sequence[Difference]):
    """The differences between two cells, in order of fact. A difference is made when it is looked
    at."""

    __slots__ = ("_sides", "ruled")

    def __init__(self, ruled: tuple[Ruled, ...], sides: Sequence[Sides]) -> None:
        self.ruled = ruled
        """What was ruled on each of them: one object for all cells in which that is the same."""
        self._sides = sides

    def _of(self, one: Ruled) -> Difference:
        reference: Fact = None
        candidate: Fact = None
        for there, here in self._sides:
            reference = there.get(one.fact, reference)
            candidate = here.get(one.fact, candidate)
        return one.of(
            None if one.absent == "reference" else reference,
            None if one.absent == "candidate" else candidate,
        )

    @overload
    def __getitem__(self, at: int) -> Difference: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Difference]: ...
    def __getitem__(self, at: int | slice) -> Difference | Sequence[Difference]:
        if isinstance(at, slice):
            return tuple(map(self._of, self.ruled[at]))
        return self._of(self.ruled[at])

    def __iter__(self) -> Iterator[Difference]:
        return map(self._of, self.ruled)

    def __len__(self) -> int:
        return len(self.ruled)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple | Differences) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def ruled_in(differences: Sequence[Difference]) -> Sequence[Ruled]:
    """Return what was ruled on each of these differences; one object for all cells in which that is
    the same, provided they were compared by `compare_answers`."""
    return differences.ruled if isinstance(differences, Differences) else differences


class KeptByRulings(Generic[T]):
    """A cached function of the differences of a cell that looks at what was ruled on them and never
    at their values, so that it is computed once for all cells in which that is the same."""

    def __init__(self, make: Callable[[Sequence[Difference]], T]) -> None:
        self._make = make
        self._made: dict[int, tuple[tuple[Ruled, ...], T]] = {}

    def __call__(self, differences: Sequence[Difference]) -> T:
        if not isinstance(differences, Differences):
            return self._make(differences)
        kept = self._made.get(id(differences.ruled))
        if kept is None:
            if len(self._made) >= _MOST:
                self._made.clear()
            kept = self._made[id(differences.ruled)] = differences.ruled, self._make(differences)
        return kept[1]


def drifting(differences: Sequence[Difference]) -> tuple[Difference, ...]:
    """Return the differences that are drift."""
    if isinstance(differences, Differences) and not _drifts(differences.ruled):
        return ()
    return tuple(one for one in differences if one.judged is Judged.DRIFT)


def joined(each: Sequence[tuple[Ruled, ...]]) -> tuple[Ruled, ...]:
    """Return what was ruled on the facts of several probes, in order of fact; one object for all
    cells for which these are the same objects."""
    if len(each) == 1:
        return each[0]
    key = tuple(map(id, each))
    kept = _JOINED.get(key)
    if kept is None:
        if len(_JOINED) >= _MOST:
            _JOINED.clear()
        kept = _JOINED[key] = (tuple(each), _in_order(each))
    return kept[1]


def _in_order(each: Sequence[tuple[Ruled, ...]]) -> tuple[Ruled, ...]:
    found = sorted((one for one in each if one), key=lambda one: one[0].fact)
    ruled = tuple(one for some in found for one in some)
    if any(one[-1].fact > other[0].fact for one, other in pairwise(found)):
        return tuple(sorted(ruled, key=lambda one: one.fact))
    return ruled


def _any_drift(ruled: tuple[Ruled, ...]) -> bool:
    return any(one.judged is Judged.DRIFT for one in ruled)


_drifts = KeptByIdentity(_any_drift, most=_MOST)
_JOINED: dict[tuple[int, ...], tuple[tuple[tuple[Ruled, ...], ...], tuple[Ruled, ...]]] = {}
"""Keyed by identity. The entry keeps the objects alive, so that their identities stay valid."""

"""Caches what was computed from a value by the value's identity, so that what many cells share is
computed once.

Facts and natures reach judging as the same object in every cell and night with the same content.
Hashing two hundred facts would take as long as reading them again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Later(Generic[V]):
    """A value that is computed when it is first asked for: nobody asks for that of most cells."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], V]) -> None:
        self._make: Callable[[], V] | None = make
        self._made: list[V] = []

    @property
    def value(self) -> V:
        """The value."""
        if self._make is not None:
            self._made.append(self._make())
            self._make = None
        return self._made[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Later) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return repr(self.value)


class KeptByIdentity(Generic[K, V]):
    """A cached function of one value that is never changed after it was made. The cache keeps the
    values alive, so that no other object can get their identity; it holds at most `most` of
    them."""

    def __init__(self, make: Callable[[K], V], most: int = 131_072) -> None:
        self._make = make
        self._most = most
        self._made: dict[int, tuple[K, V]] = {}

    def __call__(self, value: K) -> V:
        found = self._made.get(id(value))
        if found is None:
            found = value, self._make(value)
            if len(self._made) >= self._most:
                self._made.clear()
            self._made[id(value)] = found
        return found[1]

"""What was made of a value, kept by the value's identity: what many cells share is asked once.

Facts, and what a probe states, come to judging as one object in every cell and night that says the
same. To hash two hundred facts would take as long as to look at them again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class KeptByIdentity(Generic[K, V]):
    """A function of one value, which is not changed after it was made. The values are held, so that
    no other one gets their identity; at most `most` of them."""

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

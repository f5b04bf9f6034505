"""The promises that a cell broke, as sentences: bounded, in order, each only once."""

from __future__ import annotations

from harness.text import clean_line

MOST = 100
_LONGEST = 400


class Breaches:
    """Collects broken promises. Sentences may quote untrusted text."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._more = 0

    def add(self, about: str, why: str = "") -> None:
        """Add a sentence; beyond the bound they are only counted. `about` stays the same if the
        same promise is broken again, while `why` may contain other numbers."""
        line = clean_line(f"{about.replace(': ', ' ')}: {why}" if why else about, _LONGEST)
        if line in self._told:
            return
        if len(self._told) < MOST:
            self._told[line] = None
        else:
            self._more += 1

    def __bool__(self) -> bool:
        return bool(self._told)

    @property
    def told(self) -> tuple[str, ...]:
        """Every sentence; the last one says how many more there were."""
        more = (f"and {self._more} more",) if self._more else ()
        return (*self._told, *more)

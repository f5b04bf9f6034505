"""What of its promises a cell did not keep, as sentences: bounded, in order, each once."""

from __future__ import annotations

from harness.text import clean_line

MOST = 100
_LONGEST = 400


class Breaches:
    """What was promised and is not so. Sentences may quote what a stranger sent."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}
        self._more = 0

    def add(self, about: str, why: str = "") -> None:
        """Keep a sentence; past the bound they are counted. `about` is what stays the same where
        the same is broken again, `why` may have other numbers then."""
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
        """Every sentence; the last says how many more there were."""
        more = (f"and {self._more} more",) if self._more else ()
        return (*self._told, *more)

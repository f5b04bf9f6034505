"""Recognise known breakages in the output of a failing probe or build, line by line.

This takes linear time: lines are bounded, and so is every repetition in every pattern, which a test
checks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from harness.knowledge.library import Breakage, breakages

LINE = 4096
"""Characters of a line that are searched at most."""
LINES = 20_000
"""Lines of one text that are searched at most, counted from the end."""
_KEPT = 64
"""Failures whose results are cached, because several findings ask about the same one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recognised:
    """A breakage and the line it was recognised by."""

    breakage: Breakage
    line: str


def recognise(texts: Iterable[str]) -> tuple[Recognised, ...]:
    """The known breakages in these texts, each once, in the order of their first lines.

    Only specific signatures count; the others also match healthy output.
    """
    return _recognised(tuple(texts))


@lru_cache(maxsize=_KEPT)
def _recognised(texts: tuple[str, ...]) -> tuple[Recognised, ...]:
    found: dict[str, Recognised] = {}
    searches = [(one, pattern.search) for one, pattern in _signatures()]
    seen: set[str] = set()
    for text in texts:
        for line in text.splitlines()[-LINES:]:
            if line in seen:
                continue
            seen.add(line)
            looked_at = line[:LINE]
            for breakage, search in searches:
                if search(looked_at) and breakage.id not in found:
                    found[breakage.id] = Recognised(breakage=breakage, line=looked_at.strip())
    return tuple(found.values())


def is_recognised(breakage: Breakage) -> bool:
    """Whether a breakage can be recognised in what a probe or a build printed."""
    return breakage.specific and breakage.where == "log"


@cache
def _signatures() -> tuple[tuple[Breakage, re.Pattern[str]], ...]:
    return tuple((one, re.compile(one.signature)) for one in breakages() if is_recognised(one))

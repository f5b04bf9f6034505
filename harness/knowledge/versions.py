"""Parse and compare versions of drivers, toolkits and libraries."""

from __future__ import annotations

import re

_NUMBERS = re.compile(r"\d{1,9}")
_RELEASE = re.compile(r"v?(\d{1,9}(?:\.\d{1,9}){0,7})")


def release(text: str) -> tuple[int, ...]:
    """The numbers that a version begins with: (1, 2, 1) for 1.2.1rc0; empty if there are none."""
    found = _RELEASE.match(text.strip())
    return tuple(int(part) for part in _NUMBERS.findall(found[1])) if found else ()


def at_least(version: str, floor: str) -> bool:
    """Whether a version is `floor` or later; missing parts count as zero."""
    one, other = release(version), release(floor)
    length = max(len(one), len(other))
    return one + (0,) * (length - len(one)) >= other + (0,) * (length - len(other))


def minor(version: str) -> str:
    """major.minor of a version; only major if it has only that, empty if it has no numbers."""
    return ".".join(map(str, release(version)[:2]))

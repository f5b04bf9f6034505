"""Anchors on the page. They come from names, never from positions, so that links stay valid."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 60
_DIGITS = 8


def anchor(kind: str, name: str) -> str:
    """The anchor of a thing: its kind and its name. A name that is long or has unsuitable
    characters is shortened and gets eight digits of its SHA-256, so that anchors stay distinct."""
    plain = _UNFIT.sub("-", name)[:_LONGEST].strip("-")
    if plain and plain == name:
        return f"{kind}-{name}"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{kind}-{plain}-{digest}" if plain else f"{kind}-{digest}"


def anchors(kind: str, names: Iterable[str]) -> Mapping[str, str]:
    """The anchor of each name, in the order of the names."""
    return {name: anchor(kind, name) for name in names}


def numbered(kind: str, names: Iterable[str]) -> tuple[str, ...]:
    """An anchor for each name if names may repeat: the second one of a name ends in `-2`."""
    seen: dict[str, int] = {}
    told = []
    for name in names:
        one = anchor(kind, name)
        seen[one] = seen.get(one, 0) + 1
        told.append(one if seen[one] == 1 else f"{one}-{seen[one]}")
    return tuple(told)

"""JSON from strangers: bounded, and read without trusting the kind of anything in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

TEXT_LIMIT = 32 * 1024
"""Characters kept of one string; an environment variable may be long, nothing else is."""
LIST_LIMIT = 16384


class Unreadable(ValueError):
    """Bytes that are not what they should be; says why, in one line."""


def parse(raw: bytes, limit: int) -> dict[str, object]:
    """The JSON object in `raw`. Raises Unreadable for anything else, or above `limit` bytes."""
    if len(raw) > limit:
        raise Unreadable(f"it has {len(raw)} bytes; the limit is {limit}")
    try:
        value = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not JSON") from error
    if not isinstance(value, dict):
        raise Unreadable("it is not a JSON object")
    return value


def mapping(value: object) -> dict[str, object]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object, limit: int = LIST_LIMIT) -> list[object]:
    """The list, cut at `limit`; empty where it is none."""
    return value[:limit] if isinstance(value, list) else []


def text(value: object, limit: int = TEXT_LIMIT) -> str:
    """The string, cut at `limit`; empty where it is none."""
    return value[:limit] if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """The strings of a list; a lone string is a list of one."""
    if isinstance(value, str):
        return (text(value),)
    return tuple(text(one) for one in items(value) if isinstance(one, str))


def pairs(value: object) -> Iterator[tuple[str, str]]:
    """The (name, string) pairs of an object, at most LIST_LIMIT."""
    for name, one in list(mapping(value).items())[:LIST_LIMIT]:
        if isinstance(one, str):
            yield text(name), text(one)


def size(value: object) -> int:
    """A number of bytes; -1 where it is none."""
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
    return value if good and isinstance(value, int) else -1

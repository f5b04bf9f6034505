"""Read untrusted JSON: bounded, and without relying on the type of any value in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

TEXT_LIMIT = 32 * 1024
"""Characters kept of one string at most; only environment variables may be that long."""
LIST_LIMIT = 16384


class Unreadable(ValueError):
    """Content that is not what it should be; the message says why, in one line."""


def parse(raw: bytes, limit: int) -> dict[str, object]:
    """The JSON object in `raw`. Raises Unreadable for anything else, and above `limit` bytes."""
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
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object, limit: int = LIST_LIMIT) -> list[object]:
    """The value if it is a list, cut at `limit` items, else an empty list."""
    return value[:limit] if isinstance(value, list) else []


def text(value: object, limit: int = TEXT_LIMIT) -> str:
    """The value if it is a string, cut at `limit` characters, else an empty string."""
    return value[:limit] if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """The strings in a list; a single string counts as a list of one."""
    if isinstance(value, str):
        return (text(value),)
    return tuple(text(one) for one in items(value) if isinstance(one, str))


def pairs(value: object) -> Iterator[tuple[str, str]]:
    """The (name, string) pairs of an object, at most LIST_LIMIT."""
    for name, one in list(mapping(value).items())[:LIST_LIMIT]:
        if isinstance(one, str):
            yield text(name), text(one)


def size(value: object) -> int:
    """The value if it is a number of bytes, else -1."""
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62
    return value if good and isinstance(value, int) else -1

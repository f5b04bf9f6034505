"""The page in a format, found by its name: a module that offers `render(page, ...) -> str`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from harness.check.page import CheckPage
from harness.errors import UsageError


def names() -> tuple[str, ...]:
    """The formats there are."""
    return tuple(sorted(one.name for one in iter_modules(__path__)))


def render(name: str, page: CheckPage, **options: int | bool) -> str:
    """The page in the format `name`; options of the terminal: `width`, `color`.

    Raises UsageError where there is no such format.
    """
    if name not in names():
        raise UsageError(
            f"there is no format {name!r} for this", remedy=f"use one of: {', '.join(names())}"
        )
    text: str = import_module(f"{__name__}.{name}").render(page, **options)
    return text

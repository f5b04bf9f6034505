"""What the formats for people share: the words for a kind, and how many rows are shown."""

from __future__ import annotations

from harness.check.difference import DifferencePage, ImageDifference, SharedLayers

SHOWN = 40
"""At most so many differences of one kind are shown to people; the JSON format has all."""
_PLURALS = {
    "variable": "variables",
    "label": "labels",
    "package": "packages",
    "system package": "system packages",
    "library": "libraries",
    "program": "Pythons",
}
"""Kinds of which an image has several, with their plurals."""
LAYERS = "layers"
"""A kind that is shown in a paragraph of its own."""


def headline(page: DifferencePage) -> str:
    """The answer, followed by the kinds that differ."""
    kinds = [_counted(page, kind) for kind in page.kinds]
    return f"{page.answer}: {', '.join(kinds)}" if kinds else str(page.answer)


def plural(kind: str) -> str:
    """The plural of a kind."""
    return _PLURALS.get(kind, kind)


def single(page: DifferencePage) -> tuple[ImageDifference, ...]:
    """The differences of kinds that an image has only one of."""
    return tuple(one for one in page.differences if one.kind not in _PLURALS and one.kind != LAYERS)


def several(page: DifferencePage) -> tuple[str, ...]:
    """The kinds that differ and that an image has several of."""
    return tuple(kind for kind in page.kinds if kind in _PLURALS)


def _counted(page: DifferencePage, kind: str) -> str:
    count = len(page.of(kind))
    return f"{count} {plural(kind)}" if count > 1 else kind


def shared(found: SharedLayers) -> str:
    """How many layers the two images share."""
    return (
        f"the lowest {found.layers} of their {found.first} and {found.second} layers are the same"
        if found.layers
        else f"none of their {found.first} and {found.second} layers are the same"
    )


def cut(page: DifferencePage, kind: str) -> tuple[tuple[ImageDifference, ...], str]:
    """The rows of a kind that are shown, and a text about the others."""
    rows = page.of(kind)
    more = len(rows) - SHOWN
    return rows[:SHOWN], f"and {more} more; --format json lists all" if more > 0 else ""

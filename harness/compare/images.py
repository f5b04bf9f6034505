"""Finds which images the records of one cell come from; there should be only one."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import Cell, ImageIdentity


def distinct(cell: Cell, images: Iterable[ImageIdentity | None]) -> tuple[ImageIdentity, ...]:
    """Return the different images among these, in the order given.

    An image rebuilt from the same recipe with the same layers counts as the same one. For an
    existing image the id decides, because two images may share their layers and differ in their
    environment.
    """
    found: dict[object, ImageIdentity] = {}
    for image in images:
        if image is not None:
            built = bool(cell.is_built and image.layers and image.recipe)
            found.setdefault((image.recipe, image.layers) if built else image.id, image)
    return tuple(found.values())

"""Which images the records of one cell come from: there is to be one."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import Cell, ImageIdentity


def distinct(cell: Cell, images: Iterable[ImageIdentity | None]) -> tuple[ImageIdentity, ...]:
    """The different images among these, in the order given.

    An image that was built again from the same recipe, and came out with the same layers, is the
    same one. Of an existing image the id decides: two images may share their layers and differ in
    their environment.
    """
    found: dict[object, ImageIdentity] = {}
    for image in images:
        if image is not None:
            built = bool(cell.is_built and image.layers and image.recipe)
            found.setdefault((image.recipe, image.layers) if built else image.id, image)
    return tuple(found.values())

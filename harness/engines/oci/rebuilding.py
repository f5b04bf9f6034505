"""Builds a cell twice, even if its image exists, each time under a name of its own.

Both images are removed at the end. What a killed process left is removed when the next check begins
or by `harness clean --images`, since it is in the register like every built image.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from docker import APIClient

from harness.engines import Say
from harness.engines.oci.cells import cell_name
from harness.engines.oci.engine import ContainerEngine
from harness.engines.oci.held import HeldImage
from harness.engines.oci.images import inspect_image
from harness.engines.oci.named import named_images, remove_named
from harness.engines.oci.register import Register, register_of
from harness.errors import EngineError, FailedError, InfrastructureError
from harness.model import Outcome
from harness.outcomes import INFRASTRUCTURE
from harness.recipes.orders import Order

BUILDS = ("first", "second")
_OWN = "rebuild-check"
"""Used in place of a run's id, since there is no run."""


@contextmanager
def built_twice(
    engine: ContainerEngine, order: Order, cache: Path, say: Say
) -> Iterator[tuple[HeldImage, ...]]:
    """Build a cell twice; yield the two images on the engine, which are removed afterwards.

    `cache` is the cache of the engine's workshop. FailedError if a build fails, InfrastructureError
    if something around it does.
    """
    orders = [
        replace(order, cell=replace(order.cell, id=f"{order.cell.id}-rebuilt-{which}"))
        for which in BUILDS
    ]
    names = {cell_name(one.cell.id, one.recipe) for one in orders if one.recipe is not None}
    register = register_of(engine.client, cache)
    if engine.stock is not None:
        engine.stock.hold(orders)
    _remove(engine.client, register, names)
    try:
        yield tuple(_built(engine, one, say) for one in orders)
    finally:
        engine.release(_OWN)
        _remove(engine.client, register, names)
        if engine.stock is not None:
            engine.stock.free(orders)


def _built(engine: ContainerEngine, order: Order, say: Say) -> HeldImage:
    obtained = engine.obtain(order, say)
    if obtained.outcome in INFRASTRUCTURE:
        raise InfrastructureError(f"{order.cell.id} could not be built: {obtained.reason}")
    if obtained.outcome is not Outcome.OK or obtained.image is None:
        raise FailedError(
            f"{order.cell.id} does not build ({obtained.outcome}): {obtained.reason}",
            remedy=f"the whole log is {obtained.log}" if obtained.log else "",
        )
    if obtained.image.origin != "built":
        raise FailedError(
            f"{order.cell.id} was not built: its image was {obtained.image.origin}",
            remedy="end the other `harness rebuild-check` of this cell, then ask again",
        )
    found = inspect_image(engine.client, obtained.image.id)
    if found is None:
        raise EngineError(f"the image of {order.cell.id} was built, and is gone")
    return HeldImage(row=engine.capabilities, inspected=found, history=())


def _remove(client: APIClient, register: Register, names: set[str]) -> None:
    for image in named_images(client, register):
        if image.built.name in names:
            remove_named(client, register, image)

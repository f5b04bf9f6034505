"""Keeps our images on a container engine within the disk budget."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from docker import APIClient

from harness.engines import Say, Workshop
from harness.engines.budget import (
    BASE_BYTES,
    Kept,
    Need,
    Survey,
    amount,
    kept_free,
    need_of,
    need_of_dockerfile,
    next_to_go,
    occupied,
    together,
)
from harness.engines.oci.bases import base_name
from harness.engines.oci.cells import cell_name
from harness.engines.oci.connection import engine_errors
from harness.engines.oci.dockerfile.obtaining import image_name
from harness.engines.oci.named import NamedImage, named_images, remove_named
from harness.engines.oci.register import Register, register_of
from harness.engines.oci.uses import Uses
from harness.engines.oci.whereabouts import is_local
from harness.errors import InfrastructureError
from harness.model import Base, Cell, DockerfileRecipe, Recipe
from harness.recipes import recipe
from harness.recipes.orders import Order
from harness.recipes.parts import parts_of


class ImageStock:
    """Holds images that are needed, surveys the disk space, and removes images not needed.

    `before` is called before any image is removed, to remove ended containers that may use it.
    """

    def __init__(
        self, client: APIClient, workshop: Workshop, *, before: Callable[[], object] = lambda: None
    ) -> None:
        self._client = client
        self._workshop = workshop
        self._before = before
        self._uses = Uses(workshop.cache, workshop.owner)
        self._needed: dict[str, tuple[str, ...]] = {}
        """By cell: the images that it needs until it is freed."""
        self._builds = False
        """Whether something is built, which may take the name of an existing image."""

    @property
    def _register(self) -> Register:
        return register_of(self._client, self._workshop.cache)

    def close(self) -> None:
        """Stop holding images."""
        self._needed.clear()
        self._uses.close()

    def hold(self, orders: Sequence[Order]) -> None:
        """Protect the images of these cells, and those that they are made from, from removal until
        the last cell that needs them is freed or this is closed."""
        self._needed |= {order.cell.id: _names(order) for order in orders}
        self._uses.hold(name for names in self._needed.values() for name in names)

    def survey(self, orders: Sequence[Order]) -> Survey | None:
        """Hold the images of these cells; return what they need and what there is room for.

        None if there is no limit: the user set no budget, and either nothing is to be built or the
        engine's disk cannot be seen from here. Raises EngineError.
        """
        built = [order for order in orders if _name(order)]
        named, free = self._workshop.disk_budget, None
        if named is None and not built:
            return None
        self.hold(orders)
        found = self._found()
        needs = self._needs(built, found)
        self._builds = not all(need.there for need in needs.values())
        if named is not None or self._builds:
            free = self._free()
        if named is None and free is None:
            return None
        with self._uses.turn():
            kept = self._kept(found, self._uses.elsewhere())
        bases = [one for one in kept if found[one.name].kind != "cell"]
        taken, lasting = occupied(kept), occupied(bases)
        missing = {base_name(base) for order in built for base in _bases(order)} - set(found)
        return Survey(
            limit=taken + (free or 0) if named is None else named,
            named=named is not None,
            taken=taken,
            lasting=lasting,
            bases=BASE_BYTES * len(missing),
            elsewhere=occupied(one for one in kept if one.held) - lasting,
            free=free,
            needs=tuple(needs.get(order.cell.id, Need(cell=order.cell.id)) for order in orders),
        )

    def room(self) -> int | None:
        """Return the most bytes that images of cells can have, including those that can be removed.

        None if no budget is named and the engine's disk cannot be seen from here. Raises
        EngineError.
        """
        named, free = self._workshop.disk_budget, None
        if named is None and (free := self._free()) is None:
            return None
        found = self._found()
        with self._uses.turn():
            kept = self._kept(found, self._uses.elsewhere())
        limit = occupied(kept) + (free or 0) if named is None else named
        return max(0, limit - occupied(one for one in kept if found[one.name].kind != "cell"))

    def free(self, orders: Sequence[Order]) -> None:
        """Allow the images of these cells to be removed: their records are stored.

        Images that lost their name to one of them are removed now; if the engine refuses, by the
        next run that builds.
        """
        for order in orders:
            self._needed.pop(order.cell.id, None)
        still = {name for names in self._needed.values() for name in names}
        self._uses.let_go({name for order in orders for name in _names(order)} - still)
        if self._builds:
            with suppress(InfrastructureError, OSError):
                self._remove_replaced()

    def make_room(self, wanted: int, say: Say) -> None:
        """Remove images that nobody holds, the least recently used first, until `wanted` bytes fit.

        Reports what was removed, and how much is still lacking. Raises EngineError.
        """
        self._remove_replaced()
        with self._uses.turn():
            found = self._found()
            images = list(self._kept(found, self._uses.all()))
            taken, free = occupied(images), self._free()
            limits = (self._workshop.disk_budget, None if free is None else taken + free)
            limit = min((each for each in limits if each is not None), default=taken + wanted)
            while (going := next_to_go(images, limit, wanted)) is not None:
                before = occupied(images)
                images.remove(going)
                why = remove_named(self._client, self._register, found[going.name])
                if why:
                    say(f"kept image {going.name}, {why}")
                    images.append(replace(going, held=True))
                    continue
                self._uses.forget(going.name)
                gone = amount(before - occupied(images))
                say(f"removed image {going.name} ({gone}) to make room")
        lacking = occupied(images) + wanted - limit
        if lacking > 0 and wanted:
            say(f"about {amount(lacking)} are lacking: images in use take the room")

    def _remove_replaced(self) -> None:
        """Remove images that were replaced by a later build, unless other runs are at work or they
        belong to the baseline."""
        self._before()
        with self._uses.turn():
            if not self._uses.elsewhere():
                for image in named_images(self._client, self._register):
                    if image.replaced and image.id not in self._workshop.baseline_images:
                        remove_named(self._client, self._register, image)

    def _found(self) -> dict[str, NamedImage]:
        return {one.asked_for: one for one in named_images(self._client, self._register)}

    def _needs(self, orders: Sequence[Order], found: Mapping[str, NamedImage]) -> dict[str, Need]:
        """What each cell needs. An image that several are made from counts for the first of them,
        which builds it."""
        needs: dict[str, Need] = {}
        counted = set(found)
        for order in orders:
            needs[order.cell.id] = self._need(order, found, counted)
            counted.update(_names(order))
        return needs

    def _need(
        self, order: Order, found: Mapping[str, NamedImage], counted: Collection[str]
    ) -> Need:
        cell, wanted = order.cell.id, order.recipe
        image = found.get(_name(order))
        if wanted is None:
            assert order.dockerfile is not None, "it is built"
            if image is None or self._workshop.fresh or self._workshop.refresh_bases:
                own = need_of_dockerfile(cell, order.dockerfile.context_bytes)
                parts = [of for name, of in _parts(order) if name not in counted]
                return together(cell, own, *(_need_of(cell, of) for of in parts))
            return Need(cell=cell, kept=image.size_bytes, there=True)
        base = found.get(base_name(wanted.base))
        if (
            image is None
            or base is None
            or self._workshop.refresh_bases
            or (image.built.recipe, image.built.base) != (recipe.digest(wanted), base.id)
        ):
            return need_of(cell, wanted.lock)
        return Need(cell=cell, kept=max(0, image.size_bytes - base.size_bytes), there=True)

    def _kept(self, found: Mapping[str, NamedImage], held: frozenset[str]) -> tuple[Kept, ...]:
        # An image that another one of ours is made from cannot be removed before that one.
        below = {part for image in found.values() for part in image.built.images}
        return tuple(
            Kept(
                name=name,
                size=image.size_bytes,
                layers=image.built.layers or (image.id,),
                last_used=self._uses.last(name) or image.created,
                held=image.kind != "cell"
                or name in held
                or image.id in below
                or (bool(held) and image.replaced),
                of_baseline=image.id in self._workshop.baseline_images,
            )
            for name, image in found.items()
        )

    def _free(self) -> int | None:
        """Return the bytes of the engine's disk that may still be used; None if unknown."""
        with engine_errors("saying where its images lie"):
            info = self._client.info()
        if not is_local(self._client, info):
            return None
        root = Path(str(info.get("DockerRootDir") or "nowhere"))
        try:
            disk = shutil.disk_usage(root)
        except OSError:
            return None
        return disk.free - kept_free(disk.total)


def _names(order: Order) -> tuple[str, ...]:
    """Return the names of a cell's image and of all images that it is made from."""
    own = (name for name in (_name(order),) if name)
    return tuple(dict.fromkeys((*own, *(name for name, _ in _parts(order)))))


def _parts(order: Order) -> tuple[tuple[str, Recipe | DockerfileRecipe], ...]:
    """Return image name and recipe of each cell from which a Dockerfile takes something, however
    indirectly."""
    taken = parts_of(order.dockerfile) if order.dockerfile is not None else ()
    return tuple((_name_of(cell, of), of) for cell, of in taken)


def _name(order: Order) -> str:
    """Return the name of the image that is built for a cell; empty for a cell that is not built."""
    wanted = order.dockerfile or order.recipe
    return _name_of(order.cell, wanted) if wanted is not None else ""


def _name_of(cell: Cell, wanted: Recipe | DockerfileRecipe) -> str:
    if isinstance(wanted, DockerfileRecipe):
        return image_name(cell.id, wanted)
    return cell_name(cell.id, wanted)


def _need_of(cell: str, wanted: Recipe | DockerfileRecipe) -> Need:
    if isinstance(wanted, DockerfileRecipe):
        return need_of_dockerfile(cell, wanted.context_bytes)
    return need_of(cell, wanted.lock)


def _bases(order: Order) -> tuple[Base, ...]:
    """Return the bases that a cell's image needs."""
    own = order.dockerfile or order.recipe
    wanted = (*((own,) if own is not None else ()), *(of for _, of in _parts(order)))
    return tuple(base for one in wanted for base in _bases_of(one))


def _bases_of(wanted: Recipe | DockerfileRecipe) -> tuple[Base, ...]:
    if isinstance(wanted, DockerfileRecipe):
        return tuple(base for _, base in wanted.bases)
    return (wanted.base,)

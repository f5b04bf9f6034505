"""Obtains a cell's image: builds it from its recipe, or finds or pulls an existing one."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from docker import APIClient

from harness import __version__
from harness.distributions.cache import DistributionCache
from harness.distributions.fetch import fetch_missing
from harness.distributions.index import PackageIndex
from harness.engines import Obtained, Say, Workshop
from harness.engines.guestwork import install_list
from harness.engines.oci import LABEL
from harness.engines.oci.bases import BaseUnavailable, ReadyBase, obtain_base
from harness.engines.oci.builder import Builder, Later, builder_for
from harness.engines.oci.building import BuildFailed, ImageBuild, build
from harness.engines.oci.connection import DiskFull, disk_full
from harness.engines.oci.dockerfile.obtaining import obtain_of_dockerfile
from harness.engines.oci.images import identity, inspect_image, pull
from harness.engines.oci.register import described
from harness.engines.oci.roots import say_whose, turn
from harness.engines.oci.shared import SharedImage, offered, taken
from harness.engines.oci.specification import BUILD_DIR
from harness.engines.rootfs import SOURCE_DATE_EPOCH
from harness.errors import InfrastructureError, WrongLockError
from harness.model import Cell, DockerfileRecipe, ImageIdentity, Outcome, Recipe
from harness.recipes import recipe
from harness.recipes.orders import Order


def obtain(
    client: APIClient, order: Order, workshop: Workshop, say: Say, later: Later | None = None
) -> Obtained:
    """Obtain the image of a cell. Raises EngineError if the engine is gone; any other failure is
    part of the result.

    With `later`, what a build leaves is removed in the background.
    """
    if order.cell.host:
        return Obtained(
            outcome=Outcome.HOST_INCOMPATIBLE,
            reason="it is an interpreter of the host: `--engine host` runs it",
        )
    try:
        if order.dockerfile is not None:
            builder = builder_for(client, workshop, order.cell.id, say, later)
            return _of_recipe(builder, order.cell, order.dockerfile)
        if order.recipe is None:
            return _existing(client, order, workshop, say)
        builder = builder_for(client, workshop, order.cell.id, say, later)
        return _of_recipe(builder, order.cell, order.recipe)
    except DiskFull as error:
        return Obtained(outcome=Outcome.DISK_FULL, reason=error.message)


def _existing(client: APIClient, order: Order, workshop: Workshop, say: Say) -> Obtained:
    name = order.cell.image
    found, origin = inspect_image(client, name), "found on the engine"
    if found is None:
        if workshop.offline:
            return Obtained(
                outcome=Outcome.PULL_FAILED, reason=f"offline, and {name} is not on the engine"
            )
        say(f"pulling {name}")
        reason = pull(client, name)
        if reason:
            return Obtained(
                outcome=Outcome.DISK_FULL if disk_full(reason) else Outcome.PULL_FAILED,
                reason=f"{name}: {reason}",
            )
        found, origin = inspect_image(client, name), "pulled"
    if found is None:
        return Obtained(outcome=Outcome.PULL_FAILED, reason=f"{name} was pulled, but is not there")
    return Obtained(image=identity(found, origin=origin), interpreter=order.cell.interpreter)


def _of_recipe(builder: Builder, cell: Cell, wanted: Recipe | DockerfileRecipe) -> Obtained:
    """Obtain the image of a cell that is built, and first those of the cells that it takes."""
    if isinstance(wanted, DockerfileRecipe):
        return obtain_of_dockerfile(builder, cell, wanted, _of_recipe)
    return _built(builder, cell, wanted)


def _built(builder: Builder, cell: Cell, wanted: Recipe) -> Obtained:
    log = str(builder.log)
    name, digest = cell_name(cell.id, wanted), recipe.digest(wanted)
    shared = _shared(builder.workshop, name, digest)
    if shared is not None and not builder.workshop.refresh_bases:
        with turn(name, builder.workshop):
            if (had := taken(builder, shared)) is not None:
                image, interpreter = had
                return Obtained(image=image, interpreter=cell.interpreter or interpreter, log=log)
    cache = DistributionCache(builder.workshop.cache / "distributions")
    with ThreadPoolExecutor(1) as beside:
        fetching: Future[None] | None = None
        if not any(one.recipe == digest for one in builder.register.named(name)):
            # Fetch in parallel: making a base needs processors, fetching needs the network.
            fetching = beside.submit(_fetch, builder, wanted, cache)
        try:
            base = obtain_base(builder, wanted.base)
        except BaseUnavailable as error:
            return Obtained(outcome=error.outcome, reason=error.message, log=log)
    interpreter = cell.interpreter or base.interpreter
    # If an image were made twice at the same time, one of the two would stay without a name.
    with turn(name, builder.workshop):
        if (kept := same_image(builder, name, digest, base)) is not None:
            return Obtained(image=kept, interpreter=interpreter, log=log)
        try:
            fetching.result() if fetching else _fetch(builder, wanted, cache)
        except InfrastructureError as error:
            return Obtained(outcome=Outcome.PULL_FAILED, reason=error.message, log=log)
        except WrongLockError as error:
            return Obtained(outcome=Outcome.BUILD_FAILED, reason=_of_lock(error), log=log)
        try:
            made = _made(builder, cell, wanted, base, cache)
        except BuildFailed as failure:
            return Obtained(outcome=failure.outcome, reason=str(failure), log=log)
        if shared is not None and not builder.workshop.offline:
            offered(builder, shared, made)
    image = identity(made, origin="built", built=described(name, made, base.image))
    return Obtained(image=image, interpreter=interpreter, log=log)


def _shared(workshop: Workshop, name: str, digest: str) -> SharedImage | None:
    """Return the image as the shared registry may have it; None if no registry is set."""
    if not workshop.registry:
        return None
    return SharedImage(registry=workshop.registry, name=name, recipe=digest)


def _of_lock(error: WrongLockError) -> str:
    """Return why a cell is not built, with the remedy, which is in no build log."""
    return f"{error.message} ({error.remedy})"


def _fetch(builder: Builder, wanted: Recipe, cache: DistributionCache) -> None:
    """Fetch what is to be installed into the cache. Raises InfrastructureError, WrongLockError."""
    index = None if builder.workshop.offline else PackageIndex()
    fetch_missing((*wanted.lock.tools, *wanted.lock.distributions), cache, index, builder.say)


def _made(
    builder: Builder, cell: Cell, wanted: Recipe, base: ReadyBase, cache: DistributionCache
) -> dict[str, Any]:
    """Build the image. Raises BuildFailed, DiskFull, EngineError."""
    builder.say(f"building {cell.id}")
    labels = {
        f"{LABEL}.kind": "cell",
        f"{LABEL}.cell": cell.id,
        f"{LABEL}.recipe": recipe.digest(wanted),
        f"{LABEL}.base-image": base.image,
        f"{LABEL}.base-origin": base.provenance,
        f"{LABEL}.interpreter": cell.interpreter or base.interpreter,
        "org.opencontainers.image.title": cell.id,
        "org.opencontainers.image.version": ", ".join(v for _, v in cell.framework),
        "org.opencontainers.image.vendor": f"harness {__version__}",
        "org.opencontainers.image.base.digest": base.image,
        "org.opencontainers.image.base.name": wanted.base.id,
    }
    python, built = (base.interpreter, "-B"), f"{BUILD_DIR}/built"
    sources = not all(artifact.is_wheel for artifact in wanted.lock.distributions)
    preparing = (*python, f"{BUILD_DIR}/install.py", "--from", BUILD_DIR, "--wheels", built)
    installing = (*python, f"{BUILD_DIR}/in_place.py", "--from", BUILD_DIR, "--built", built)
    return build(
        builder,
        ImageBuild(
            name=cell_name(cell.id, wanted),
            base=base.image,
            before=preparing if sources else (),
            command=(*installing, "--epoch", SOURCE_DATE_EPOCH),
            labels=labels,
            environment=wanted.environment,
            files=build_content(wanted, cache),
        ),
    )


def cell_name(cell: str, wanted: Recipe) -> str:
    """Return the name of a built cell's image, which has the digest of its recipe."""
    return f"{LABEL}-cell/{cell.lower()}:{recipe.digest(wanted)[:16]}"


def same_image(builder: Builder, name: str, digest: str, base: ReadyBase) -> ImageIdentity | None:
    """Return the image that was built here from the same recipe digest and base, even if another
    image has its name now; None if there is none."""
    for built in builder.register.named(name):
        if (built.recipe, built.base) == (digest, base.image):
            found = inspect_image(builder.client, built.id)
            if found is not None:
                return identity(found, origin="reused", built=built)
    say_whose(builder, name)
    return None


def build_content(wanted: Recipe, cache: DistributionCache) -> dict[str, Path | bytes]:
    """Return the files of a build: our programs, the lock and the distributions."""
    content: dict[str, Path | bytes] = {name: text.encode() for name, text in wanted.files}
    content["lock.json"] = install_list(wanted.lock)
    for artifact in (*wanted.lock.tools, *wanted.lock.distributions):
        content[artifact.filename] = cache.path(artifact.sha256)
    return content

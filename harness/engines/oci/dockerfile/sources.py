"""Resolves the images from which a Dockerfile takes something: each by its id on the engine, with
the environment that it sets and its ONBUILD instructions.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any

from harness.dockerfiles.addresses import Leads as Leading
from harness.dockerfiles.addresses import host_of_address, leads, public
from harness.dockerfiles.parsing import Dockerfile, triggers
from harness.dockerfiles.rules import Allowed, breaches, trigger_breaches
from harness.dockerfiles.stages import Layout, StageStep, image_uses, layout
from harness.dockerfiles.variables import Scope, UnknownValue
from harness.engines import Obtained
from harness.engines.oci.bases import BaseUnavailable, obtain_base
from harness.engines.oci.builder import Builder
from harness.engines.oci.connection import disk_full
from harness.engines.oci.datasets import obtain_data_image
from harness.engines.oci.dockerfile.triggers import triggers_of
from harness.engines.oci.images import inspect_image, other_architecture, pull
from harness.engines.oci.register import BuiltImage
from harness.errors import DockerfileError, InfrastructureError, Problem, UsageError
from harness.model import Cell, DockerfileRecipe, Outcome, Recipe

CellBuilt = Callable[[Builder, Cell, Recipe | DockerfileRecipe], Obtained]
"""Obtains the image of a cell that is built."""


class SourceUnavailable(Exception):
    """An image that a Dockerfile names is not available; `outcome` tells where the cause lies, and
    `log` is the log of the build that failed, if it is that of another cell."""

    def __init__(self, reason: str, outcome: Outcome, log: str = "") -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.log = log


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceImage:
    """An image on the engine from which a Dockerfile takes something."""

    name: str
    """Its name in the Dockerfile."""
    id: str
    told: str
    """What it is, in words."""
    environment: Mapping[str, str]
    onbuild: tuple[str, ...]
    fetched: float = 0.0
    """As the register has it: when the oldest build with the network ended that it comes from."""


def source_images(
    builder: Builder, recipe: DockerfileRecipe, found: Layout, cell_built: CellBuilt
) -> tuple[SourceImage, ...]:
    """Return every image from which the Dockerfile takes something; make or pull missing ones.

    Raises SourceUnavailable, DiskFull and EngineError.
    """
    bases, data = dict(recipe.bases), dict(recipe.data)
    cells = {image: (cell, of) for image, cell, of in recipe.cells}
    names = dict.fromkeys(use.image for use in image_uses(found, recipe.target))
    made = []
    for name in names:
        fetched = 0.0
        if name in bases:
            try:
                ready = obtain_base(builder, bases[name])
            except BaseUnavailable as error:
                raise SourceUnavailable(error.message, error.outcome) from error
            there = inspect_image(builder.client, ready.image)
            told = f"base {bases[name].id}, {ready.provenance}"
        elif name in cells:
            there, fetched = _of_cell(builder, name, *cells[name], cell_built)
            when = f", {of_network(fetched)}" if fetched else ""
            told = f"cell {cells[name][0].id}{when}"
        elif name in data:
            there, told = _of_data(builder, name, data[name])
        else:
            there, told = _by_name(builder, name)
        if there is None:
            raise SourceUnavailable(f"{name} was there, and is gone", Outcome.INTERFERED)
        if other := other_architecture(builder.client, str(there["Id"])):
            raise SourceUnavailable(f"{name}: {other}", Outcome.HOST_INCOMPATIBLE)
        one = _described(name, told, there, triggers_of(builder.client, there))
        made.append(replace(one, fetched=fetched))
    return tuple(made)


def _of_cell(
    builder: Builder,
    name: str,
    cell: Cell,
    recipe: Recipe | DockerfileRecipe,
    cell_built: CellBuilt,
) -> tuple[dict[str, Any] | None, float]:
    """Return a cell's image as the engine describes it, and when anything in it was fetched."""
    if isinstance(recipe, DockerfileRecipe):
        # What its steps print belongs into its own log, whichever cell needs it first.
        builder = replace(builder, log=builder.log.with_name(f"{cell.id}.log"))
    obtained = cell_built(builder, cell, recipe)
    if obtained.image is None:
        why = f"{name}: the image of cell {cell.id} is not available: {obtained.reason}"
        raise SourceUnavailable(why, obtained.outcome, obtained.log)
    found = inspect_image(builder.client, obtained.image.id)
    if isinstance(recipe, Recipe):
        return found, 0.0
    entries = (one for one in builder.register.all() if one.id == obtained.image.id)
    return found, max((fetched_at(one, network=recipe.network) for one in entries), default=0.0)


def fetched_at(built: BuiltImage, *, network: bool) -> float:
    """Return when anything in an image was fetched; `network` is whether its own build may fetch.

    Entries of earlier versions say only when the image was made.
    """
    return built.fetched or (built.made if network else 0.0)


def of_network(fetched: float) -> str:
    """Return the words for an image that comes from a build with the network."""
    day = time.strftime("%Y-%m-%d", time.gmtime(fetched))
    return f"built with the network on {day}: not hermetic"


def _of_data(builder: Builder, name: str, dataset: str) -> tuple[dict[str, Any] | None, str]:
    try:
        image = obtain_data_image(builder, dataset)
    except (UsageError, InfrastructureError) as error:
        raise SourceUnavailable(f"{name}: {error.message}", Outcome.PULL_FAILED) from error
    return image.there, image.told


def _by_name(builder: Builder, name: str) -> tuple[dict[str, Any] | None, str]:
    there = inspect_image(builder.client, name)
    if there is not None:
        return there, "found on the engine"
    if builder.workshop.offline:
        raise SourceUnavailable(f"offline, and {name} is not on the engine", Outcome.PULL_FAILED)
    builder.say(f"pulling {name}")
    if reason := pull(builder.client, name):
        outcome = Outcome.DISK_FULL if disk_full(reason) else Outcome.PULL_FAILED
        raise SourceUnavailable(f"{name}: {reason}", outcome)
    there = inspect_image(builder.client, name)
    digests = (there or {}).get("RepoDigests") or ()
    return there, f"pulled{f', {digests[0]}' if digests else ''}"


def _described(
    name: str, told: str, there: Mapping[str, Any], onbuild: tuple[str, ...]
) -> SourceImage:
    settings = there.get("Config") or {}
    pairs = (str(one).partition("=") for one in settings.get("Env") or ())
    return SourceImage(
        name=name,
        id=str(there["Id"]),
        told=told,
        environment={name: value for name, _, value in pairs},
        onbuild=onbuild,
    )


def judged_again(
    dockerfile: Dockerfile,
    recipe: DockerfileRecipe,
    sources: Iterable[SourceImage],
    allowed: Allowed,
) -> Layout:
    """Return the Dockerfile's layout, now that it is known what its images set.

    DockerfileError if it turns out to ask for something that is not allowed, or if the images' own
    ONBUILD instructions do.
    """
    images = tuple(sources)
    environments = {one.name: _set_by(one) for one in images}
    found = layout(dockerfile, dict(recipe.args), environments)
    problems = list(breaches(dockerfile, found, allowed))
    triggered = {one.name: one for one in images if one.onbuild}
    for stage in found.built(recipe.target):
        image = triggered.get(stage.image)
        if image is not None:
            behind = StageStep(instruction=stage.begins, scope=stage.scope)
            asked = triggers(image.onbuild, image.name)
            problems += trigger_breaches(asked, behind, allowed)
    if allowed.network:
        problems += _resolved_inside(dockerfile, found)
    if problems:
        raise DockerfileError(problems)
    return found


def _set_by(image: SourceImage) -> Mapping[str, str | None]:
    """Return the environment that an image sets for builds on it, including what its ONBUILD
    instructions set."""
    scope = Scope(environment=dict(image.environment))
    for one in triggers(image.onbuild, image.name).instructions if image.onbuild else ():
        scope = scope.after(one, {}, {})
    return scope.environment


def _resolved_inside(dockerfile: Dockerfile, found: Layout) -> list[Problem]:
    """Return a problem for each remote ADD whose server's name has an address that is not
    public."""
    problems = []
    for stage in found.stages:
        for step in stage.steps:
            for host in _hosts(step):
                if inside := _inside_address(host):
                    problems.append(
                        dockerfile.problem(
                            f"ADD would bring what answers at {Leading.INSIDE} into the image: "
                            f"{host} is {inside} here",
                            step.instruction,
                            remedy="put the file into the context, and COPY it",
                        )
                    )
    return problems


def _hosts(step: StageStep) -> list[str]:
    if step.instruction.name != "ADD":
        return []
    hosts = []
    for word in step.instruction.arguments[:-1]:
        try:
            source = step.scope.expand(word)
        except UnknownValue:
            source = word
        host = host_of_address(source) if leads(source) is Leading.OUT else None
        hosts += [host] if host else []
    return hosts


def _inside_address(host: str) -> str:
    """Return an address of a name, as this host resolves it, that is not public; empty if there is
    none, or if the name is unknown."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ""
    numbers = (str(address[0]).partition("%")[0] for *_, address in found)
    return next((one for one in numbers if not public(ip_address(one))), "")

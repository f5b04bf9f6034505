"""Obtains the image of a cell that is built from a Dockerfile: finds it again, or builds it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import IO

from docker import APIClient

from harness import __version__
from harness.dockerfiles.context import find_context, kept_ignore, write_beside, write_tar
from harness.dockerfiles.needs import builder_needs
from harness.dockerfiles.parsing import Dockerfile, parse_dockerfile
from harness.dockerfiles.rendering import Resolved, render
from harness.dockerfiles.stages import SCRATCH, Layout, layout
from harness.engines import Obtained
from harness.engines.oci import LABEL
from harness.engines.oci.builder import Builder
from harness.engines.oci.connection import engine_errors, row_of
from harness.engines.oci.dockerfile.asked import BuildAsked, StepFailed
from harness.engines.oci.dockerfile.choice import BuilderKind, Choice, choose
from harness.engines.oci.dockerfile.leavings import STAGE, BuildUnderWay, under_way
from harness.engines.oci.dockerfile.log import BuildLog, failure
from harness.engines.oci.dockerfile.over_api import build_over_api
from harness.engines.oci.dockerfile.over_client import build_over_client, why_no_buildkit
from harness.engines.oci.dockerfile.sources import (
    CellBuilt,
    SourceImage,
    SourceUnavailable,
    fetched_at,
    judged_again,
    of_network,
    source_images,
)
from harness.engines.oci.dockerfile.unreached import unreached
from harness.engines.oci.images import identity, inspect_image
from harness.engines.oci.register import BuiltImage, described
from harness.engines.oci.roots import say_whose, turn
from harness.errors import DockerfileError, UsageError
from harness.model import Cell, DockerfileRecipe, ImageIdentity, Outcome
from harness.recipes import recipe
from harness.recipes.of_dockerfile import allowed, secret_path

_DAY_S = 86400
_PLATFORMS = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_BUILDS: Mapping[BuilderKind, Callable[[APIClient, BuildAsked, Event], None]] = {
    BuilderKind.CLASSIC: build_over_api,
    BuilderKind.PODMAN: build_over_api,
    BuilderKind.BUILDKIT: build_over_client,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _ReadyBuild:
    """Everything that a build needs, with its images resolved."""

    dockerfile: Dockerfile
    layout: Layout
    sources: tuple[SourceImage, ...]
    choice: Choice
    name: str
    digest: str
    target: str

    @property
    def base(self) -> str:
        """The id of the image on which the last stage is built; empty for scratch."""
        stage = self.layout.built(self.target)[-1]
        while stage.parent is not None:
            stage = self.layout.stages[stage.parent]
        ids = {one.name: one.id for one in self.sources}
        return ids.get(stage.image, "")

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all images from which it takes something, in order."""
        return tuple(one.id for one in self.sources)


def image_name(cell: str, wanted: DockerfileRecipe) -> str:
    """Return the name of a cell's image, which has the digest of its recipe."""
    return f"{LABEL}-cell/{cell.lower()}:{recipe.digest(wanted)[:16]}"


def obtain_of_dockerfile(
    builder: Builder, cell: Cell, wanted: DockerfileRecipe, cell_built: CellBuilt
) -> Obtained:
    """Obtain the image of a cell; `cell_built` obtains the images of cells from which it is made.

    Nobody waits for a turn while having one, except that of the stages: the images from which this
    one is made are obtained before its own turn begins. Raises DiskFull and EngineError; any other
    failure is part of the result.
    """
    log = str(builder.log)
    name = image_name(cell.id, wanted)
    try:
        ready = _ready(builder, wanted, name, cell_built)
        with turn(name, builder.workshop):
            # Anew only once: every cell that takes it would get another one.
            anew = builder.workshop.fresh and name not in builder.workshop.made_anew
            image = None if anew else _kept(builder, ready, wanted)
            if image is None:
                image = _built(builder, cell, wanted, ready)
                builder.workshop.made_anew.add(name)
    except SourceUnavailable as error:
        return Obtained(outcome=error.outcome, reason=str(error), log=error.log or log)
    except DockerfileError as error:
        return Obtained(outcome=Outcome.BUILD_FAILED, reason=str(error), log=log)
    except StepFailed as error:
        return Obtained(outcome=Outcome.BUILD_FAILED, reason=str(error), log=log)
    except UsageError as error:
        return Obtained(outcome=Outcome.INTERFERED, reason=str(error), log=log)
    return Obtained(image=image, interpreter=cell.interpreter, log=log)


def _ready(
    builder: Builder, wanted: DockerfileRecipe, name: str, cell_built: CellBuilt
) -> _ReadyBuild:
    """Resolve the images, and check the Dockerfile again with what they set.

    Raises SourceUnavailable, DockerfileError, DiskFull and EngineError.
    """
    dockerfile = parse_dockerfile(wanted.text.encode(), wanted.shown)
    found = layout(dockerfile, dict(wanted.args))
    with engine_errors("saying what it is"):
        info = builder.client.info()
    _platform_fits(wanted, found, info)
    needs = builder_needs(dockerfile, found, wanted.target)
    choice = choose(row_of(builder.client), info, needs, why_no_buildkit)
    if choice.kind is None:
        told = f"{wanted.shown}: {choice.why_not}"
        raise SourceUnavailable(told, Outcome.HOST_INCOMPATIBLE)
    sources = source_images(builder, wanted, found, cell_built)
    return _ReadyBuild(
        dockerfile=dockerfile,
        layout=judged_again(dockerfile, wanted, sources, allowed(wanted)),
        sources=sources,
        choice=choice,
        name=name,
        digest=recipe.digest(wanted),
        target=wanted.target,
    )


def _platform_fits(wanted: DockerfileRecipe, found: Layout, info: Mapping[str, object]) -> None:
    machine = str(info.get("Architecture") or "")
    here = f"{info.get('OSType') or 'linux'!s}/{_PLATFORMS.get(machine, machine)}"
    asked = [wanted.platform, *(one.platform for one in found.built(wanted.target))]
    for platform in filter(None, asked):
        if "/".join(platform.split("/")[:2]) != here:
            raise SourceUnavailable(
                f"it is asked for {platform}, and this engine is {here}", Outcome.HOST_INCOMPATIBLE
            )


def _kept(builder: Builder, ready: _ReadyBuild, wanted: DockerfileRecipe) -> ImageIdentity | None:
    """Return the image that was built here from the same recipe on the same images, if any."""
    for built in builder.register.named(ready.name):
        if (built.recipe, built.base, built.images) != (ready.digest, ready.base, ready.ids):
            continue
        there = inspect_image(builder.client, built.id)
        if there is not None:
            return identity(there, origin=_reused(built, wanted), built=built)
    say_whose(builder, ready.name)
    return None


def _reused(built: BuiltImage, wanted: DockerfileRecipe) -> str:
    if not (fetched := fetched_at(built, network=wanted.network)):
        return "reused"
    day = time.strftime("%Y-%m-%d", time.gmtime(fetched))
    age = max(0, int((time.time() - fetched) // _DAY_S))
    days = "less than a day" if age == 0 else f"{age} day{'' if age == 1 else 's'}"
    of = "" if wanted.network else "of what was "
    return f"reused, {of}built with the network on {day}, {days} ago: not hermetic"


def oldest_fetch(own: float, sources: Iterable[SourceImage]) -> float:
    """Return when the oldest build with the network ended of which an image is made, its own at
    `own`; 0 for none."""
    return min((one for one in (own, *(each.fetched for each in sources)) if one), default=0.0)


def _built(
    builder: Builder, cell: Cell, wanted: DockerfileRecipe, ready: _ReadyBuild
) -> ImageIdentity:
    """Build the image.

    Raises StepFailed; SourceUnavailable if what it fetches cannot be reached from here;
    DockerfileError, UsageError, DiskFull and EngineError.
    """
    own = sha256(str(builder.workshop.cache).encode()).hexdigest()[:12]
    label = f"{cell.id.lower()}/{own}"
    builder.say(f"building {cell.id} by {ready.choice.told}")
    # Different builds of one cell share the label, and would remove each other's images by it.
    with (
        turn(f"{LABEL}-stages/{label}", builder.workshop),
        under_way(builder, label, len(ready.sources)) as made,
        tempfile.TemporaryFile() as tar,
        builder.log.open("a", encoding="utf-8", errors="backslashreplace") as out,
    ):
        resolved = _resolved(builder, ready, made)
        dockerfile = _packed(wanted, resolved, tar)
        secrets = {one.id: _secret(wanted, one.env, one.file) for one in wanted.secrets}
        texts = [value.decode("utf-8", "backslashreplace") for value in secrets.values()]
        log = BuildLog(out, resolved, texts)
        out.write(f"{wanted.shown}, resolved:\n{resolved.text}\n")
        assert ready.choice.kind is not None, "one was chosen"
        try:
            _BUILDS[ready.choice.kind](
                builder.client,
                BuildAsked(
                    tar=tar,
                    dockerfile=dockerfile,
                    name=made.name,
                    labels=_labels(cell, ready),
                    args=wanted.args,
                    target=wanted.target,
                    network=wanted.network,
                    fresh=builder.workshop.fresh,
                    profile=cell.profile,
                    secrets=secrets,
                    log=log,
                ),
                builder.workshop.stop,
            )
        except StepFailed as error:
            log.close()
            told = failure(log, str(error), wanted.shown)
            if wanted.network and (server := unreached(log.last)):
                step, _, _ = told.partition("\n")  # the log has the rest
                why = f"this host does not find {server}, which {step} asks for"
                raise SourceUnavailable(why, Outcome.HOST_INCOMPATIBLE) from None
            raise StepFailed(told) from None
        return _named(builder, ready, wanted, made)


def _named(
    builder: Builder, ready: _ReadyBuild, wanted: DockerfileRecipe, made: BuildUnderWay
) -> ImageIdentity:
    """Enter what was built into the register, and name it. Raises StepFailed, EngineError."""
    there = inspect_image(builder.client, made.name)
    if there is None:
        raise StepFailed("the builder said that all went well, and there is no image")
    built = described(ready.name, there, ready.base, ready.ids)
    assert built is not None, "its label says its kind"
    fetched = oldest_fetch(built.made if wanted.network else 0.0, ready.sources)
    builder.register.keep(replace(built, fetched=fetched))
    repository, _, tag = ready.name.rpartition(":")
    with engine_errors(f"naming {repository}"):
        builder.client.tag(str(there["Id"]), repository, tag)
    network = f", of what was {of_network(fetched)}" if fetched else ""
    network = ", with the network on: not hermetic" if wanted.network else network
    origin = f"built by {ready.choice.told}{network}"
    found = inspect_image(builder.client, ready.name) or there
    return identity(found, origin=origin, built=built)


def _resolved(builder: Builder, ready: _ReadyBuild, made: BuildUnderWay) -> Resolved:
    """Return the Dockerfile for the builder, with the images that it names resolved.

    BuildKit finds an image only by name, never by id, so for BuildKit each gets a temporary name.
    """
    images = {SCRATCH: SCRATCH}
    for one, name in zip(ready.sources, made.names, strict=True):
        images[one.name] = one.id
        if ready.choice.kind is BuilderKind.BUILDKIT:
            repository, _, tag = name.rpartition(":")
            with engine_errors(f"naming {one.name} for a build"):
                builder.client.tag(one.id, repository, tag)
            images[one.name] = name
    return render(ready.dockerfile, ready.layout, images, {STAGE: made.label})


def _packed(wanted: DockerfileRecipe, resolved: Resolved, tar: IO[bytes]) -> str:
    """Write the context, followed by the Dockerfile, to `tar`; return the Dockerfile's name in it.

    UsageError if the context is not the same as in the recipe.
    """
    context = find_context(Path(wanted.folder), Path(wanted.path))
    if write_tar(context, tar) != wanted.context:
        raise UsageError(
            f"the context {wanted.folder} has changed since the run began",
            remedy="try again when nothing writes there",
        )
    name = f".harness-{sha256(resolved.text.encode()).hexdigest()[:16]}.Dockerfile"
    write_beside(tar, name, resolved.text.encode(), kept_ignore(context))
    tar.seek(0)
    return name


def _secret(wanted: DockerfileRecipe, env: str, file: str) -> bytes:
    if env:
        value = os.environb.get(env.encode())
        if value is None:
            raise UsageError(f"the variable {env} is not set any more")
        return value
    try:
        return secret_path(wanted, file).read_bytes()
    except OSError as error:
        raise UsageError(f"the secret in {file} cannot be read: {error.strerror}") from None


def _labels(cell: Cell, ready: _ReadyBuild) -> dict[str, str]:
    return {
        f"{LABEL}.kind": "cell",
        f"{LABEL}.cell": cell.id,
        f"{LABEL}.recipe": ready.digest,
        f"{LABEL}.base-image": ready.base,
        f"{LABEL}.base-origin": "; ".join(f"{one.name}: {one.told}" for one in ready.sources),
        f"{LABEL}.interpreter": cell.interpreter,
        "org.opencontainers.image.title": cell.id,
        "org.opencontainers.image.vendor": f"harness {__version__}",
    }

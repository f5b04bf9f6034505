"""Images of cells in a registry that the owner names: built once, pulled wherever else needed.

Whoever may write to that registry decides what runs as a cell's image elsewhere: naming it is
trusting it. What has the wrong recipe there is left alone, and what cannot be had or put there is
told and done without: the image is built here then, as without a registry.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from docker.errors import APIError, ImageNotFound

from harness.engines.oci import LABEL
from harness.engines.oci.builder import Builder
from harness.engines.oci.connection import engine_errors, explanation, patience
from harness.engines.oci.images import identity, inspect_image, pull
from harness.engines.oci.register import described
from harness.model import ImageIdentity

_TRANSFER_S = 600
"""Between two lines of what an engine says of a transfer: it packs a layer of a gigabyte first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedImage:
    """The image of a cell that is kept under `name` here, as the registry may have it."""

    registry: str
    """HOST[:PORT], with a path behind it where the images lie below one."""
    name: str
    recipe: str
    """Digest of the recipe."""

    @property
    def there(self) -> str:
        """Its name in the registry."""
        return f"{self.registry}/{self.name}"


def taken(builder: Builder, image: SharedImage) -> tuple[ImageIdentity, str] | None:
    """The image by way of the registry, now or earlier, and its interpreter. None: it is to be
    looked for, or built, here. Raises EngineError."""
    for built in builder.register.named(image.name):
        if built.recipe == image.recipe and (
            (found := inspect_image(builder.client, built.id)) is not None
        ):
            if not built.pulled_from:
                return None
            return identity(found, origin="reused", built=built), _interpreter(found)
    if builder.workshop.offline:
        return None
    builder.say(f"asking {image.registry} for it")
    before = inspect_image(builder.client, image.there)
    with patience(builder.client, _TRANSFER_S):
        why = pull(builder.client, image.there)
    if why:
        builder.say(f"it is not pulled from {image.registry}: {why}")
        return None
    try:
        return _admitted(builder, image)
    finally:
        if before is None:
            _unname(builder, image.there)


def _admitted(builder: Builder, image: SharedImage) -> tuple[ImageIdentity, str] | None:
    """What was pulled, written down and named as if it had been built here; None where it is not
    what its name says."""
    found = inspect_image(builder.client, image.there)
    if found is None:
        return None
    base = str(_labels(found).get(f"{LABEL}.base-image", ""))
    built = described(image.name, found, base, pulled_from=image.registry)
    if built is None or (built.kind, built.recipe) != ("cell", image.recipe):
        builder.say(f"what {image.registry} has under its name is of another recipe: it stays")
        return None
    builder.register.keep(built)
    repository, _, tag = image.name.rpartition(":")
    with engine_errors(f"naming {image.name}"):
        builder.client.tag(str(found["Id"]), repository, tag)
    return identity(found, origin="pulled", built=built), _interpreter(found)


def offered(builder: Builder, image: SharedImage, found: Mapping[str, Any]) -> None:
    """Put an image that was built here into the registry. Raises EngineError."""
    builder.say(f"putting it into {image.registry}")
    repository, _, tag = image.there.rpartition(":")
    why = ""
    with engine_errors(f"pushing {image.there}"), patience(builder.client, _TRANSFER_S):
        builder.client.tag(str(found["Id"]), repository, tag)
        try:
            for line in builder.client.push(repository, tag, stream=True, decode=True):
                why = " ".join(str(line["error"]).split())[:500] if "error" in line else why
        except APIError as error:
            why = explanation(error)
        finally:
            _unname(builder, image.there)
    if why:
        builder.say(f"it could not be put into {image.registry}: {why}")


def _unname(builder: Builder, name: str) -> None:
    """Take the registry's name from an image; it keeps ours, or goes where it has no other."""
    with engine_errors(f"taking a name from {name}"), suppress(ImageNotFound):
        builder.client.remove_image(name, noprune=True)


def _labels(found: Mapping[str, Any]) -> Mapping[str, Any]:
    labels: Mapping[str, Any] = (found.get("Config") or {}).get("Labels") or {}
    return labels


def _interpreter(found: Mapping[str, Any]) -> str:
    return str(_labels(found).get(f"{LABEL}.interpreter", ""))

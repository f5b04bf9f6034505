"""Shares images of cells through a registry of the user's: built once, pulled on other hosts.

Whoever can write to that registry decides what runs as a cell's image elsewhere, so naming it means
trusting it. An image there with a wrong recipe is ignored. If an image cannot be pulled or pushed,
that is reported, and the image is built here as without a registry.
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
"""Seconds between two lines of progress of a transfer: an engine first packs a whole layer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedImage:
    """The image of a cell, whose name here is `name`, in the registry."""

    registry: str
    """HOST[:PORT], optionally with a path."""
    name: str
    recipe: str
    """Digest of the recipe."""

    @property
    def there(self) -> str:
        """The name of the image in the registry."""
        return f"{self.registry}/{self.name}"


def taken(builder: Builder, image: SharedImage) -> tuple[ImageIdentity, str] | None:
    """Return the image, if it was pulled from the registry now or earlier, and its interpreter.

    None if it must be found or built here. Raises EngineError.
    """
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
    """Register and name what was pulled as if it had been built here; return None if it is not the
    image that its name says."""
    found = inspect_image(builder.client, image.there)
    if found is None:
        return None
    base = str(_labels(found).get(f"{LABEL}.base-image", ""))
    built = described(image.name, found, base, pulled_from=image.registry)
    if built is None or (built.kind, built.recipe) != ("cell", image.recipe):
        builder.say(f"the image of its name in {image.registry} has another recipe and is kept")
        return None
    builder.register.keep(built)
    repository, _, tag = image.name.rpartition(":")
    with engine_errors(f"naming {image.name}"):
        builder.client.tag(str(found["Id"]), repository, tag)
    return identity(found, origin="pulled", built=built), _interpreter(found)


def offered(builder: Builder, image: SharedImage, found: Mapping[str, Any]) -> None:
    """Push an image that was built here to the registry. Raises EngineError."""
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
    """Remove the registry's name from an image; without another name, the image is removed, too."""
    with engine_errors(f"taking a name from {name}"), suppress(ImageNotFound):
        builder.client.remove_image(name, noprune=True)


def _labels(found: Mapping[str, Any]) -> Mapping[str, Any]:
    labels: Mapping[str, Any] = (found.get("Config") or {}).get("Labels") or {}
    return labels


def _interpreter(found: Mapping[str, Any]) -> str:
    return str(_labels(found).get(f"{LABEL}.interpreter", ""))

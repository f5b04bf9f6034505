"""Finds, pulls and identifies images on a container engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from docker import APIClient
from docker.errors import APIError, ImageNotFound

from harness.engines.oci.connection import engine_errors, explanation
from harness.engines.oci.register import BuiltImage
from harness.errors import UsageError
from harness.images.reference import parse_reference
from harness.model import ImageIdentity


def inspect_image(client: APIClient, name: str) -> dict[str, Any] | None:
    """Return the engine's description of an image; None if it has none of that name or id."""
    with engine_errors(f"looking for image {name}"):
        try:
            found: dict[str, Any] = client.inspect_image(name)  # type: ignore[no-untyped-call]
        except ImageNotFound:
            return None
    return found


def pull(client: APIClient, name: str) -> str:
    """Pull an image; return why it could not be pulled, empty on success. Raises EngineError."""
    with engine_errors(f"pulling {name}"):
        try:
            for line in client.pull(name, stream=True, decode=True):
                if "error" in line:
                    return " ".join(str(line["error"]).split())[:500]
        except APIError as error:
            return explanation(error)
    return ""


def pulled_digest(found: Mapping[str, Any], name: str) -> str:
    """Return the digest under which a registry had the image of that name; empty if unknown.

    Docker leaves the default registry out of a name, while Podman includes it.
    """
    try:
        wanted = parse_reference(name)
        known = [parse_reference(str(each)) for each in found.get("RepoDigests") or ()]
    except UsageError:
        return ""
    place = (wanted.registry, wanted.repository)
    return next((one.digest for one in known if (one.registry, one.repository) == place), "")


def identity(
    found: Mapping[str, Any], *, origin: str, built: BuiltImage | None = None
) -> ImageIdentity:
    """Return the identity of an inspected image; `built` is its entry in the register, if any.

    Labels do not prove that an image was built here: an image made FROM ours inherits them.
    """
    digests = found.get("RepoDigests") or []
    return ImageIdentity(
        id=str(found["Id"]),
        manifest=str(digests[0]).partition("@")[2] if digests else "",
        layers=tuple((found.get("RootFS") or {}).get("Layers") or ()),
        recipe=built.recipe if built else "",
        base=built.base if built else "",
        base_source=(built.base_source or None) if built else None,
        origin=origin,
        size_bytes=int(found.get("Size") or 0),
    )


_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
"""The kernel's name of a machine -> the name that images use."""


def other_architecture(client: APIClient, image: str) -> str:
    """Return why an image's programs cannot run here if it is for another machine; else empty.

    Call this after a failure, not before, since a host may have an emulator.
    """
    found = inspect_image(client, image) or {}
    with engine_errors("saying its machine"):
        machine = str(client.info().get("Architecture", ""))
    here, wanted = _ARCHITECTURE.get(machine, machine), str(found.get("Architecture", ""))
    if not wanted or not here or wanted == here:
        return ""
    return f"wrong architecture: the image is for {wanted}, and this engine runs {here}"


def images_labelled(
    client: APIClient, label: str, *, dangling: bool = False, parents: bool = False
) -> list[dict[str, Any]]:
    """Return every image, including unnamed ones, that has a label (`key` or `key=value`).

    With `dangling`, only those that the engine calls dangling; with `parents`, also unnamed images
    from which others were made.
    """
    filters = {"label": label, **({"dangling": True} if dangling else {})}
    with engine_errors("listing images"):
        found: list[dict[str, Any]] = client.images(filters=filters, all=parents)
    return found

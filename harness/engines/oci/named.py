"""The images we made: the cache that runs build on, emptied by a person or a disk budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from docker import APIClient
from docker.errors import APIError, ImageNotFound

from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors, explanation
from harness.engines.oci.images import images_labelled

_IN_USE = 409


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedImage:
    """An image of ours."""

    id: str
    name: str
    """Its id, where another took its name: made anew on a newer base, say."""
    kind: str
    """cell, base or root."""
    size_bytes: int
    """With the layers it shares with others."""
    created: float = 0.0
    """Seconds since the epoch."""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> bool:
        """Whether it still has its name."""
        return self.name != self.id


_ORDER = ("cell", "base", "root")
"""An image goes before the one it was made from."""


def named_images(client: APIClient) -> tuple[NamedImage, ...]:
    """Every one, in an order in which they can be removed. Raises EngineError."""
    found = []
    for image in images_labelled(client, f"{LABEL}.kind"):
        labels = image.get("Labels") or {}
        kind = str(labels.get(f"{LABEL}.kind", ""))
        names = [name for name in image.get("RepoTags") or () if name != "<none>:<none>"]
        if kind in _ORDER:
            found += [
                NamedImage(
                    id=str(image["Id"]),
                    name=name,
                    kind=kind,
                    size_bytes=int(image.get("Size") or 0),
                    created=float(image.get("Created") or 0),
                    labels=labels,
                )
                for name in names or [str(image["Id"])]
                if not names or f"{LABEL}-{kind}" in name
            ]
    return tuple(sorted(found, key=lambda image: (_ORDER.index(image.kind), image.name)))


def remove_named(client: APIClient, image: NamedImage) -> str:
    """Remove an image by its name; why it was kept, empty where it is gone. Raises EngineError."""
    with engine_errors(f"removing {image.name}"):
        try:
            client.remove_image(image.name)
        except ImageNotFound:
            return ""
        except APIError as error:
            if error.status_code != _IN_USE:
                raise
            return f"in use: {explanation(error)}"
    return ""

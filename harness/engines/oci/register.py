"""The register of built images: files in the cache, one for each image that was made here.

Anybody can give an image our labels and names, but its id covers its files and settings. So an
image counts as built here only if its id was entered into this register after the build, for this
engine. An image that was loaded, or built with another cache, is not ours.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from docker import APIClient

from harness.engines.oci import LABEL
from harness.engines.oci.connection import lasting_name
from harness.errors import InfrastructureError
from harness.machine.files import atomic_write
from harness.serial import UnreadableError, decode, encode


@dataclass(frozen=True, kw_only=True, slots=True)
class BuiltImage:
    """An image that was made here."""

    id: str
    name: str
    """The name under which it was made; another image may have it now."""
    kind: str
    """`cell`, `base` or `root`."""
    recipe: str = ""
    base: str = ""
    """The id of the image on which it was built; empty for one that was imported."""
    images: tuple[str, ...] = ()
    """For an image built from a Dockerfile: the ids of all images that it takes something from."""
    base_source: str = ""
    layers: tuple[str, ...] = ()
    made: float = 0.0
    """Seconds since the epoch."""
    fetched: float = 0.0
    """When the oldest build with the network ended that it comes from, its own or that of an image
    that it takes something from, in seconds since the epoch; 0 if there is none."""
    pulled_from: str = ""
    """The user's own registry from which it was pulled instead of being built here; else empty."""


class Register:
    """The register of images that were built on one engine. The constructor does no I/O."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, built: BuiltImage) -> None:
        """Enter an image. InfrastructureError if the cache cannot be written."""
        path = self._path(built)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InfrastructureError(
                f"{path.parent} cannot be made: {error.strerror}",
                remedy="HARNESS_CACHE=FOLDER names another cache",
            ) from error
        atomic_write(path, encode(built))

    def named(self, name: str) -> tuple[BuiltImage, ...]:
        """Return the images that were built under that name, the newest first."""
        found = _read(self._folder / _file_name(name))
        return tuple(sorted(found, key=lambda one: one.made, reverse=True))

    def all(self) -> tuple[BuiltImage, ...]:
        """Return all images that were built and not removed by us, the newest first."""
        folders = sorted(self._folder.glob("*")) if self._folder.is_dir() else []
        found = [one for folder in folders for one in _read(folder)]
        return tuple(sorted(found, key=lambda one: one.made, reverse=True))

    def forget(self, built: BuiltImage) -> None:
        """Delete the entry of an image that is gone or no longer ours."""
        with suppress(OSError):
            self._path(built).unlink()

    def _path(self, built: BuiltImage) -> Path:
        return self._folder / _file_name(built.name) / f"{_file_name(built.id)}.json"


def register_of(client: APIClient, cache: Path) -> Register:
    """Return the register of the engine that answers. Raises EngineError."""
    return Register(cache / "images" / "built" / lasting_name(client))


def described(
    name: str,
    found: Mapping[str, Any],
    base: str,
    images: tuple[str, ...] = (),
    pulled_from: str = "",
) -> BuiltImage | None:
    """Return the entry for an inspected image that has just been made, or pulled, under `name`.

    `base` is the id of the image it was built on, `images` those it takes something from. None if
    its label states no kind: such an image is never looked for again.
    """
    labels = (found.get("Config") or {}).get("Labels") or {}
    kind = str(labels.get(f"{LABEL}.kind", ""))
    if not kind:
        return None
    # An image inherits labels from its base, so those of a cell count only if it is one.
    cell = kind == "cell"
    return BuiltImage(
        id=str(found["Id"]),
        name=name,
        kind=kind,
        recipe=str(labels.get(f"{LABEL}.recipe", "")) if cell else "",
        base=base,
        images=images,
        base_source=str(labels.get(f"{LABEL}.base-origin", "")) if cell else "",
        layers=tuple((found.get("RootFS") or {}).get("Layers") or ()),
        made=time.time(),
        pulled_from=pulled_from,
    )


def _file_name(text: str) -> str:
    return quote(text, safe="")


def _read(folder: Path) -> list[BuiltImage]:
    """Read a folder's entries. An unreadable one is skipped, so that its image is built again."""
    found = []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        with suppress(OSError, UnreadableError):
            found.append(decode(BuiltImage, path.read_bytes()))
    return found

"""Makes images that contain nothing but a data set's files, for Dockerfiles to copy from."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from typing import Any

from harness.datasets.dataset import DataSet, find_dataset
from harness.engines.oci import LABEL
from harness.engines.oci.builder import Builder
from harness.engines.oci.building import import_root
from harness.engines.oci.roots import kept_or_made
from harness.engines.oci.volume import packed
from harness.machine.places import may_download, places_here


@dataclass(frozen=True, kw_only=True, slots=True)
class DataImage:
    """An image with a data set's files in its root folder."""

    there: dict[str, Any]
    """The engine's description of the image."""
    told: str
    """Which data set it is, in words."""


def obtain_data_image(builder: Builder, name: str) -> DataImage:
    """Find a data set by its hashes, and make an image of it unless there is one.

    The image is named by the digest of the files, so a stand-in for the data set gets a different
    image; a notice says that it stands in. UsageError if a folder is not the data set it should be;
    InfrastructureError, EngineError.
    """
    workshop = builder.workshop
    download = not workshop.offline and may_download(os.environ)
    found = find_dataset(name, places_here().data, workshop.cache / "data", download)
    if found.notice:
        builder.say(found.notice)
    image = f"{LABEL}-root:data-{found.digest[:16]}"
    there = kept_or_made(builder, image, lambda: _imported(builder, found, image))
    stands_in = f" in the place of {name}" if found.name != name else ""
    # The text goes into the image's labels, so it must not have paths of this host.
    told = f"data set {found.name}{stands_in}, SHA-256 {found.digest}"
    return DataImage(there=there, told=told)


def _imported(builder: Builder, found: DataSet, image: str) -> dict[str, Any]:
    labels = {
        f"{LABEL}.kind": "root",
        f"{LABEL}.data-set": found.digest,
        "org.opencontainers.image.title": f"data set {found.name}",
    }
    return import_root(builder, io.BytesIO(b"".join(packed(found.files))), image, labels)

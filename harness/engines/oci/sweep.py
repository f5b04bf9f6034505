"""Removes what dead runs left on the engine, found by label, at the start of the next run.

Every container, volume and network is created with a label that states its owner (boot, process,
start time), so a sweep can tell those of a live run from those of a dead one. What has the label,
but is not proved ours by its name, is not ours. Images of the register are kept: they are
the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from docker import APIClient

from harness.engines.oci import LABEL
from harness.engines.oci.committing import remove_unfinished, unfinished
from harness.engines.oci.connection import engine_errors
from harness.engines.oci.containers import remove
from harness.engines.oci.networks import remove_network
from harness.engines.oci.owned import is_ours
from harness.engines.oci.volume import remove_volume

_OWNER = f"{LABEL}.owner"


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftover:
    """Something on the engine whose owner is dead."""

    kind: str
    """`container`, `volume`, `network` or `image`."""
    id: str
    about: str = ""
    """Its name, as text for a person."""

    def __str__(self) -> str:
        short = self.id[7:19] if self.id.startswith("sha256:") else self.id[:12]
        return f"{self.kind} {self.about or short}"


def leftovers(
    client: APIClient, alive: Callable[[str], bool], *, of: str = ""
) -> tuple[Leftover, ...]:
    """Return what dead owners left: containers, volumes, networks and unfinished images.

    With `of`, a label and its value, return instead everything of ours that has that label, without
    images. The order is one in which they can be removed. Raises EngineError.
    """
    label = of or _OWNER

    def ours(found: Mapping[str, Any]) -> bool:
        names, labels = found.get("Names") or [found.get("Name") or ""], found.get("Labels") or {}
        return is_ours(names, labels) and (bool(of) or not alive(labels.get(_OWNER, "")))

    with ThreadPoolExecutor(1) as beside:
        # For these an engine searches all its images, which takes longer than all other requests.
        asked = None if of else beside.submit(unfinished, client, alive)
        with engine_errors("listing containers"):
            containers = client.containers(all=True, filters={"label": label})
        with engine_errors("listing volumes"):
            volumes = client.volumes(filters={"label": label}).get("Volumes") or []
        with engine_errors("listing networks"):
            networks = client.networks(filters={"label": label})
        images = asked.result() if asked else ()
    return (
        *(Leftover(kind="container", id=one["Id"]) for one in containers if ours(one)),
        *(
            Leftover(kind="volume", id=one["Name"], about=one["Name"])
            for one in volumes
            if ours(one)
        ),
        *(
            Leftover(kind="network", id=one["Id"], about=one["Name"])
            for one in networks
            if ours(one)
        ),
        *(Leftover(kind="image", id=one, about=one) for one in images),
    )


def sweep(client: APIClient, alive: Callable[[str], bool], *, of: str = "") -> tuple[str, ...]:
    """Remove what `leftovers` finds; return the names of what was removed. Raises EngineError."""
    remove_one = {
        "container": remove,
        "volume": remove_volume,
        "network": remove_network,
        "image": remove_unfinished,
    }
    found = leftovers(client, alive, of=of)
    for one in found:
        remove_one[one.kind](client, one.id)
    return tuple(str(one) for one in found)

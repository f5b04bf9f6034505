"""What dead runs left on the engine, found by label, removed at the start of the next run.

Every container and volume carries its owner (boot, process, start time) before it exists, so a
sweep can tell a live run's from a dead one's. Only that label counts: the containers of a build
inherit our images' other labels. Named images are kept: they are the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from docker import APIClient
from docker.errors import APIError, NotFound

from harness.engines.oci import LABEL
from harness.engines.oci.connection import engine_errors
from harness.engines.oci.containers import remove
from harness.engines.oci.images import remove_stages
from harness.engines.oci.volume import remove_volume


def remove_builds(client: APIClient, owner: str) -> None:
    """Remove the containers of an owner's builds: they carry the label of their stage."""
    with engine_errors("listing containers"):
        containers = client.containers(all=True, filters={"label": f"{LABEL}.stage"})
    for container in containers:
        if (container.get("Labels") or {})[f"{LABEL}.stage"].startswith(f"{owner}/"):
            remove(client, container["Id"])


def sweep(client: APIClient, alive: Callable[[str], bool], *, run: str = "") -> tuple[str, ...]:
    """Remove containers, volumes and stages of dead owners; with `run`, of that run only.

    What was removed, one name each. Raises EngineError.
    """
    label = f"{LABEL}.run={run}" if run else f"{LABEL}.owner"

    def ours(labels: Mapping[str, str] | None) -> bool:
        owner = (labels or {}).get(f"{LABEL}.owner", "")
        return bool(run) or not alive(owner)

    removed: list[str] = []
    with engine_errors("listing containers"):
        containers = client.containers(all=True, filters={"label": label})
    for container in containers:
        if ours(container.get("Labels")):
            remove(client, container["Id"])
            removed.append(f"container {container['Id'][:12]}")
    with engine_errors("listing volumes"):
        volumes = client.volumes(filters={"label": label}).get("Volumes") or []
    for volume in volumes:
        if ours(volume.get("Labels")):
            remove_volume(client, volume["Name"])
            removed.append(f"volume {volume['Name']}")
    with engine_errors("listing networks"):
        networks = client.networks(filters={"label": label})
    for network in networks:
        if ours(network.get("Labels")):
            remove_network(client, network["Id"])
            removed.append(f"network {network['Name']}")
    if not run:
        removed += [
            f"stage {name[7:19]}" for name in remove_stages(client, f"{LABEL}.stage", alive)
        ]
    return tuple(removed)


def remove_network(client: APIClient, network: str) -> None:
    """Remove a network; gone already is fine, still used is for the next sweep."""
    with engine_errors("removing a network"):
        try:
            client.remove_network(network)
        except NotFound:
            pass
        except APIError as error:
            if error.status_code != 403:
                raise

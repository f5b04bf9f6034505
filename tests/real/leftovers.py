"""What a harness left on the engine, as opposed to what other, living processes do there now."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from docker import APIClient

from harness.engines.oci import LABEL
from harness.machine.owner import owner_alive

PATIENCE_S = 10


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """Containers, volumes, networks and unnamed images that were not there before."""

    client: APIClient
    before: frozenset[str]

    @classmethod
    def since_now(cls, client: APIClient) -> Self:
        return cls(client=client, before=frozenset(_present(client)))

    def found(self) -> list[str]:
        """New things that have no living owner and do not disappear within some seconds.

        The wait is needed because what another process builds is at some moments without an owner's
        label.
        """
        deadline = time.monotonic() + PATIENCE_S
        while (left := self.now()) and time.monotonic() < deadline:
            time.sleep(0.5)
        return left

    def now(self) -> list[str]:
        """The same, without waiting."""
        return sorted(
            f"{name} {labels}"
            for name, labels in _present(self.client).items()
            if name not in self.before and not _of_the_living(labels)
        )


def _present(client: APIClient) -> dict[str, Mapping[str, str]]:
    containers: list[dict[str, Any]] = client.containers(all=True)
    images: list[dict[str, Any]] = client.images(filters={"dangling": True})
    volumes: list[dict[str, Any]] = client.volumes().get("Volumes") or []
    networks: list[dict[str, Any]] = client.networks()
    return {
        **{f"container {each['Id'][:12]}": each.get("Labels") or {} for each in containers},
        **{f"image {each['Id'][7:19]}": each.get("Labels") or {} for each in images},
        **{f"volume {each['Name']}": each.get("Labels") or {} for each in volumes},
        **{f"network {each['Name']}": each.get("Labels") or {} for each in networks},
    }


def _of_the_living(labels: Mapping[str, str]) -> bool:
    owner = labels.get(f"{LABEL}.owner") or labels.get(f"{LABEL}.stage", "").partition("/")[0]
    return bool(owner) and owner_alive(owner)

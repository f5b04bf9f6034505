"""Podman, by the service that speaks Docker's API."""

from __future__ import annotations

from harness.engines import Engine, Workshop


def make(workshop: Workshop) -> Engine:
    """An engine at CONTAINER_HOST, else at the system's socket, else at the user's own."""
    from harness.engines.oci.capabilities import PODMAN
    from harness.engines.oci.engine import ContainerEngine

    return ContainerEngine(PODMAN, workshop)

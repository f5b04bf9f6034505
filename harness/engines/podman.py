"""Podman, through its service that speaks Docker's API."""

from __future__ import annotations

from harness.engines import Engine, Workshop


def make(workshop: Workshop) -> Engine:
    """Make an engine for Podman at CONTAINER_HOST, else at the system's or the user's socket."""
    from harness.engines.oci.capabilities import PODMAN
    from harness.engines.oci.engine import ContainerEngine

    return ContainerEngine(PODMAN, workshop)

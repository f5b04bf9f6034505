"""The Docker Engine."""

from __future__ import annotations

from harness.engines import Engine, Workshop


def make(workshop: Workshop) -> Engine:
    """Make an engine for Docker at DOCKER_HOST, else at the usual socket."""
    from harness.engines.oci.capabilities import DOCKER
    from harness.engines.oci.engine import ContainerEngine

    return ContainerEngine(DOCKER, workshop)

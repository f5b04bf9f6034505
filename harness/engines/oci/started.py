"""Starts containers of a cell that are asked from outside, through testcontainers.

The container that serves is started before the probes are asked; a probe that has to see a
container start or end starts its own. All run under the profile as far as the promise allows, have
labels by which a sweep finds them, and publish ports only on the host's loopback.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast

from docker import APIClient
from docker.errors import APIError, NotFound
from docker.types import LogConfig
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from harness.engines.oci import LABEL
from harness.engines.oci.capabilities import address
from harness.engines.oci.connection import engine_errors, explanation, row_of
from harness.engines.oci.given import Given
from harness.engines.oci.gpu import gpu_hook
from harness.engines.oci.networks import NO_WAY_OUT, make_network, remove_network
from harness.engines.oci.owned import new_name, stating
from harness.engines.oci.specification import USER, ContainerSpec, host_options
from harness.engines.oci.volume import make_volume, remove_volume
from harness.probing.outside import SCRATCH

LOOPBACK = "127.0.0.1"
PASS = f"{LABEL}.pass"
"""The label of everything that one pass made."""
_LOG_FACTOR = 4
"""How much larger a log may be than the output, which an engine writes as JSON."""


class NotStarted(Exception):
    """The engine could not start a container; the text is the engine's."""


@contextmanager
def container_of(
    given: Given,
    client: APIClient,
    *,
    command: Sequence[str] = (),
    alone: bool = False,
    published: Sequence[int] = (),
    volumes: Mapping[str, str] | None = None,
) -> Iterator[DockerContainer]:
    """Start a container of the cell; at the end remove it with its network and new volumes.

    `command` replaces the image's own, unless it is empty; with `alone`, it replaces the entry
    point, too. `published` lists ports. `volumes` (name -> path inside) are kept; if None, each
    folder that the promise shares gets a new volume. Raises NotStarted and EngineError.
    """
    testcontainers_config.ryuk_disabled = True
    network = new_name() if published else ""
    if network:
        labels = {**given.labels, f"{LABEL}.kind": "network"}
        make_network(client, network, labels, options=NO_WAY_OUT)
    container: DockerContainer | None = None
    fresh: dict[str, str] = {}
    try:
        if volumes is None:
            fresh = {new_name(): one.path for one in given.promise.shares}
            for name in fresh:
                make_volume(client, name, {**given.labels, f"{LABEL}.kind": "volume"})
        container = _made(given, client, network)
        if alone and command:
            container.with_kwargs(**container._kwargs, entrypoint=[command[0]])
            container.with_command(list(command[1:]))
        elif command:
            container.with_command(list(command))
        for port in published:
            # The declared type allows no address, but without one the port would be open to the
            # whole network.
            cast("Any", container.ports)[f"{port}/tcp"] = (LOOPBACK, None)
        for name, path in (fresh if volumes is None else volumes).items():
            container.with_volume_mapping(name, path, "rw")
        with engine_errors("starting a container that serves"):
            try:
                container.start()
            except APIError as error:
                raise NotStarted(explanation(error)) from error
        yield container
    finally:
        if container is not None:
            with engine_errors("removing a container that served"), suppress(NotFound):
                container.stop()
        for name in fresh:
            remove_volume(client, name)
        if network:
            remove_network(client, network)


def _made(given: Given, client: APIClient, network: str) -> DockerContainer:
    name = new_name()
    limits = limits_of(given, client)
    scratch = limits.pop("tmpfs")
    # testcontainers looks for an engine by itself, also in the user's context, and sets DOCKER_HOST
    # for the whole process.
    variables = {**os.environ, "DOCKER_HOST": address(row_of(client), os.environ)}
    with engine_errors("making a container that serves"), _unchanged("DOCKER_HOST"):
        container = DockerContainer(
            given.image, name=name, docker_client_kw={"environment": variables}
        )
    container.image = given.image  # By id: testcontainers may add a prefix to names of images.
    if given.built:
        limits["working_dir"] = "/"
    if network:
        # An engine forwards DNS requests, which would be a way out; here nothing answers them.
        limits["dns"] = [LOOPBACK]
    container.with_kwargs(
        labels=stating(name, dict(given.labels)),
        user=given.promise.user or f"{USER}:{USER}",
        network=network or "none",
        **limits,
    )
    container.tmpfs.update(scratch)
    container.with_envs(**dict(given.profile.environment))
    return container


@contextmanager
def _unchanged(variable: str) -> Iterator[None]:
    before = os.environ.get(variable)
    try:
        yield
    finally:
        os.environ.pop(variable, None)
        if before is not None:
            os.environ[variable] = before


def limits_of(given: Given, client: APIClient) -> dict[str, Any]:
    """Return the limits of a container that is asked from outside, as docker-py takes them.

    They are those of the profile, but without our init: users start such a container without one,
    and probes check whether its program handles signals as the first process. Health checks do not
    run.
    """
    hook = None
    if given.gpu:
        with engine_errors("saying what it can hand to containers"):
            hook = gpu_hook(client.info(), local=True)
    spec = ContainerSpec(
        image=given.image,
        command=(),
        labels={},
        profile=given.profile,
        cores=given.cores,
        cpus=given.cpus,
        gpu=hook,
        scratch=SCRATCH,
    )
    options = host_options(spec, row_of(client))
    for elsewhere in ("binds", "network_mode"):
        del options[elsewhere]
    options["init"] = False
    # A health check of the image would look like a program that somebody else runs in it.
    options["healthcheck"] = {"test": ["NONE"]}
    size = given.profile.output_bytes * _LOG_FACTOR
    options["log_config"] = LogConfig(
        type="json-file", config={"max-size": str(size), "max-file": "1"}
    )
    return options

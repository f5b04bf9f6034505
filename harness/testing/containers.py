"""A testcontainers container of a cell's image, with the limits of the cell's profile.

It is the strict profile with two differences that hand-written tests need: scratch space is /tmp,
and the network is a bridge of its own with no way out, so that ports can be mapped. Everything
carries our labels: what a killed test leaves behind is removed by the next run, like its own
leftovers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

from docker.errors import NotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from harness.engines import Obtained
from harness.engines.oci import LABEL
from harness.engines.oci.engine import ContainerEngine
from harness.engines.oci.networks import NO_WAY_OUT, make_network, remove_network
from harness.engines.oci.owned import new_name, stating
from harness.engines.oci.specification import USER, ContainerSpec, host_options
from harness.machine.lease import lease
from harness.machine.owner import owner_token
from harness.model import Cell, Outcome, Suite
from harness.outcomes import TELLING
from harness.recipes.orders import order
from harness.running.session import AUTO, CONTAINER_ENGINES, opened_engine, places, workshop
from harness.testing.run import QUIET

_SCRATCH = "/tmp"
_KEEPS_ALIVE = "import time\nwhile True: time.sleep(60)"


class NotObtained(Exception):
    """There is no image to start; `outcome` says why."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(f"{TELLING[outcome].told}: {reason}" if reason else TELLING[outcome].told)
        self.outcome = outcome


class CellContainer(DockerContainer):
    """A container of a cell's image, not yet started: add ports, a command or a wait strategy
    first.

    If it gets no command, the container of a built cell just waits, to be used with `exec`.
    """

    interpreter: str
    """The Python that probes run with; if empty, python3 and then python are tried."""

    def __init__(self, image: str, *, interpreter: str, **options: Any) -> None:
        super().__init__(image, **options)
        self.interpreter = interpreter
        self.image = image  # an id: testcontainers' prefix for image names must not be added

    def with_kwargs(self, **kwargs: Any) -> Self:
        """Add to the limits it runs under, or relax them."""
        return super().with_kwargs(**{**self._kwargs, **kwargs})


@contextmanager
def cell_container(suite: Suite, cell: Cell, engine: str = AUTO) -> Iterator[CellContainer]:
    """A container of the cell, whose image is built or pulled first if necessary. It is removed at
    the end. No run of the harness takes measurements meanwhile.

    Raises NotObtained, EngineError.
    """
    if engine not in (AUTO, *CONTAINER_ENGINES):
        raise _no_containers(engine)
    testcontainers_config.ryuk_disabled = True
    with opened_engine(engine, workshop(suite)) as (opened, _):
        if not isinstance(opened, ContainerEngine):
            raise _no_containers(opened.name)
        asked = order(suite, cell)
        if opened.stock is not None:
            opened.stock.hold([asked])
        obtained = opened.obtain(asked, lambda _: None)
        if obtained.outcome is not Outcome.OK or obtained.image is None:
            raise NotObtained(obtained.outcome, obtained.reason)
        with lease(places().cache / QUIET, alone=False):
            yield from _held(opened, cell, obtained)


def _no_containers(engine: str) -> NotObtained:
    return NotObtained(Outcome.HOST_INCOMPATIBLE, f"the engine {engine} has no containers")


def _held(engine: ContainerEngine, cell: Cell, obtained: Obtained) -> Iterator[CellContainer]:
    assert obtained.image is not None, "obtained"
    labels = {
        f"{LABEL}.kind": "container",
        f"{LABEL}.cell": cell.id,
        f"{LABEL}.owner": owner_token(),
    }
    network, name = new_name(), new_name()
    made = make_network(
        engine.client, network, {**labels, f"{LABEL}.kind": "network"}, options=NO_WAY_OUT
    )
    container: CellContainer | None = None
    limits = _limits(engine, cell, obtained.image.id)
    scratch = limits.pop("tmpfs")
    try:
        container = CellContainer(
            obtained.image.id,
            interpreter=obtained.interpreter,
            **limits,
            name=name,
            labels=stating(name, labels),
            user=f"{USER}:{USER}",
            working_dir="/",
        )
        # As keyword arguments, both would clash with what testcontainers itself passes to the
        # client.
        container.with_kwargs(network=network).tmpfs.update(scratch)
        container.with_envs(**dict(cell.profile.environment))
        if cell.base:
            container.with_command([obtained.interpreter, "-c", _KEEPS_ALIVE])
        yield container
    finally:
        if container is not None:
            with suppress(NotFound):
                container.stop()
        remove_network(engine.client, made)


def _limits(engine: ContainerEngine, cell: Cell, image: str) -> dict[str, Any]:
    spec = ContainerSpec(
        image=image,
        command=(),
        labels={},
        profile=cell.profile,
        cores=engine.cores,
        scratch=_SCRATCH,
    )
    options = host_options(spec, engine.capabilities)
    for elsewhere in ("binds", "network_mode"):
        del options[elsewhere]
    return options

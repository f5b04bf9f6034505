"""What runs on a node: opening the node's engine, describing it, doing tasks, and cleaning up.

A Ray process gets one task after another. Its engine stays open in between, so that a run opens it
only once. If the process dies, its owner token counts as dead, and the next process of the node
removes what it left.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from harness.datasets.dataset import DataSet, find_dataset
from harness.engines import Engine
from harness.errors import HarnessError, InfrastructureError
from harness.machine.owner import owner_token
from harness.machine.places import may_download
from harness.model import Attempt, Record, Scalar, SecondOpinion
from harness.running.cluster.seen import NodeSeen, NodeSetup, NodeVersions
from harness.running.executor import GroupLost
from harness.running.local import LocalExecutor
from harness.running.session import opened_engine, places, workshop
from harness.running.steering import Further
from harness.running.task import Passing, Task
from harness.running.wanted import disk_budget, image_registry
from harness.text import without_credentials

ATTEMPT = "executor.attempt"
"""Observation on each record of a group that was asked again: the number of the attempt, from 2."""

_SET_BY_RAY = ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "PYTHONBREAKPOINT")

Teller = Callable[[str, str, bool], object]
"""Called with (cell, what is being done, whether that is `Passing`) to inform the driver."""


class OpenNode:
    """The engine of this process, open as long as the process lives."""

    def __init__(self, setup: NodeSetup) -> None:
        self._stack = ExitStack()
        _as_the_node_was_started()
        shop = workshop(
            setup.suite,
            refresh_bases=setup.refresh_bases,
            fresh=setup.fresh,
            offline=setup.offline,
            disk_budget=disk_budget(setup.disk_budget, os.environ),
            baseline_images=setup.baseline_images,
        )
        shop = replace(shop, registry=setup.registry or image_registry(os.environ))
        opening = setup.opening or opened_engine
        self.engine, said = self._stack.enter_context(opening(setup.engine, shop))
        self.said = tuple(map(str, said)) if isinstance(said, tuple) else ()
        try:
            self.data = _data(setup)
        except BaseException:
            self.close()
            raise
        self.executor = LocalExecutor(self.engine, self.data.files if self.data else None)
        self.swept = self.engine.sweep()

    def close(self) -> None:
        self._stack.close()


def _as_the_node_was_started() -> None:
    """Undo the environment variables that Ray sets for its users' libraries.

    Interpreters of the node would inherit them, and probes would then describe Ray's settings. The
    variables are reset to what the raylet, our parent process, was started with.
    """
    try:
        raw = Path(f"/proc/{os.getppid()}/environ").read_bytes()
    except OSError:
        return
    given = dict(one.partition(b"=")[::2] for one in raw.split(b"\0"))
    for name in _SET_BY_RAY:
        value = given.get(name.encode())
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value.decode("utf-8", "surrogateescape")


_open: dict[NodeSetup, OpenNode] = {}


def _node(setup: NodeSetup) -> OpenNode:
    """Return this process's open engine; an engine of another run is closed first."""
    key = replace(setup, opening=None)
    if key not in _open:
        for other in _open.values():
            other.close()
        _open.clear()
        _open[key] = OpenNode(setup)
    return _open[key]


def _data(setup: NodeSetup) -> DataSet | None:
    if not setup.dataset:
        return None
    where = places()
    download = not setup.offline and may_download(os.environ)
    return find_dataset(setup.dataset, where.data, where.cache / "data", download)


def versions() -> NodeVersions:
    """Return the versions of this process."""
    from harness import __version__

    return NodeVersions(harness=__version__, python=platform.python_version())


def look(setup: NodeSetup) -> NodeSeen:
    """Describe this node, or why it cannot take cells."""
    try:
        node = _node(setup)
        return NodeSeen(
            address=engine_address(node.engine),
            machine=owner_token().rpartition(":")[2],
            engine=node.engine.describe(),
            host=node.engine.host(),
            room=node.engine.stock.room() if node.engine.stock is not None else None,
            dataset=node.data.digest if node.data else "",
            notice=node.data.notice if node.data else "",
            said=node.said,
        )
    except HarnessError as error:
        return NodeSeen(problem=f"{error.message}" + (f" ({error.remedy})" if error.remedy else ""))


def engine_address(engine: Engine) -> str:
    """Return the address at which this process reaches a container engine; empty for others."""
    from harness.engines.oci.capabilities import address
    from harness.engines.oci.engine import ContainerEngine

    if not isinstance(engine, ContainerEngine):
        return ""
    return without_credentials(address(engine.capabilities, os.environ))


def perform_group(
    setup: NodeSetup, task: Task, name: str, attempt: int, teller: Teller
) -> Iterator[Record | Attempt | SecondOpinion | Further]:
    """Perform one whole group on this node; each record gets the node's name in the run.

    InfrastructureError if the node has other data than the run was begun with; also what the engine
    raises if it cannot be opened.
    """
    node = _node(setup)
    if task.dataset_digest and (node.data is None or node.data.digest != task.dataset_digest):
        raise InfrastructureError("the data set on this node is not the one the run was begun with")

    def tell(cell: str, doing: str) -> None:
        teller(cell, doing, isinstance(doing, Passing))

    for swept in node.swept:
        tell("", f"removed what a dead run left: {swept}")
    node.swept = ()
    node.executor.prepare([task], tell)
    for said in node.executor.carry([task], tell):
        if isinstance(said, Record):
            yield _of(said, name, attempt)
        elif isinstance(said, Attempt):
            yield replace(said, record=_of(said.record, name, attempt))
        elif not isinstance(said, GroupLost):  # A local executor never loses a group.
            yield said


def _of(record: Record, name: str, attempt: int) -> Record:
    seen: Mapping[str, Scalar] = {ATTEMPT: attempt} if attempt > 1 else {}
    return replace(record, host=name, observed={**record.observed, **seen})


def clean(setup: NodeSetup, run: str) -> tuple[str, ...]:
    """Remove what a run needed here, and what dead processes left; return what those left."""
    node = _node(setup)
    node.executor.release(run)
    swept, node.swept = node.swept, ()
    return (*swept, *node.engine.sweep())

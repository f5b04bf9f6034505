"""Connects to a Ray cluster and checks its nodes before a run: versions, engines, hosts and data.

Ray is called only in this module and in `executor`.
"""

from __future__ import annotations

import os
import platform
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from harness import __version__
from harness.errors import InfrastructureError, UsageError
from harness.running.cluster import node as on_node
from harness.running.cluster.address import REMEDY, check_listens, cluster_address
from harness.running.cluster.needs import TOKEN
from harness.running.cluster.seen import NodeSeen, NodeSetup, NodeVersions, RayNode

_LOOK_S = 120.0
"""Seconds that a node has to describe itself: a process starts there, and an engine is asked."""


def ray_module() -> ModuleType:
    """Import Ray, an optional dependency. UsageError, with how to install it, if it is missing."""
    try:
        import ray
    except ImportError:
        raise UsageError(
            "--executor ray needs Ray, which is not installed here",
            remedy="python -m pip install 'harness[ray]', in the same version on every node",
        ) from None
    module: ModuleType = ray
    return module


@contextmanager
def connected(executor: str) -> Iterator[Cluster]:
    """Connect to the named cluster until the end of `with`.

    UsageError if Ray is not installed or the name is malformed; InfrastructureError if no cluster
    answers there.
    """
    address = cluster_address(executor)
    ray = ray_module()
    check_listens(address)
    with without_what_ray_prints():
        try:
            with _signals_as_they_were():
                ray.init(
                    address=address,
                    namespace="harness",
                    log_to_driver=False,
                    logging_level="ERROR",
                    configure_logging=False,
                )
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise InfrastructureError(
                f"no Ray cluster answers at {address}: {str(error).splitlines()[0]:.300}",
                remedy=REMEDY,
            ) from None
        try:
            yield Cluster(ray)
        finally:
            ray.shutdown()


@contextmanager
def without_what_ray_prints() -> Iterator[None]:
    """Discard standard output, to which Ray prints while a cluster is open.

    When a node dies, a thread of Ray's prints the last lines of its log there whatever its options,
    which would land in the middle of a report. Our own code reports lost nodes itself, and prints
    nothing to standard output meanwhile.
    """
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield


@contextmanager
def _signals_as_they_were() -> Iterator[None]:
    """Restore the SIGTERM handler: Ray sets its own, which would end a run with another status."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


class Cluster:
    """An open connection to a cluster."""

    def __init__(self, ray: ModuleType) -> None:
        self.ray = ray
        self._known: dict[Callable[..., Any], Any] = {}

    def alive(self) -> tuple[RayNode, ...]:
        """Return the live nodes that have the resource `harness`, sorted by name."""
        found = [
            RayNode(
                id=str(one["NodeID"]),
                name=str(one.get("NodeName") or one.get("NodeManagerAddress") or one["NodeID"]),
                resources=dict(one.get("Resources") or {}),
            )
            for one in self.ray.nodes()
            if one["Alive"] and (one.get("Resources") or {}).get(TOKEN)
        ]
        return tuple(sorted(found, key=lambda one: (one.name, one.id)))

    def on(self, node: str, function: Callable[..., Any], **more: object) -> Any:
        """Return a function as a Ray task that runs on that node only.

        Ray never retries it: what is repeated, and how, is decided by the executor.
        """
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        where = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
        options: dict[str, object] = {"num_cpus": 0, "max_retries": 0, "scheduling_strategy": where}
        if function not in self._known:  # Each call of `remote` sends the function's code again.
            self._known[function] = self.ray.remote(function)
        return self._known[function].options(**options, **more)

    def everywhere(
        self, nodes: Sequence[RayNode], function: Callable[..., Any], *arguments: object
    ) -> dict[str, object]:
        """Call a function on each of the nodes; return its results by the node's id.

        The result is a RayError if the call failed or did not end in time.
        """
        from ray.exceptions import RayError

        asked = {one.id: self.on(one.id, function).remote(*arguments) for one in nodes}
        answers: dict[str, object] = {}
        for id_, reference in asked.items():
            try:
                answers[id_] = self.ray.get(reference, timeout=_LOOK_S)
            except RayError as error:
                answers[id_] = error
        return answers

    def nodes(self) -> tuple[RayNode, ...]:
        """Return the nodes that have the resource `harness`, after checking their versions.

        UsageError if one runs other versions than this process; InfrastructureError if there are
        none.
        """
        nodes = self.alive()
        if not nodes:
            raise InfrastructureError(
                f"no node of the cluster has the resource {TOKEN}",
                remedy='on each node: eval "ray start --address=HOST:PORT $(harness host --ray)"',
            )
        check_versions(nodes, self.everywhere(nodes, _versions_by_value()))
        return nodes

    def look(self, nodes: Sequence[RayNode], setup: NodeSetup) -> dict[str, NodeSeen]:
        """Ask each node to describe itself; a node that cannot take cells says why. By node id."""
        found = {}
        for id_, answer in self.everywhere(nodes, on_node.look, setup).items():
            told = answer if isinstance(answer, NodeSeen) else NodeSeen(problem=_first(answer))
            found[id_] = told
        return found


def _versions_by_value() -> Callable[[], object]:
    """Return a function that Ray sends as code, not by name: the node may have another harness, or
    none."""

    def ask() -> object:
        import platform

        try:
            from harness import __version__
        except ImportError:
            __version__ = ""
        return {"harness": __version__, "python": platform.python_version()}

    return ask


def check_versions(nodes: Sequence[RayNode], answers: Mapping[str, object]) -> None:
    """Raise a UsageError that names every node with other versions than the driver."""
    own = NodeVersions(harness=__version__, python=platform.python_version())
    wrong = []
    for one in nodes:
        answer = answers[one.id]
        if not isinstance(answer, dict):
            wrong.append(f"{one.name} does not answer: {_first(answer)}")
            continue
        theirs = NodeVersions(harness=str(answer["harness"]), python=str(answer["python"]))
        if theirs != own:
            wrong.append(f"{one.name} has {theirs}")
    if wrong:
        raise UsageError(
            f"every node must run what runs here ({own}), but {'; '.join(wrong)}",
            remedy="install the same version of harness for the same Python on all nodes",
        )


def _first(error: object) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__

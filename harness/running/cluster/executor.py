"""The executor `ray`: sends groups of cells to the nodes of a cluster and passes on their results.

A whole group runs on one node, which it has for itself, and Ray retries nothing. If a node or one
of its processes dies, the group's records so far become evidence, and the group is asked again.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.errors import HarnessError, InternalError
from harness.model import SecondOpinion
from harness.running.cluster import node as on_node
from harness.running.cluster.absent import given_up
from harness.running.cluster.choosing import renewed
from harness.running.cluster.connected import Cluster
from harness.running.cluster.needs import TOKEN, lacking
from harness.running.cluster.queue import GroupQueue, WaitingGroup
from harness.running.cluster.seen import NodeSetup, UsableNode
from harness.running.executor import Carried, Site
from harness.running.round import Tell
from harness.running.task import WAITING, Passing, Task

_BEAT_S = 0.5
"""Seconds to wait for results before checking what the nodes are doing."""
_LOOK_AGAIN_S = 2.0
_MOST_REST_S = 16.0
"""Longest pause, in seconds, of a node that lost groups in a row: it begins at 1 s and doubles."""
_LAST_WORD_S = 5.0
_GONE_S = 60.0
"""Seconds to wait for a node to come back when none is left."""
_CLEAN_S = 60.0
_LINES = 2000


class NodeBoard:
    """Collects what processes on the nodes are doing, to show it to the user; a Ray actor."""

    def __init__(self) -> None:
        self._lines: deque[tuple[str, str, bool]] = deque(maxlen=_LINES)

    def tell(self, cell: str, doing: str, passing: bool) -> None:
        """Add what is being done for a cell on a node."""
        self._lines.append((cell, doing, passing))

    def taken(self) -> list[tuple[str, str, bool]]:
        """Return what was added since the last call."""
        found = list(self._lines)
        self._lines.clear()
        return found


def carry_group(setup: NodeSetup, task: Task, name: str, attempt: int, board: Any) -> Iterator[Any]:
    """Perform a group on a node; this is the function that Ray calls there."""

    def teller(cell: str, doing: str, passing: bool) -> None:
        board.tell.remote(cell, doing if passing else f"{doing} [{name}]", passing)

    yield from on_node.perform_group(setup, task, name, attempt, teller)


@dataclass(kw_only=True)
class GroupUnderWay:
    """A group that a node is working on."""

    node: UsableNode
    group: WaitingGroup
    opinions: list[SecondOpinion]


class RayExecutor:
    """An executor on the nodes of one host class in an open cluster."""

    def __init__(self, cluster: Cluster, setup: NodeSetup, nodes: Sequence[UsableNode]) -> None:
        self._cluster = cluster
        self._ray = cluster.ray
        self._setup = setup
        self._sent = cluster.ray.put(setup)
        self._nodes = tuple(nodes)
        self._board: Any = None
        self._asked_board: Any = None
        self._living: tuple[UsableNode, ...] = ()
        self._looked = float("-inf")
        self._lost_in_a_row: Counter[str] = Counter()
        self._resting: dict[str, float] = {}

    @property
    def site(self) -> Site:
        """All nodes; the run's engine and host are those of the first node."""
        first = self._nodes[0].named
        hosts = tuple(one.named for one in self._nodes)
        return Site(engine=first.engine, host=first.host, hosts=hosts)

    def sweep(self, tell: Tell) -> None:
        """Remove what dead runs left on each node."""
        tell("", Passing("looking for what dead runs left"))
        self._cleaned("", tell)

    def prepare(self, tasks: Sequence[Task], tell: Tell) -> tuple[str, ...]:
        """Return notices on needs that no node meets; each node finds room when it gets a group."""
        notices = []
        for need, cells in lacking(tasks, [one.resources for one in self._nodes]).items():
            listed = ", ".join(cells[:5]) + (f" and {len(cells) - 5} more" if cells[5:] else "")
            notices.append(f"no node has enough of {need} for {listed}: they run anyway")
        if len(self._nodes) > 1 and any(len(task.orders) > 1 for task in tasks):
            notices.append(
                "cells that are compared over rounds take turns on one node: other nodes are idle"
            )
        for notice in notices:
            tell("", notice)
        return tuple(notices)

    def carry(self, tasks: Sequence[Task], tell: Tell) -> Generator[Carried, None, None]:
        """Send every group to a node; yield results as they come, in no order between groups."""
        queue = GroupQueue(tasks, self._nodes)
        under_way: dict[Any, GroupUnderWay] = {}
        self._board = self._ray.remote(NodeBoard).options(num_cpus=0, max_restarts=0).remote()
        alone_since: float | None = None
        try:
            while len(queue) or under_way:
                there = self._there()
                self._send(queue, under_way, there)
                if not under_way:
                    alone_since = alone_since or time.monotonic()
                    if time.monotonic() - alone_since > _GONE_S:
                        for group in queue.rest():
                            yield from self._given_up(group, "no node of the cluster is left")
                        return
                    time.sleep(_BEAT_S)
                    continue
                alone_since = None
                ready, _ = _interruptible(self._ray.wait, list(under_way), timeout=_BEAT_S)
                for generator in ready:
                    yield from self._heard(generator, under_way, queue)
                self._tell_told(tell)
            for _ in range(2):  # A request that is pending may lack the last lines.
                self._tell_told(tell, _LAST_WORD_S)
        finally:
            # If the cluster is gone, there is nothing to stop; any other error here is a bug.
            for generator in under_way:
                with suppress(self._ray.exceptions.RayError):
                    self._ray.cancel(generator, force=True)
            with suppress(self._ray.exceptions.RayError):
                self._ray.kill(self._board)

    def release(self, run: str) -> None:
        """Remove what the run needed on each live node, except images."""
        self._cleaned(run, lambda *_: None)

    def _there(self) -> tuple[UsableNode, ...]:
        """Return the live nodes; the list is renewed regularly, and after a group was lost."""
        if time.monotonic() - self._looked > _LOOK_AGAIN_S:
            alive = self._cluster.alive()
            found = (renewed(node, alive) for node in self._nodes)
            self._living = tuple(node for node in found if node is not None)
            self._looked = time.monotonic()
        return self._living

    def _send(
        self, queue: GroupQueue, under_way: dict[Any, GroupUnderWay], there: Sequence[UsableNode]
    ) -> None:
        busy = {one.node.id for one in under_way.values()}
        now = time.monotonic()
        for node in there:
            if node.id in busy or self._resting.get(node.named.name, now) > now:
                continue
            group = queue.next_for(node, there)
            if group is None:
                continue
            sent = self._cluster.on(
                node.id, carry_group, num_returns="streaming", resources={TOKEN: 1}
            ).remote(self._sent, group.task, node.named.name, group.attempt, self._board)
            under_way[sent] = GroupUnderWay(node=node, group=group, opinions=[])

    def _heard(
        self, generator: Any, under_way: dict[Any, GroupUnderWay], queue: GroupQueue
    ) -> Iterator[Carried]:
        """Yield the next result of a group, or handle its end."""
        from ray.exceptions import RayError, RayTaskError

        one = under_way[generator]
        try:
            said = _interruptible(self._ray.get, _interruptible(next, generator))
        except StopIteration:
            del under_way[generator]
            self._lost_in_a_row[one.node.named.name] = 0
            yield from one.opinions
            return
        except RayTaskError as error:
            del under_way[generator]
            if not isinstance(error.cause, HarnessError):
                raise InternalError(f"a worker on {one.node.named.name} failed: {error}") from error
            yield from self._lost(one, error.cause.message, queue)
            return
        except RayError as error:
            del under_way[generator]
            yield from self._lost(one, _told(error), queue)
            return
        one.group.heard(said)
        if isinstance(said, SecondOpinion):
            one.opinions.append(said)
        else:
            yield said

    def _lost(self, one: GroupUnderWay, why: str, queue: GroupQueue) -> Iterator[Carried]:
        # Ray takes seconds to notice that a node is gone. Pause the node meanwhile, or it would
        # lose one group after the other.
        name = one.node.named.name
        self._lost_in_a_row[name] += 1
        rest = min(2.0 ** (self._lost_in_a_row[name] - 1), _MOST_REST_S)
        self._resting[name] = time.monotonic() + rest
        self._looked = float("-inf")
        yield one.group.lost(one.node.named.name, why)
        if one.group.hopeless:
            yield from self._given_up(one.group, one.group.why)
        else:
            queue.again(one.group)

    def _given_up(self, group: WaitingGroup, why: str) -> Iterator[Carried]:
        yield from given_up(group.task, self.site.engine.name, why)

    def _tell_told(self, tell: Tell, wait: float = 0.0) -> None:
        """Show what nodes are doing. An error here is ignored: it costs only lines of output."""
        if self._asked_board is None:
            self._asked_board = self._board.taken.remote()
        ready, _ = _interruptible(self._ray.wait, [self._asked_board], timeout=wait)
        if not ready:
            return
        with suppress(self._ray.exceptions.RayError):
            for cell, doing, passing in _interruptible(self._ray.get, self._asked_board):
                tell(cell, _passing(doing) if passing else doing)
        self._asked_board = None

    def _cleaned(self, run: str, tell: Tell) -> None:
        asked = {
            node.named.name: self._cluster.on(node.id, on_node.clean).remote(self._sent, run)
            for node in self._there()
        }
        until = time.monotonic() + _CLEAN_S
        for name, reference in asked.items():
            try:
                left = max(0.0, until - time.monotonic())
                for removed in self._ray.get(reference, timeout=left):
                    tell("", f"{name}: removed what a dead run left: {removed}")
            except self._ray.exceptions.RayError as error:
                tell("", f"{name} did not clean up; its next run will: {_told(error)}")


def _interruptible(call: Callable[..., Any], *arguments: Any, **more: Any) -> Any:
    """Make a call to Ray; raise what a signal handler raised during it.

    If a handler raises in the middle of Ray's C code, that turns the exception into a SystemError.
    """
    try:
        return call(*arguments, **more)
    except SystemError as error:
        if error.__cause__ is None:
            raise
        raise error.__cause__ from None


def _passing(doing: str) -> Passing:
    """Return a `Passing` text; `WAITING` as this process's own object, since it is compared by
    identity."""
    return WAITING if doing == WAITING else Passing(doing)


def _told(error: Exception) -> str:
    kind = {
        "WorkerCrashedError": "its process on the node died",
        "NodeDiedError": "the node died",
        "TaskUnschedulableError": "the node is gone",
        "ObjectLostError": "the node died, and what it said was lost with it",
        "OwnerDiedError": "the node died, and what it said was lost with it",
        "OutOfMemoryError": "Ray killed it, as the node's memory was full",
        "GetTimeoutError": "it did not answer in time",
    }
    return kind.get(type(error).__name__, f"{type(error).__name__}: {str(error)[:200]}")

"""Decides which group goes to which node, and what happens to a group that a node lost.

This does not use Ray. Groups are sent in the order of the plan, each to a free node that has what
it needs. A lost group is asked again as a whole, on another node if one can take it; after
`MOST_ATTEMPTS` it is given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from harness.model import Attempt, Record
from harness.running.cluster.needs import Resources, asked_of, fits, needs_of
from harness.running.cluster.seen import UsableNode
from harness.running.executor import GroupLost
from harness.running.steering import Further
from harness.running.task import Task

MOST_ATTEMPTS = 5
"""How often a group is tried, so that one whose cells bring down every node comes to an end."""


@dataclass(kw_only=True)
class WaitingGroup:
    """A group that waits for a node, or runs on one."""

    task: Task
    needs: Resources
    attempt: int = 1
    avoid: frozenset[str] = frozenset()
    """Names of nodes that lost the group."""
    why: str = ""
    """How the group was lost last."""
    records: list[Record] = field(default_factory=list)
    """The records of this attempt so far."""

    def heard(self, said: object) -> None:
        """Remember records, which are taken back if the attempt is lost, and further rounds, which
        stay planned even then."""
        if isinstance(said, Record):
            self.records.append(said)
        elif isinstance(said, Further):
            rounds = dict.fromkeys(said.cells, said.rounds)
            self.task = replace(self.task, planned={**self.task.planned, **rounds})

    def lost(self, node: str, why: str) -> GroupLost:
        """End this attempt and prepare the next; return its records as evidence."""
        reason = f"attempt {self.attempt} on {node}: {why}"
        cells = ", ".join(order.cell.id for order in self.task.orders[:3])
        more = len(self.task.orders) - 3
        told = GroupLost(
            attempts=tuple(Attempt(record=one, reason=reason) for one in self.records),
            why=f"{cells}{f' and {more} more' if more > 0 else ''}: {reason}",
        )
        places = dict(self.task.containers)
        for record in self.records:
            place = (record.cell, record.round)
            places[place] = max(places.get(place, 0), record.container)
        self.task = replace(self.task, containers=places)
        self.records, self.why = [], reason
        self.avoid |= {node}
        self.attempt += 1
        return told

    @property
    def hopeless(self) -> bool:
        return self.attempt > MOST_ATTEMPTS


class GroupQueue:
    """The groups of a run that wait for a node."""

    def __init__(self, tasks: Iterable[Task], nodes: Sequence[UsableNode]) -> None:
        there = [node.resources for node in nodes]
        self._waiting = deque(
            WaitingGroup(task=task, needs=asked_of(needs_of(task), there))
            for task in tasks
            if task.orders
        )

    def __len__(self) -> int:
        return len(self._waiting)

    def again(self, group: WaitingGroup) -> None:
        """Put a lost group at the end of the queue, so that one whose cells bring down their node
        does not use up nodes that others could work on."""
        self._waiting.append(group)

    def next_for(self, node: UsableNode, others: Iterable[UsableNode]) -> WaitingGroup | None:
        """Remove and return the first group that this node can take; None if there is none.

        A group that this node lost waits for another node while one of `others` can take it.
        """
        others = tuple(others)
        for place, group in enumerate(self._waiting):
            if not fits(group.needs, node.resources):
                continue
            elsewhere = node.named.name in group.avoid and any(
                other.named.name not in group.avoid and fits(group.needs, other.resources)
                for other in others
            )
            if not elsewhere:
                del self._waiting[place]
                return group
        return None

    def rest(self) -> tuple[WaitingGroup, ...]:
        """Remove and return all groups that still wait."""
        found = tuple(self._waiting)
        self._waiting.clear()
        return found

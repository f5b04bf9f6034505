"""Chooses the nodes of a cluster that a run uses, with notices about the others. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.errors import UsageError
from harness.model import RunHost
from harness.running.cluster.seen import NodeSeen, RayNode, UsableNode


def usable(
    nodes: Sequence[RayNode], seen: Mapping[str, NodeSeen]
) -> tuple[tuple[UsableNode, ...], tuple[str, ...]]:
    """Return the nodes that can take cells, with distinct names, and notices about the others.

    UsageError if two nodes cannot be told apart, share an engine, or have different data.
    """
    there = [one for one in nodes if not seen[one.id].problem]
    said = [
        f"{one.name} takes no cell: {seen[one.id].problem}" for one in nodes if seen[one.id].problem
    ]
    counts = Counter(one.name for one in there)
    found = []
    for one in there:
        told = seen[one.id]
        assert told.engine is not None, "it has no problem"
        assert told.host is not None, "it has no problem"
        name = one.name if counts[one.name] == 1 else f"{one.name} ({told.address})"
        named = RunHost(name=name, address=told.address, engine=told.engine, host=told.host)
        found.append(UsableNode(id=one.id, named=named, resources=dict(one.resources), seen=told))
    _check_apart(found)
    data = {one.seen.dataset for one in found}
    if len(data) > 1:
        listed = ", ".join(f"{one.named.name} {one.seen.dataset[:20]}" for one in found)
        raise UsageError(
            f"the nodes have different data sets: {listed}",
            remedy="put the same data where HARNESS_DATA of each node names it",
        )
    return tuple(found), tuple(said)


def _check_apart(nodes: Sequence[UsableNode]) -> None:
    """Raise UsageError if nodes have the same name or share a container engine.

    On a shared engine, one node would disturb what the other times, and neither would keep to its
    disk budget.
    """
    names = Counter(one.named.name for one in nodes)
    engines = Counter((one.seen.machine, one.named.address) for one in nodes if one.named.address)
    twice = [name for name, times in names.items() if times > 1]
    if twice:
        raise UsageError(
            f"{twice[0]} is the name of several nodes",
            remedy="start each with a name of its own: ray start --node-name NAME",
        )
    shared = [engine for engine, times in engines.items() if times > 1]
    if shared:
        having = [
            one.named.name for one in nodes if (one.seen.machine, one.named.address) == shared[0]
        ]
        raise UsageError(
            f"the nodes {', '.join(having)} share the engine at {shared[0][1]}",
            remedy="give each node an engine of its own: start it with another DOCKER_HOST",
        )


def of_one_class(
    nodes: Sequence[UsableNode],
) -> tuple[tuple[UsableNode, ...], tuple[str, ...]]:
    """Return the nodes that a run uses, all of one host class and engine, and notices on the rest.

    Cells on hosts of different classes must not be compared. The class with the most nodes is
    taken; of several, that of the first node.
    """
    classes = [(one.named.engine.name, one.named.host) for one in nodes]
    most = max(Counter(classes).values())
    chosen = next(one for one in classes if classes.count(one) == most)
    taken = tuple(one for one, of in zip(nodes, classes, strict=True) if of == chosen)
    others = [one.named.name for one in nodes if one not in taken]
    said = (
        (
            f"{', '.join(others)} take no cell: their host class or engine is not that of "
            f"{', '.join(one.named.name for one in taken)}, and cells of one run are compared with "
            "each other",
        )
        if others
        else ()
    )
    return taken, said


def renewed(node: UsableNode, alive: Sequence[RayNode]) -> UsableNode | None:
    """Return the node with its current id, since Ray gives it a new one each time it starts.

    None if the node is not there.
    """
    for one in alive:
        if one.id == node.id:
            return node
    bare = node.named.name.partition(" (")[0]
    again = [one for one in alive if one.name in (node.named.name, bare)]
    return replace(node, id=again[0].id) if len(again) == 1 else None

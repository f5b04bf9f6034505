"""What a cell needs and what a node has, both as Ray resources. Pure.

Ray itself knows CPU, GPU and memory of a node; whatever else decides where a cell can run is a
custom resource with a name of ours. `harness host --ray` prints what a node has, for `ray start`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from math import ceil

from harness.engines.budget import need_of
from harness.knowledge.frameworks import builds, names
from harness.knowledge.versions import release
from harness.model import Cell, HostClass
from harness.recipes.orders import Order
from harness.running.task import Task

Resources = Mapping[str, float]

TOKEN = "harness"
"""One on each node: a group holds it to have the node's engine for itself, which timing needs."""
MEMORY = "harness_memory_gib"
DISK = "harness_disk_gb"
"""GB for images on the disk of the node's engine."""
GPU = "GPU"
_CPU = "harness_cpu_"
SETS = ("avx", "avx2", "avx512f", "fma")
"""Instruction sets that builds of frameworks are known to need."""
_GIB = 1024**3
_GB = 10**9
_GPU_NEEDED = "all"


def resources_of(host: HostClass, room: int | None) -> dict[str, float]:
    """Return what a host has.

    `room` is the bytes for images on its engine's disk; if it is None (unknown), no cell is refused
    for lack of disk space.
    """
    found = {TOKEN: 1.0, MEMORY: float(host.memory_gib)}
    if room is not None:
        found[DISK] = float(room // _GB)
    found |= {f"{_CPU}{one}": 1.0 for one in SETS if one in host.cpu_flags}
    if host.gpus:
        found[GPU] = float(len(host.gpus))
    return found


def start_arguments(resources: Resources) -> str:
    """Return the arguments of `ray start` that state what a node has, quoted for a shell."""
    own = {name: value for name, value in resources.items() if name != GPU}
    told = json.dumps({name: int(value) for name, value in own.items()}, sort_keys=True)
    gpus = int(resources.get(GPU, 0))
    return f"--resources='{told}'" + (f" --num-gpus={gpus}" if gpus else "")


def needs_of(task: Task) -> dict[str, float]:
    """Return what a node must have for a task: the most that any cell needs of each resource, and
    disk space for all images of the task at once."""
    needs = {TOKEN: 1.0}
    for order in task.orders:
        for name, value in _of_cell(order.cell).items():
            needs[name] = max(needs.get(name, 0.0), value)
    disk = sum(_on_disk(order) for order in task.orders if not order.as_cell)
    if disk:
        needs[DISK] = float(ceil(disk / _GB))
    return needs


def fits(needs: Resources, resources: Resources) -> bool:
    """Whether a node with these resources meets these needs.

    A resource that the node does not state counts as 0, except the disk, whose size may be unknown.
    """
    return all(
        resources.get(name, value if name == DISK else 0.0) >= value
        for name, value in needs.items()
    )


def asked_of(needs: Resources, nodes: Sequence[Resources]) -> dict[str, float]:
    """Return the needs that at least one node of the cluster meets, each need by itself.

    Ray would wait for ever for a need that no node meets, so it is not asked for it: the cell runs
    as it would on one machine, and its records show what was lacking.
    """
    return {
        name: value
        for name, value in needs.items()
        if any(fits({name: value}, node) for node in nodes)
    }


def lacking(tasks: Iterable[Task], nodes: Sequence[Resources]) -> dict[str, tuple[str, ...]]:
    """Return the cells that have a need which no node meets, by need."""
    found: dict[str, list[str]] = {}
    for task in tasks:
        needs = needs_of(task)
        for name in sorted(needs.keys() - asked_of(needs, nodes).keys()):
            found.setdefault(name, []).extend(order.cell.id for order in task.orders)
    return {name: tuple(cells) for name, cells in found.items()}


def _of_cell(cell: Cell) -> dict[str, float]:
    needs = {f"{_CPU}{one}": 1.0 for one in _instruction_sets(cell)}
    if cell.gpu == _GPU_NEEDED:
        needs[GPU] = 1.0
    if not cell.host:
        needs[MEMORY] = float(ceil(cell.profile.memory_bytes / _GIB))
    return needs


def _instruction_sets(cell: Cell) -> set[str]:
    """Return the instruction sets that the cell's frameworks are known to need."""
    found: set[str] = set()
    for name, version in cell.framework:
        if name not in names():
            continue
        minor = ".".join(map(str, release(version)[:2]))
        build = builds(name).get(minor)
        if build is not None:
            found.add(build.needs(version))
    return found & set(SETS)


def _on_disk(order: Order) -> int:
    """Bytes that a cell's image takes, plus what building it takes temporarily."""
    if order.recipe is None:
        return 0
    need = need_of(order.cell.id, order.recipe.lock)
    return need.kept + need.passing

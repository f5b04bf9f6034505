"""What a cell needs of a node, and what a node has, both as Ray resources. Pure.

Ray knows CPU, GPU and memory of a node by itself; what else decides where a cell can be asked has
names of ours. `harness host --ray` prints what a node has, for `ray start`.
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
"""One on each node: whoever holds it has the node's engine alone, which times need."""
MEMORY = "harness_memory_gib"
DISK = "harness_disk_gb"
"""Room for images on the node's engine."""
GPU = "GPU"
_CPU = "harness_cpu_"
SETS = ("avx", "avx2", "avx512f", "fma")
"""Instruction sets that builds of frameworks are known to ask for."""
_GIB = 1024**3
_GB = 10**9
_GPU_NEEDED = "all"


def resources_of(host: HostClass, room: int | None) -> dict[str, float]:
    """What a host has; `room` in bytes is what its engine's disk has for images, None: not known,
    and then nothing is refused for it."""
    found = {TOKEN: 1.0, MEMORY: float(host.memory_gib)}
    if room is not None:
        found[DISK] = float(room // _GB)
    found |= {f"{_CPU}{one}": 1.0 for one in SETS if one in host.cpu_flags}
    if host.gpus:
        found[GPU] = float(len(host.gpus))
    return found


def start_arguments(resources: Resources) -> str:
    """The arguments of `ray start` that tell Ray what a node has, for a shell."""
    own = {name: value for name, value in resources.items() if name != GPU}
    told = json.dumps({name: int(value) for name, value in own.items()}, sort_keys=True)
    gpus = int(resources.get(GPU, 0))
    return f"--resources='{told}'" + (f" --num-gpus={gpus}" if gpus else "")


def needs_of(task: Task) -> dict[str, float]:
    """What a node must have for every cell of a task; images of a task are there together."""
    needs = {TOKEN: 1.0}
    for order in task.orders:
        for name, value in _of_cell(order.cell).items():
            needs[name] = max(needs.get(name, 0.0), value)
    disk = sum(_on_disk(order) for order in task.orders if not order.as_cell)
    if disk:
        needs[DISK] = float(ceil(disk / _GB))
    return needs


def fits(needs: Resources, resources: Resources) -> bool:
    """Whether a node that has these resources can take what needs those. What it tells nothing of
    is refused for instruction sets and GPUs alone: of a disk nothing may be known."""
    return all(
        resources.get(name, value if name == DISK else 0.0) >= value
        for name, value in needs.items()
    )


def asked_of(needs: Resources, nodes: Sequence[Resources]) -> dict[str, float]:
    """The needs that some node of the cluster meets, each by itself. What none meets is not asked
    of Ray, which would wait for ever: the cell is asked as on one machine, and its answer says what
    was lacking."""
    return {
        name: value
        for name, value in needs.items()
        if any(fits({name: value}, node) for node in nodes)
    }


def lacking(tasks: Iterable[Task], nodes: Sequence[Resources]) -> dict[str, tuple[str, ...]]:
    """By need that no node meets: the cells that have it."""
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
    """What the frameworks that a cell claims are known to need of a CPU."""
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
    """Bytes that a cell's image takes, and building it beside."""
    if order.recipe is None:
        return 0
    need = need_of(order.cell.id, order.recipe.lock)
    return need.kept + need.passing

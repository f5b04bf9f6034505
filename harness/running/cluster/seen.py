"""What goes to a node with a run, and what is seen of a node before one: plain values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.engines import Engine, Workshop
from harness.model import EngineInfo, HostClass, RunHost, Suite

Opening = Callable[[str, Workshop], contextlib.AbstractContextManager[tuple[Engine, object]]]
"""Opens the engine of that name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSetup:
    """How a node opens its engine for a run, wherever the node is: its cache, its data and its
    owner are its own."""

    engine: str
    suite: Suite
    refresh_bases: bool = False
    fresh: bool = False
    offline: bool = False
    disk_budget: str = ""
    """As the command line names it; else the node's own variable."""
    baseline_images: frozenset[str] = frozenset()
    registry: str = ""
    """Where images of cells are shared, as whoever started the run names it; else the node's own
    variable."""
    dataset: str = ""
    """Name of the data set that probes ask for; empty: none does."""
    opening: Opening | None = field(default=None, compare=False)
    """None: as on one machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeVersions:
    """What a node runs; it must be what the driver runs."""

    harness: str
    python: str

    def __str__(self) -> str:
        return f"harness {self.harness or 'none'}, Python {self.python}"


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSeen:
    """What a node told of itself."""

    address: str = ""
    """Where it reaches its engine."""
    machine: str = ""
    """Digits that two nodes of one machine have in common."""
    engine: EngineInfo | None = None
    """None: it answered nothing, as `problem` says."""
    host: HostClass | None = None
    room: int | None = None
    """Bytes that its engine's disk has for images; None: nothing bounds them, or it cannot tell."""
    dataset: str = ""
    """Digest of the data set it has."""
    notice: str = ""
    """What is to be said of that."""
    said: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class UsableNode:
    """A node that takes cells of a run."""

    id: str
    """Ray's, another one each time the node starts."""
    named: RunHost
    resources: dict[str, float]
    seen: NodeSeen


@dataclass(frozen=True, kw_only=True, slots=True)
class RayNode:
    """A node that lives, as Ray tells of it."""

    id: str
    name: str
    resources: Mapping[str, float]

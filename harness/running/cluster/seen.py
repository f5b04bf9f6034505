"""Plain values: the setup that a run sends to its nodes, and how nodes describe themselves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.engines import Engine, Workshop
from harness.model import EngineInfo, HostClass, RunHost, Suite

Opening = Callable[[str, Workshop], contextlib.AbstractContextManager[tuple[Engine, object]]]
"""Opens the engine with the given name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSetup:
    """How nodes open their engine for a run; each node has its own cache, data and owner token."""

    engine: str
    suite: Suite
    refresh_bases: bool = False
    fresh: bool = False
    offline: bool = False
    disk_budget: str = ""
    """As given on the command line; if empty, the node's own environment variable counts."""
    baseline_images: frozenset[str] = frozenset()
    registry: str = ""
    """The registry for sharing images of cells, from the driver's environment; if empty, the node's
    own environment variable counts."""
    dataset: str = ""
    """Name of the data set that the probes need; empty if none does."""
    opening: Opening | None = field(default=None, compare=False)
    """How to open the engine; None for the way of a run on one machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeVersions:
    """The versions that a node runs; they must equal the driver's."""

    harness: str
    python: str

    def __str__(self) -> str:
        return f"harness {self.harness or 'none'}, Python {self.python}"


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeSeen:
    """How a node described itself."""

    address: str = ""
    """The address at which it reaches its engine."""
    machine: str = ""
    """Digits that are equal on all nodes of one machine."""
    engine: EngineInfo | None = None
    """None if the node cannot take cells; `problem` says why."""
    host: HostClass | None = None
    room: int | None = None
    """Bytes for images on its engine's disk; None if unlimited or unknown."""
    dataset: str = ""
    """Digest of its data set."""
    notice: str = ""
    """Notice on its data set."""
    said: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class UsableNode:
    """A node that takes cells of a run."""

    id: str
    """Ray's id, a new one each time the node starts."""
    named: RunHost
    resources: dict[str, float]
    seen: NodeSeen


@dataclass(frozen=True, kw_only=True, slots=True)
class RayNode:
    """A live node, as Ray describes it."""

    id: str
    name: str
    resources: Mapping[str, float]

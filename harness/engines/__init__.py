"""Engines run environments. Each is one module of this package, found by name.

An engine does two things: it obtains the environment that a cell asks for, and it performs a pass
of probes in it. Never here: planning, storing and judging.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module, resources
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Protocol, Self

from harness.engines.budget import Survey
from harness.errors import EngineError, UsageError
from harness.model import (
    Base,
    EngineInfo,
    HostClass,
    ImageIdentity,
    Outcome,
    Probe,
    Profile,
    Scalar,
    SecondOpinion,
)
from harness.probing.answer import Answer
from harness.promises import Promise
from harness.recipes.orders import Order

Say = Callable[[str], object]
"""Called with one line of progress for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Obtained:
    """An environment ready to be probed, or why there is none (then `outcome` is not ok)."""

    outcome: Outcome = Outcome.OK
    reason: str = ""
    image: ImageIdentity | None = None
    interpreter: str = ""
    """Path of the Python to start; if empty, python3, then python, on the environment's PATH."""
    seconds: float = 0.0
    log: str = ""
    """Path of the build log; empty if there is none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeQuestion:
    """One probe to run, with its settings already merged."""

    probe: Probe
    settings: Mapping[str, Scalar]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pass:
    """One pass of probes in one fresh container (or process) of an obtained environment."""

    run: str
    cell: str
    round: int
    obtained: Obtained
    questions: tuple[ProbeQuestion, ...]
    profile: Profile
    dataset: Mapping[str, Path] = field(default_factory=dict)
    """Files of the data set that the probes may read: name -> path."""
    gpu: str = ""
    promise: Promise | None = None
    """The promise that probes check from outside; probes inside need none. The probes of one pass
    all run inside, or all outside."""
    asks: Callable[[str], object] = field(default=lambda _: None, compare=False)
    """Called with the name of each probe when it is asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Performed:
    """The result of a pass: complete, verified answers by probe, and how the container ended.

    If `outcome` is not ok, it is the outcome of the first probe that has no answer; the probes
    after that one were not reached, and are performed in a fresh container.
    """

    answers: Mapping[str, Answer]
    outcome: Outcome = Outcome.OK
    reason: str = ""
    noise: str = ""
    seconds: float = 0.0
    containers: Mapping[str, int] = field(default_factory=dict)
    """By probe: the number of the container in the round that gave the answer, if not this one."""
    observed: Mapping[str, Scalar] = field(default_factory=dict)
    """Observations on the container that changed no answer."""
    signal: str = ""
    """The signal that ended the container's first process; empty if none did."""
    begun: bool = True
    """Whether Python reached the questions at all; if not, no probe is to blame."""


class GoneInPassError(EngineError):
    """The engine went away during a pass; `performed` has the answers until then, which are kept
    as evidence but do not count."""

    def __init__(self, why: EngineError, *, answers: Mapping[str, Answer], noise: str) -> None:
        super().__init__(why.message, remedy=why.remedy)
        self.performed = Performed(
            answers=answers, outcome=Outcome.ENGINE_GONE, reason=why.message, noise=noise
        )


class Stock(Protocol):
    """The images that an engine keeps on its disk, within the disk budget."""

    def survey(self, orders: Sequence[Order]) -> Survey | None:
        """Hold the images of these cells; return what they need and what there is room for.

        None if there is no limit. Raises EngineError.
        """

    def room(self) -> int | None:
        """Return the bytes that images of cells can have at most; None if unknown. Raises
        EngineError."""

    def free(self, orders: Sequence[Order]) -> None:
        """Allow the images of these cells to be removed: their records are stored."""

    def make_room(self, wanted: int, say: Say) -> None:
        """Remove images that nobody needs until `wanted` bytes fit. Raises EngineError."""


class Engine(Protocol):
    """The interface of every engine. Constructors do no I/O; `with` connects and disconnects."""

    name: str

    @property
    def stock(self) -> Stock | None:
        """The images that it keeps; None if it keeps none."""

    @property
    def here(self) -> bool:
        """Whether environments run on this host."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def describe(self) -> EngineInfo:
        """Return its name, versions and features."""

    def host(self) -> HostClass:
        """Return the class of the host on which environments run."""

    def sweep(self) -> tuple[str, ...]:
        """Remove what dead runs left; return the names of what was removed."""

    def obtain(self, order: Order, say: Say) -> Obtained:
        """Build, pull or find an environment. A failure is a value, not an exception.

        Raises EngineError only when the engine itself is gone.
        """

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> SecondOpinion | None:
        """Read the files of an obtained environment, without running anything.

        None if it has none to read. Raises EngineError only when the engine itself is gone.
        """

    def perform(self, request: Pass) -> Performed:
        """Run the probes of one pass. A hostile environment is a value, not an exception.

        Raises EngineError only when the engine itself is gone.
        """

    def stop(self) -> None:
        """Make whatever is being obtained, in other threads, stop soon."""

    def release(self, run: str) -> None:
        """Remove what a run needed, except images: its volume and its containers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """What engines need from the host and the command line: folders, bases, owner and options."""

    cache: Path
    logs: Path
    bases: Mapping[str, Base]
    owner: str
    refresh_bases: bool = False
    made_anew: set[str] = field(default_factory=set)
    """Names of bases and roots that `refresh_bases` has already made anew, and of images of
    Dockerfiles that were built, each only once."""
    fresh: bool = False
    """Whether to build Dockerfiles without anything that was built or kept before."""
    offline: bool = False
    disk_budget: int | None = None
    """Bytes that our images may take on the engine's disk; if None, the free space is the limit."""
    baseline_images: frozenset[str] = frozenset()
    """Ids of the images of the suite's baseline: they are removed last."""
    registry: str = ""
    """HOST:PORT, optionally with a path: images of cells are pushed there once built, and pulled
    from there instead of being built again. If empty, each engine builds for itself."""
    stop: Event = field(default_factory=Event)
    """Set when everything that is being obtained must stop."""
    recordings: Path | None = None
    """The folder from which `replay` answers."""


def names() -> tuple[str, ...]:
    """Return the names of all engines: the modules of this package with a `make`. Imports none."""
    modules = [entry for entry in resources.files(__name__).iterdir() if entry.name[-3:] == ".py"]
    making = [one for one in modules if "\ndef make(" in one.read_text(encoding="utf-8")]
    return tuple(sorted(one.name[:-3] for one in making))


def engine_by_name(name: str, workshop: Workshop) -> Engine:
    """Make the engine with that name. UsageError, listing all names, if there is none."""
    if name not in names():
        raise UsageError(
            f"there is no engine {name!r}", remedy=f"take one of: {', '.join(names())}"
        )
    made: Engine = import_module(f"{__name__}.{name}").make(workshop)
    return made

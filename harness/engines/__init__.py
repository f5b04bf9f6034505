"""Engines: what runs environments. One file each, found by name; the file name is the engine's.

An engine does two things: it obtains what a cell asks for, and it performs one pass of probes in
it. Never here: planning, storing and judging.
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
"""Hears one line of progress for a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Obtained:
    """An environment ready to be probed, or why there is none (`outcome` is then not ok)."""

    outcome: Outcome = Outcome.OK
    reason: str = ""
    image: ImageIdentity | None = None
    interpreter: str = ""
    """Path of the Python to start; empty: look for python3, then python, in the environment."""
    seconds: float = 0.0
    log: str = ""
    """Path of the build log, where there is one."""


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
    """File name -> path of the data set the probes may read."""
    gpu: str = ""
    promise: Promise | None = None
    """What is asked about from outside; questions of probes inside need none. The questions of one
    pass are all of one sort."""
    asks: Callable[[str], object] = field(default=lambda _: None, compare=False)
    """Hears the name of each probe when it is asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Performed:
    """What came back: whole, verified answers by probe, and how the container itself ended.

    Where `outcome` is not ok it is the outcome of the first probe that has no answer; probes
    after that one were not reached, and are performed in a fresh container.
    """

    answers: Mapping[str, Answer]
    outcome: Outcome = Outcome.OK
    reason: str = ""
    noise: str = ""
    seconds: float = 0.0
    containers: Mapping[str, int] = field(default_factory=dict)
    """By probe: which container of the round gave the answer, where that was not this one."""
    observed: Mapping[str, Scalar] = field(default_factory=dict)
    """What was seen of the container that changed no answer."""
    signal: str = ""
    """The signal that ended the container's first process; empty: none did."""
    begun: bool = True
    """Whether Python came to the questions at all; where it did not, no probe is to blame."""


class GoneInPassError(EngineError):
    """The engine went away in a pass; `performed` holds what was heard before, which is evidence
    and does not count."""

    def __init__(self, why: EngineError, *, answers: Mapping[str, Answer], noise: str) -> None:
        super().__init__(why.message, remedy=why.remedy)
        self.performed = Performed(
            answers=answers, outcome=Outcome.ENGINE_GONE, reason=why.message, noise=noise
        )


class Stock(Protocol):
    """The images an engine keeps on its disk, within the disk budget."""

    def survey(self, orders: Sequence[Order]) -> Survey | None:
        """Hold the images of these cells; what they need and what there is room for.

        None where nothing bounds it. Raises EngineError.
        """

    def free(self, orders: Sequence[Order]) -> None:
        """The records of these cells are stored: their images may go."""

    def make_room(self, wanted: int, say: Say) -> None:
        """Remove images that nobody needs until `wanted` bytes fit. Raises EngineError."""


class Engine(Protocol):
    """What every engine offers. Constructors do no I/O; `with` connects, and always lets go."""

    name: str

    @property
    def stock(self) -> Stock | None:
        """The images it keeps; None: it keeps none."""

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
        """Its versions."""

    def host(self) -> HostClass:
        """The host that environments run on."""

    def sweep(self) -> tuple[str, ...]:
        """Remove what dead runs left; what was removed, one name each."""

    def obtain(self, order: Order, say: Say) -> Obtained:
        """Build, pull or find. A cell that cannot be had is a value, not an exception.

        Raises EngineError only when the engine itself is gone.
        """

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> SecondOpinion | None:
        """What the files of an obtained environment say, without running anything.

        None where it has none to read. Raises EngineError only when the engine itself is gone.
        """

    def perform(self, request: Pass) -> Performed:
        """Run the probes of one pass. A hostile environment is a value, not an exception.

        Raises EngineError only when the engine itself is gone.
        """

    def stop(self) -> None:
        """Give up, soon, what is being obtained; called while other threads obtain."""

    def release(self, run: str) -> None:
        """Remove what a run needed besides images: its volume, its containers."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """What engines share: where things lie, how bases are found, who owns what is made."""

    cache: Path
    logs: Path
    bases: Mapping[str, Base]
    owner: str
    refresh_bases: bool = False
    made_anew: set[str] = field(default_factory=set)
    """Names of the bases and roots that `refresh_bases` has made anew: once is enough."""
    fresh: bool = False
    """Dockerfiles are built without anything that was built or kept before."""
    offline: bool = False
    disk_budget: int | None = None
    """Bytes that images of ours may take on the engine's disk; None: what is free decides."""
    baseline_images: frozenset[str] = frozenset()
    """Ids of the images that the suite's baseline was made with: they are the last to go."""
    registry: str = ""
    """HOST:PORT, with a path where images of cells lie below one: what was built is put there, and
    pulled from there instead of being built again. Empty: each engine builds for itself."""
    stop: Event = field(default_factory=Event)
    """Set when everything that obtains is to give up."""
    recordings: Path | None = None
    """The folder that `replay` answers from."""


def names() -> tuple[str, ...]:
    """The engines there are: the modules of this package that make one; none is imported."""
    modules = [entry for entry in resources.files(__name__).iterdir() if entry.name[-3:] == ".py"]
    making = [one for one in modules if "\ndef make(" in one.read_text(encoding="utf-8")]
    return tuple(sorted(one.name[:-3] for one in making))


def engine_by_name(name: str, workshop: Workshop) -> Engine:
    """Make the engine of that name. Raises UsageError with the names there are."""
    if name not in names():
        raise UsageError(
            f"there is no engine {name!r}", remedy=f"take one of: {', '.join(names())}"
        )
    made: Engine = import_module(f"{__name__}.{name}").make(workshop)
    return made

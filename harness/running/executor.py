"""What carries the tasks of a run to the hosts that work them off: on this host, or on a cluster.

The runner alone writes the store. An executor hands back what workers say as it is said, and takes
back what a group said that did not come to its end.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.engines import Engine
from harness.engines.divided import beside
from harness.model import Attempt, Beside, EngineInfo, HostClass, RunHost
from harness.running.round import Tell
from harness.running.task import Task
from harness.running.worker import Said

LOCAL = "local"
"""The executor that runs take where none is named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """Where a run is carried out, as the run keeps it."""

    engine: EngineInfo
    """What takes all cells but those that are named beside it."""
    host: HostClass
    beside: tuple[Beside, ...] | None = None
    hosts: tuple[RunHost, ...] | None = None
    """The hosts that its cells go to, each record names its own; None: `host` takes all."""


def site_of(engine: Engine) -> Site:
    """One engine as the place of a run."""
    return Site(engine=engine.describe(), host=engine.host(), beside=beside(engine))


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupLost:
    """A group did not come to its end, and is asked again as a whole: what it said is evidence."""

    attempts: tuple[Attempt, ...]
    """What were its records."""
    why: str
    """For a person."""


Carried = Said | GroupLost
"""What an executor has to tell of the tasks of a run."""


class Executor(Protocol):
    """Carries tasks to workers. `with` of whoever made it has opened what it needs."""

    @property
    def site(self) -> Site:
        """Where tasks go."""

    def sweep(self, tell: Tell) -> None:
        """Remove what dead runs left, wherever tasks go."""

    def prepare(self, tasks: Sequence[Task], tell: Tell) -> tuple[str, ...]:
        """Find room for what the tasks owe; what the run is to keep of it, a notice each.

        UsageError, InfrastructureError where a cell can never be obtained.
        """

    def carry(self, tasks: Sequence[Task], tell: Tell) -> Generator[Carried, None, None]:
        """Have the tasks worked off, each whole on one host; what is said, as it is said.

        Whoever asks for what comes next has stored what came before. One that is let go of early
        ends what is under way.
        """

    def release(self, run: str) -> None:
        """Remove what the run needed besides images. Raises InfrastructureError."""

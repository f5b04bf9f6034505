"""Executors carry the tasks of a run to the hosts that do them: this host, or a cluster.

Only the runner writes the store. An executor passes on what workers return, as it comes, and takes
back the records of a group that could not be finished.
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
"""The executor that a run uses if none is named."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The engines and hosts on which a run is carried out, as the run keeps them."""

    engine: EngineInfo
    """The engine of all cells except those listed in `beside`."""
    host: HostClass
    beside: tuple[Beside, ...] | None = None
    hosts: tuple[RunHost, ...] | None = None
    """The hosts to which cells go, where each record names its own; None if `host` takes all."""


def site_of(engine: Engine) -> Site:
    """The site of a run on one engine."""
    return Site(engine=engine.describe(), host=engine.host(), beside=beside(engine))


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupLost:
    """A group of cells could not be finished and is asked again as a whole.

    Its records so far become attempts, which are kept as evidence.
    """

    attempts: tuple[Attempt, ...]
    """The group's records so far."""
    why: str
    """The reason, as text for a person."""


Carried = Said | GroupLost
"""What an executor yields while it carries the tasks of a run."""


class Executor(Protocol):
    """Carries tasks to workers. Whoever makes one opens what it needs first, and closes it."""

    @property
    def site(self) -> Site:
        """The engines and hosts to which tasks go."""

    def sweep(self, tell: Tell) -> None:
        """Remove what dead runs left on every host to which tasks go."""

    def prepare(self, tasks: Sequence[Task], tell: Tell) -> tuple[str, ...]:
        """Find disk space for what the tasks still need; return notices for the run to keep.

        UsageError or InfrastructureError if a cell can never be obtained.
        """

    def carry(self, tasks: Sequence[Task], tell: Tell) -> Generator[Carried, None, None]:
        """Have the tasks done, each as a whole on one host; yield what workers return, as it comes.

        The caller must have stored what was yielded before it asks for more. Closing the generator
        early stops the work in progress.
        """

    def release(self, run: str) -> None:
        """Remove what the run needed, except images. Raises InfrastructureError."""

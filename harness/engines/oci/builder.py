"""What every step of obtaining an image needs, in one value, from the cell down to a build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from docker import APIClient

from harness.engines import Say, Workshop
from harness.engines.oci.register import Register, register_of

Removal = Callable[[APIClient], None]
"""Removes what a build has left beside its image. Raises EngineError."""
Later = Callable[[Removal], None]
"""Begins a removal, and waits for its end some time before anything is measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    """One cell's way to its image: on which engine, with whose things, and who is told."""

    client: APIClient
    """A connection of its own where it builds: a build changes the time-outs."""
    workshop: Workshop
    log: Path
    """The build log; its folder exists."""
    say: Say
    later: Later | None = None
    """Takes what is to be removed after a build; None: it is removed before the build returns."""

    @property
    def register(self) -> Register:
        """What was built on that engine. Raises EngineError."""
        return register_of(self.client, self.workshop.cache)

    def afterwards(self, removal: Removal) -> None:
        """Have it removed: beside what comes next, where somebody waits for it there."""
        if self.later is None:
            removal(self.client)
        else:
            self.later(removal)


def builder_for(
    client: APIClient, workshop: Workshop, name: str, say: Say, later: Later | None = None
) -> Builder:
    """A builder whose log has that name."""
    workshop.logs.mkdir(parents=True, exist_ok=True)
    log = workshop.logs / f"{name}.log"
    return Builder(client=client, workshop=workshop, log=log, say=say, later=later)

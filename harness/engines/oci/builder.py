"""The value that every step of obtaining an image needs: engine, workshop, log and output."""

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
"""Begins a removal in the background; it ends before anything is measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    """What obtaining one cell's image needs: the engine, the workshop, a log and an output."""

    client: APIClient
    """A connection of its own if it builds, since a build changes the time-outs."""
    workshop: Workshop
    log: Path
    """The build log; its folder exists."""
    say: Say
    later: Later | None = None
    """Takes the removal after a build; if None, things are removed before the build returns."""

    @property
    def register(self) -> Register:
        """The register of images that were built on that engine. Raises EngineError."""
        return register_of(self.client, self.workshop.cache)

    def afterwards(self, removal: Removal) -> None:
        """Carry out a removal: in the background if `later` is given, else now."""
        if self.later is None:
            removal(self.client)
        else:
            self.later(removal)


def builder_for(
    client: APIClient, workshop: Workshop, name: str, say: Say, later: Later | None = None
) -> Builder:
    """Return a builder whose log has that name."""
    workshop.logs.mkdir(parents=True, exist_ok=True)
    log = workshop.logs / f"{name}.log"
    return Builder(client=client, workshop=workshop, log=log, say=say, later=later)

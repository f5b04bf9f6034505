"""What every step of obtaining an image needs, in one value, from the cell down to a build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from docker import APIClient

from harness.engines import Say, Workshop
from harness.engines.oci.register import Register, register_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Builder:
    """One cell's way to its image: on which engine, with whose things, and who is told."""

    client: APIClient
    """A connection of its own where it builds: a build changes the time-outs."""
    workshop: Workshop
    log: Path
    """The build log; its folder exists."""
    say: Say

    @property
    def register(self) -> Register:
        """What was built on that engine. Raises EngineError."""
        return register_of(self.client, self.workshop.cache)


def builder_for(client: APIClient, workshop: Workshop, name: str, say: Say) -> Builder:
    """A builder whose log has that name."""
    workshop.logs.mkdir(parents=True, exist_ok=True)
    return Builder(client=client, workshop=workshop, log=workshop.logs / f"{name}.log", say=say)

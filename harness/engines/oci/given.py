"""What a probe that runs outside is told about its cell: plain values, passed to its process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.model import Profile
from harness.promises import Promise

INTERPRETER = "{interpreter}"
"""Placeholder for the cell's Python in a promised command."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StandingContainer:
    """The started container that serves, as described to probes."""

    container: str = ""
    """Its id; empty if it could not be started."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """Published ports: port inside -> port on this host's loopback."""
    ready: Mapping[str, float] = field(default_factory=dict)
    """Port inside -> seconds from the start of the container until it was ready."""
    not_ready: Mapping[str, str] = field(default_factory=dict)
    """Port inside -> the reason why it is not ready."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """Everything that a probe which runs outside is told."""

    cell: str
    image: str
    interpreter: str
    """Path of the cell's Python; empty if unknown."""
    built: bool
    """Whether its image was built from a base and has no working folder of its own."""
    profile: Profile
    promise: Promise
    cores: int
    """Number of cores of the engine's host."""
    cpus: str = ""
    """The processors to which its containers are pinned, as `0,1`; empty if not pinned."""
    gpu: str = ""
    """As the cell asks for it."""
    labels: Mapping[str, str]
    standing: StandingContainer | None = None
    """None if nothing is served, or no probe asks for it."""

    @property
    def command(self) -> tuple[str, ...]:
        """The command to start; empty for the image's own."""
        return self.filled(self.promise.command)

    def filled(self, command: Sequence[str]) -> tuple[str, ...]:
        """Return a promised command with the path of the cell's Python filled in."""
        python = self.interpreter or "python3"
        return tuple(python if word == INTERPRETER else word for word in command)

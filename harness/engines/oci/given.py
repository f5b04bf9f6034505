"""What a probe outside is given of its cell: plain values, which travel to its process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.model import Profile
from harness.promises import Promise

INTERPRETER = "{interpreter}"
"""Stands in a promised command for the cell's Python."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StandingContainer:
    """The started container that serves, as probes are told of it."""

    container: str = ""
    """Its id; empty: it could not be started."""
    ports: Mapping[str, int] = field(default_factory=dict)
    """Port inside -> port on this host's loopback; those that were published."""
    ready: Mapping[str, float] = field(default_factory=dict)
    """Port inside -> seconds from the start of the container until it was ready."""
    not_ready: Mapping[str, str] = field(default_factory=dict)
    """Port inside -> why it is not ready."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """All that a probe outside is given."""

    cell: str
    image: str
    interpreter: str
    """Path of the cell's Python; empty: it is not known."""
    built: bool
    """Whether its image was built from a base, so that it has no working folder of its own."""
    profile: Profile
    promise: Promise
    cores: int
    """Of the engine's host."""
    cpus: str = ""
    """The processors its containers are pinned to, as `0,1`; empty: to none."""
    gpu: str = ""
    """As the cell asks for it."""
    labels: Mapping[str, str]
    standing: StandingContainer | None = None
    """None: nothing is served, or no probe asks for it."""

    @property
    def command(self) -> tuple[str, ...]:
        """What is started; empty: the image's own command."""
        return self.filled(self.promise.command)

    def filled(self, command: Sequence[str]) -> tuple[str, ...]:
        """A promised command with the cell's Python in it."""
        python = self.interpreter or "python3"
        return tuple(python if word == INTERPRETER else word for word in command)

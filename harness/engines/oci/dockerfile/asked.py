"""What a builder is asked for, as one value, and how it can fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO

from harness.engines.oci.dockerfile.log import BuildLog
from harness.model import Profile


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildAsked:
    """One build."""

    tar: IO[bytes]
    """The context with the resolved Dockerfile in it, at its begin."""
    dockerfile: str
    """The name of the Dockerfile in the tar."""
    name: str
    """The passing name that the image gets."""
    labels: Mapping[str, str]
    args: tuple[tuple[str, str], ...]
    target: str
    network: bool
    fresh: bool
    """Nothing that the builder has kept is used."""
    profile: Profile
    secrets: Mapping[str, bytes]
    log: BuildLog


class StepFailed(Exception):
    """A build ended without an image; says what the builder said last."""


class BuildStopped(StepFailed):
    """It was ended by us: it was stopped, took too long, or printed too much."""

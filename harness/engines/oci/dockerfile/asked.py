"""The request to a builder, as one value, and the exceptions of a build."""

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
    """The context with the resolved Dockerfile, positioned at its beginning."""
    dockerfile: str
    """The name of the Dockerfile in the tar."""
    name: str
    """The temporary name that the image gets."""
    labels: Mapping[str, str]
    args: tuple[tuple[str, str], ...]
    target: str
    network: bool
    fresh: bool
    """Whether to build without the builder's cache."""
    profile: Profile
    secrets: Mapping[str, bytes]
    log: BuildLog


class StepFailed(Exception):
    """A build ended without an image; the text is the builder's last message."""


class BuildStopped(StepFailed):
    """We ended a build: it was stopped, took too long, or printed too much."""

"""What stops a check before there is an answer: refused (2), or out of reach (4)."""

from __future__ import annotations

from harness.errors import InfrastructureError, UsageError


class ImageRefused(UsageError):
    """The registry answers, and does not give this image: unknown, or access refused."""


class RegistryUnreachable(InfrastructureError):
    """Quota used up, server error, proxy, network: nothing is said about the image."""


class WrongContent(InfrastructureError):
    """What was sent is not what was named: nothing of it is used."""


class UnsafeAddress(InfrastructureError):
    """A registry points to a place that a registry has no business to point to."""

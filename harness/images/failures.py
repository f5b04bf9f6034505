"""Errors that stop a check before it has an answer: refused (exit status 2), or unreachable (4)."""

from __future__ import annotations

from harness.errors import InfrastructureError, UsageError


class ImageRefused(UsageError):
    """The registry answers but does not give the image: it is unknown, or access is refused."""


class RegistryUnreachable(InfrastructureError):
    """The registry cannot be asked: quota used up, server error, proxy, or network."""


class WrongContent(InfrastructureError):
    """The content does not have the digest that was asked for; it is not used."""


class UnsafeAddress(InfrastructureError):
    """A registry points to an address that no registry should point to."""

"""Credentials that cannot be printed by accident."""

from __future__ import annotations

import base64
from dataclasses import dataclass


class Secret:
    """A string that only `reveal` shows; repr, str and format give `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The string itself, to be sent and not stored."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        raise TypeError("a secret is not stored")


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """Credentials for one registry from Docker's configuration."""

    user: str = ""
    password: Secret
    identity: bool = False
    """Whether `password` is an identity token, which is exchanged for an access token and never
    sent as a password."""

    def basic(self) -> Secret:
        """The value of an Authorization header."""
        pair = f"{self.user}:{self.password.reveal()}".encode()
        return Secret(f"Basic {base64.b64encode(pair).decode('ascii')}")

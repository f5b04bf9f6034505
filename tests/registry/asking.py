"""Who asks in these tests: a reader with a password that nobody else may learn."""

from __future__ import annotations

from collections.abc import Callable

from harness.images.credentials import Found
from harness.images.image import Reading
from harness.images.secret import Credentials, Secret

USER, PASSWORD = "reader", "canary-7f3e-password"
Read = Callable[..., Reading]


def logged_in(_: str) -> Found:
    return Found(credentials=Credentials(user=USER, password=Secret(PASSWORD)))

"""Ids of runs: readable, and sorting them by name sorts them by time."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def run_id(now: datetime, suffix: str) -> str:
    """The id of a run that starts `now` (aware), such as `20261120T234501Z-3f9a`."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{suffix}"


def new_run_id() -> str:
    """An id for a run that starts now; 16 random bits keep runs of the same second apart."""
    return run_id(datetime.now(UTC), secrets.token_hex(2))


def is_safe_run_id(text: str) -> bool:
    """Whether an id from elsewhere can be used in file names, labels and command lines."""
    return _SAFE.fullmatch(text) is not None

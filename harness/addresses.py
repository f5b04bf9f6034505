"""Addresses made fit to be told: what may be a password in them is not.

Package indexes, mirrors, proxies and engines are named by addresses that may hold credentials, in
front of the host (`https://user:password@host/`) or behind a question mark (`?token=...`).
"""

from __future__ import annotations

import re

HIDDEN = "***"
"""Stands for what is not told."""

_ADDRESS = re.compile(r"://[^\s\"'<>]+")
_USER = re.compile(r"^://[^/]*@")
_QUESTION = re.compile(r"\?.*", re.DOTALL)


def without_credentials(text: str) -> str:
    """The text with user names, passwords and questions of every address in it as `***`."""
    return _ADDRESS.sub(_told, text)


def has_user(address: str) -> bool:
    """Whether an address names a user, with or without a password."""
    found = _ADDRESS.search(address)
    return found is not None and _USER.match(found[0]) is not None


def _told(found: re.Match[str]) -> str:
    return _QUESTION.sub(f"?{HIDDEN}", _USER.sub(f"://{HIDDEN}@", found[0]))

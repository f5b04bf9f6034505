"""Finds out whether a build failed because this host cannot resolve the name of a server.

On a closed network, such a failure says nothing about the Dockerfile, neither for nor against it.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence

_SERVER = r"([A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.){1,8}[A-Za-z0-9-]{1,63})"
_NOT_FOUND = (
    re.compile(rf"[Cc]ould not resolve(?: host)?:? '?{_SERVER}"),
    re.compile(rf"unable to resolve host address \W{_SERVER}"),
    re.compile(rf"Temporary failure resolving '{_SERVER}'"),
    re.compile(rf"Failed to resolve '{_SERVER}'"),
    re.compile(rf"host='{_SERVER}'.{{0,400}}(?:name resolution|[Nn]ame or service not known)"),
    re.compile(rf"HTTP 000 CONNECTION FAILED for url <https?://{_SERVER}"),
)
"""The messages of curl and git, wget, apt, newer and older pip, and conda."""


def found_here(server: str) -> bool:
    """Whether this host can resolve the name of a server."""
    try:
        return bool(socket.getaddrinfo(server, 443, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return False


def unreached(lines: Sequence[str], found: Callable[[str], bool] = found_here) -> str:
    """Return the server that the last lines of a build name as not found, if this host cannot
    resolve it either; else empty.

    A step can print anything, so the result must never make a cell pass.
    """
    for line in reversed(lines):
        for pattern in _NOT_FOUND:
            if said := pattern.search(line):
                return "" if found(said[1]) else said[1]
    return ""

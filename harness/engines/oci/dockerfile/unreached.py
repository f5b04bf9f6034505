"""Whether a build that may fetch things failed for a server that this host does not find at all: on
a closed network nothing can be said of such a Dockerfile, for or against it.
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
"""What curl and git, wget, apt, newer and older pip, and conda say."""


def found_here(server: str) -> bool:
    """Whether this host finds an address of a server."""
    try:
        return bool(socket.getaddrinfo(server, 443, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        return False


def unreached(lines: Sequence[str], found: Callable[[str], bool] = found_here) -> str:
    """The server that the last lines of a build name as not found, and that this host does not find
    either; empty where there is none.

    A step can print what it likes: what follows of it is never that a cell passes.
    """
    for line in reversed(lines):
        for pattern in _NOT_FOUND:
            if said := pattern.search(line):
                return "" if found(said[1]) else said[1]
    return ""

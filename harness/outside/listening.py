"""The addresses on which a container listens, read from the kernel, to explain a silent port."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_LINE = re.compile(
    r"^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]{8,32}:[0-9A-F]{4} 0A "
)
"""State 0A is LISTEN (include/net/tcp_states.h)."""
_MOST_BYTES = 1 << 20

Listening = tuple[str, int]
"""Address and port."""


def listening(text: str) -> tuple[Listening, ...]:
    """The listening sockets in the text of /proc/net/tcp or tcp6, whose addresses are four-byte
    words in this host's byte order."""
    found = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is not None:
            packed = bytes.fromhex(match[1])
            words = [packed[at : at + 4][::-1] for at in range(0, len(packed), 4)]
            address = ipaddress.ip_address(b"".join(words))
            address = getattr(address, "ipv4_mapped", None) or address
            found.append((str(address), int(match[2], 16)))
    return tuple(dict.fromkeys(found))


def listening_of(pid: int) -> tuple[Listening, ...] | None:
    """The sockets that the network namespace of a process of this host listens on; None if they
    cannot be read."""
    found: list[Listening] = []
    read = False
    for name in ("tcp", "tcp6"):
        with suppress(OSError), Path(f"/proc/{pid}/net/{name}").open("rb") as file:
            found += listening(file.read(_MOST_BYTES).decode("ascii", "replace"))
            read = True
    return tuple(found) if read else None


def why_silent(port: int, found: Iterable[Listening] | None) -> str:
    """Why nobody answers on a published port; empty if the sockets do not explain it."""
    if found is None:
        return ""
    sockets = tuple(found)
    own = [address for address, number in sockets if number == port]
    if own and all(ipaddress.ip_address(address).is_loopback for address in own):
        return (
            f"inside it is served on {own[0]} alone, which nobody outside reaches: "
            "let the program listen on 0.0.0.0"
        )
    if own:
        return ""
    others = sorted({number for _, number in sockets})
    if others:
        ports = ", ".join(str(number) for number in others[:5])
        return f"nothing in the container listens on it; something does on {ports}"
    return "nothing in the container listens on any port"

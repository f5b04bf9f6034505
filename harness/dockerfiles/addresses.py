"""Where the source of an ADD leads: to the context, to the network, or to an address that only the
builder's machine reaches.

A builder fetches with the network of its own host, whatever the network of the build is. So an
address inside that host or its network would bring the answers of its services into the image.
"""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_REMOTE = re.compile(r"(?:https?|ftp|git|ssh)://|git@[^/\s]+:", re.IGNORECASE)
_AUTHORITY = re.compile(
    r"[a-z]+://(?:[^/?#\\\s]*@)?(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[^][/?#\\\s%@:]*))(?::\d*)?(?:[/?#]|$)",
    re.IGNORECASE,
)
"""Matches the part between the scheme and the path; the last @ ends a user name."""
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "localdomain")
"""Names and domains that no public server has."""
_NAT64 = ip_network("64:ff9b::/96")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)


class Leads(StrEnum):
    """Where the source of an ADD leads."""

    CONTEXT = "the context"
    OUT = "the network"
    INSIDE = "loopback, link-local or private addresses"


def leads(source: str) -> Leads:
    """Where the source of an ADD leads. A remote source that cannot be parsed counts as INSIDE."""
    if _REMOTE.match(source) is None:
        return Leads.CONTEXT
    host = host_of_address(source)
    return Leads.INSIDE if host is None or is_inside(host) else Leads.OUT


def host_of_address(source: str) -> str | None:
    """The host name or address of a remote source; None if it cannot be parsed."""
    if source.lower().startswith("git@"):
        return source[4:].partition(":")[0].strip("[]").lower() or None
    found = _AUTHORITY.match(source)
    if found is None:
        return None
    return (found["six"] or found["host"]).lower() or None


def is_inside(host: str) -> bool:
    """Whether only the builder's own machine or network reaches a host, given by name or address.

    Names are judged by their text, without asking DNS.
    """
    name = host.lower().rstrip(".")
    number = _number(name)
    if number is not None:
        return not public(number)
    return "." not in name or any(name == end or name.endswith(f".{end}") for end in _LOCAL_NAMES)


def public(number: IPv4Address | IPv6Address) -> bool:
    """Whether an address is public. An IPv6 address that contains an IPv4 address is judged by
    it."""
    if isinstance(number, IPv6Address):
        inner = number.ipv4_mapped or number.sixtofour or (number.teredo or (None, None))[1]
        if inner is not None:
            return public(inner)
        if number in _NAT64:
            return public(IPv4Address(int(number) & 0xFFFFFFFF))
        low = int(number)
        if low < 2**32:
            return False
    return number.is_global and not number.is_multicast


def _number(name: str) -> IPv4Address | IPv6Address | None:
    """The IP address that a host name stands for; None if it is a real name.

    All forms that the C library accepts are recognised: 127.1, 0x7f000001, 017700000001. Numbers
    that are no valid address give 0.0.0.0, because it is not known where they lead.
    """
    try:
        return ip_address(name.partition("%")[0])
    except ValueError:
        pass
    parts = name.split(".")
    if not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    try:
        values = [_value(part) for part in parts]
        whole = sum(value << 8 * (3 - place) for place, value in enumerate(values[:-1]))
        if len(parts) > 4 or any(value > 255 for value in values[:-1]):
            return IPv4Address(0)
        return IPv4Address(whole + values[-1])
    except ValueError:
        return IPv4Address(0)


def _value(part: str) -> int:
    """The value of a part of an address as the C library reads it. Raises ValueError for parts
    such as 08."""
    if part[:2] == "0x":
        return int(part[2:] or "0", 16)
    return int(part, 8 if part[:1] == "0" else 10)

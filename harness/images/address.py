"""Web addresses: their origin, and whether a registry may redirect us there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.images.failures import UnsafeAddress
from harness.text import clean_line

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True, slots=True)
class WebOrigin:
    """Scheme, host and port of a web address."""

    scheme: str
    host: str
    """In lower case, without brackets."""
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def is_loopback(self) -> bool:
        """Whether the host's name or address is that of this machine, without asking DNS."""
        found = _ip(self.host)
        return self.host == "localhost" or (found is not None and found.is_loopback)

    def refuse_inward(self, registry: WebOrigin, address: str = "") -> None:
        """Raise UnsafeAddress if a registry elsewhere points to this machine or its local link.

        `address` is the IP address that the name resolved to, where known.
        """
        found = _ip(address or self.host)
        inward = self.host == "localhost" if found is None else is_inward(found)
        loopback = self.is_loopback if found is None else found.is_loopback
        if registry.is_loopback and loopback:
            return
        if inward:
            shown = f"{self} ({address})" if address else str(self)
            raise UnsafeAddress(
                f"the registry {registry} points to {shown}, an address of this machine or link",
                remedy="do not use this registry; tell who runs it",
            )


def is_inward(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is loopback, link-local (where clouds serve their secrets), unspecified
    or multicast."""
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
    )


def parse_address(url: str) -> WebOrigin:
    """The origin of a URL.

    Raises UnsafeAddress for another scheme than http or https, a user name, or a missing host.
    """
    shown = clean_line(url, 200)
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise UnsafeAddress(f"the registry points to {shown!r}, which is no address") from error
    plain = all(" " < character < "\x7f" for character in url)
    if scheme not in _PORTS or not host or not plain or "\\" in url:
        raise UnsafeAddress(f"the registry points to {shown!r}, which is no valid web address")
    if "@" in parts.netloc:
        raise UnsafeAddress(
            f"the registry points to an address of {clean_line(host, 100)} with a user name in it"
        )
    return WebOrigin(scheme=scheme, host=host, port=_PORTS[scheme] if port is None else port)


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None

"""A registry's request to authenticate, and the servers that may see our credentials.

The server chooses the realm, so the realm alone must not decide who sees a password
(CVE-2020-15157).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.images.address import WebOrigin, parse_address
from harness.images.failures import UnsafeAddress

_LONGEST = 8192
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))\s*(?:,|$)')
_SCHEME = re.compile(rf"\s*,?\s*({_TOKEN})(?:\s+|$)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenge:
    """One `WWW-Authenticate` challenge; its scheme and parameter names are in lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Parse the challenges of a header, as far as possible. Never raises."""
    rest, found = header[:_LONGEST], []
    while scheme := _SCHEME.match(rest):
        rest = rest[scheme.end() :]
        parameters: dict[str, str] = {}
        while one := _PARAMETER.match(rest):
            value = one[3] if one[2] is None else re.sub(r"\\(.)", r"\1", one[2])
            parameters.setdefault(one[1].lower(), value)
            rest = rest[one.end() :]
        found.append(Challenge(scheme=scheme[1].lower(), parameters=parameters))
    return tuple(found)


def realm_of(challenge: Challenge, registry: WebOrigin) -> str:
    """The address of the token server. Raises UnsafeAddress if it is not safe to ask."""
    realm = challenge.parameters.get("realm", "")
    address = parse_address(realm)
    if address.scheme != "https" and not (registry.scheme == "http" and address.is_loopback):
        raise UnsafeAddress(
            f"the registry {registry} wants a token fetched without TLS from {address}",
            remedy="do not log in there; tell who runs it",
        )
    address.refuse_inward(registry)
    return realm


def may_see_credentials(realm: WebOrigin, registry: WebOrigin, known: tuple[str, ...] = ()) -> bool:
    """Whether a token server may see the registry's credentials.

    It may if it is the same host, one above or below it in the same domain, or one of the hosts
    `known` to belong to the registry.
    """
    if realm == registry:
        return True
    if realm.scheme != "https":
        return False
    one, other = realm.host, registry.host
    above = "." in one and other.endswith(f".{one}")
    return one == other or above or one.endswith(f".{other}") or one in known

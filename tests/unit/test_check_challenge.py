"""Who may be told a password, and where an address leads."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.images.address import WebOrigin, parse_address
from harness.images.challenge import Challenge, may_see_credentials, parse_challenges
from harness.images.failures import UnsafeAddress
from harness.images.secret import Credentials, Secret
from tests.unit.hostile import texts


def origin(url: str) -> WebOrigin:
    return parse_address(url)


@pytest.mark.parametrize(
    ("challenges", "header"),
    [
        (
            [("bearer", {"realm": "https://auth.example/token", "service": "r, x", "scope": "a"})],
            'Bearer realm="https://auth.example/token",service="r, x",scope=a',
        ),
        ([("basic", {"realm": 'a "b"'})], 'Basic realm="a \\"b\\""'),
        (
            [("basic", {"realm": "x"}), ("bearer", {"realm": "y"})],
            'Basic realm="x", Bearer realm="y"',
        ),
        ([("negotiate", {})], "Negotiate"),
        ([], ""),
        ([], "="),
    ],
)
def test_challenges_are_read(challenges: list[tuple[str, dict[str, str]]], header: str) -> None:
    expected = tuple(Challenge(scheme=scheme, parameters=found) for scheme, found in challenges)
    assert expected == parse_challenges(header)


@given(texts)
def test_any_header_is_survived(header: str) -> None:
    for one in parse_challenges(header):
        assert one.scheme


@pytest.mark.parametrize(
    ("may", "realm", "registry"),
    [
        (True, "https://r.example", "https://r.example"),
        (True, "https://r.example:5001", "https://r.example:5000"),
        (True, "https://gitlab.example", "https://registry.gitlab.example"),
        (True, "https://auth.r.example", "https://r.example"),
        (True, "http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        (False, "http://127.0.0.1:5001", "http://127.0.0.1:5000"),
        (False, "http://r.example", "https://r.example"),
        (False, "https://evil.example", "https://r.example"),
        (False, "https://example", "https://r.example"),
        (False, "https://evilr.example", "https://r.example"),
        (False, "https://r.example.evil.example", "https://r.example"),
    ],
)
def test_credentials_go_to_the_registrys_own_servers_only(
    may: bool, realm: str, registry: str
) -> None:
    assert may == may_see_credentials(origin(realm), origin(registry))


def test_a_token_server_that_is_known_may_see_them() -> None:
    realm, registry = origin("https://auth.hub.example"), origin("https://registry-1.hub.example")
    assert not may_see_credentials(realm, registry)
    assert may_see_credentials(realm, registry, ("auth.hub.example",))


INWARD = (
    "https://127.0.0.1/",
    "https://127.9.9.9/",
    "https://localhost/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://169.254.169.254/",
    "https://[fe80::1%25eth0]/",
    "https://0.0.0.0/",
    "https://[::]/",
    "https://224.0.0.1/",
)


@pytest.mark.parametrize("url", INWARD)
def test_no_registry_elsewhere_points_into_this_machine(url: str) -> None:
    with pytest.raises(UnsafeAddress):
        origin(url).refuse_inward(origin("https://r.example"))


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "::1", "fe80::1"])
def test_a_name_that_leads_into_this_machine_is_refused_too(address: str) -> None:
    with pytest.raises(UnsafeAddress):
        origin("https://rebound.example").refuse_inward(origin("https://r.example"), address)


def test_a_registry_on_this_machine_may_point_to_itself_but_not_to_the_link() -> None:
    here = origin("http://127.0.0.1:5000")
    origin("http://127.0.0.1:5001").refuse_inward(here, "127.0.0.1")
    with pytest.raises(UnsafeAddress):
        origin("http://169.254.169.254").refuse_inward(here)


@given(st.one_of(texts, st.builds("https://{}".format, texts)))
def test_any_text_is_an_address_or_refused(url: str) -> None:
    try:
        found = parse_address(url)
    except UnsafeAddress:
        return
    assert found == parse_address(str(found))
    assert "@" not in str(found)


def test_a_secret_does_not_show_itself() -> None:
    credentials = Credentials(user="reader", password=Secret("canary"))
    shown = f"{credentials} {credentials!r} {credentials.password} {[credentials.basic()]}"
    assert "canary" not in shown
    assert "***" in shown
    assert "canary" == credentials.password.reveal()
    for store in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            store(credentials.password)

"""A package index that fails is told without its address: that may hold a password."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.distributions.index import IndexFile, IndexUnreachable, PackageIndex
from tests.registry.asking import PASSWORD, USER
from tests.registry.fake_registry import FakeRegistry, Reply, basic

FILE = IndexFile(
    project="x",
    filename="x-1-py3-none-any.whl",
    url="",
    sha256="00",
    version="1",
    requires_python="",
    uploaded="",
    yanked=False,
)


def endpoint(host: str) -> str:
    return f"http://{USER}:{PASSWORD}@{host}/{PASSWORD}/"


@pytest.mark.parametrize(
    ("why", "reply"),
    [
        ("401 Unauthorized", Reply(401)),
        ("503 Service Unavailable", Reply(503)),
        ("what it says cannot be read", Reply(body=b"\xff", headers={"Content-Type": "x/y"})),
        ("", Reply(body=b"{}", drop_after=0, length=10)),
    ],
)
def test_what_an_index_refuses_is_told_without_a_password(
    fake: FakeRegistry, why: str, reply: Reply
) -> None:
    fake.on(f"/{PASSWORD}/x/", reply)
    with pytest.raises(IndexUnreachable) as caught:
        PackageIndex(endpoint(fake.host)).files("x")
    assert why in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert [basic(USER, PASSWORD)] == fake.authorizations


def test_a_file_that_is_refused_is_told_without_a_password(fake: FakeRegistry) -> None:
    fake.on(f"/{PASSWORD}/file", Reply(403))
    signed = replace(FILE, url=f"{endpoint(fake.host)}file?sig={PASSWORD}")
    with pytest.raises(IndexUnreachable) as caught:
        PackageIndex(endpoint(fake.host)).fetch(signed, lambda _: None)
    assert "x-1-py3-none-any.whl could not be fetched: 403 Forbidden" in str(caught.value)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1:9", "[::bad", "no.such.host.invalid"])
def test_an_index_that_is_not_there_is_told_without_a_password(host: str) -> None:
    with pytest.raises(IndexUnreachable) as caught:
        PackageIndex(endpoint(host)).files("x")
    assert PASSWORD not in str(caught.value)

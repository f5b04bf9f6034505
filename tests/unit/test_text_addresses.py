"""What may be a password in an address is not told."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines import Workshop
from harness.engines.rootfs import RootUnavailable, make_root
from harness.model import Source
from harness.text import has_user, without_credentials

SECRET = "s3cret"
PARTS = st.text(st.characters(exclude_characters="/\"'<>", exclude_categories=("Z", "C")))


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("https://host/simple/", "https://host/simple/"),
        ("https://***@host/simple/", "https://user:s3cret@host/simple/"),
        ("https://***@host:8080/x", "https://s3cret@host:8080/x"),
        ("http://***@host/x", "http://user:p@ss?w#rd@host/x"),
        ("https://host/x.whl?***", "https://host/x.whl?sig=s3cret&y=1"),
        ("https://host?***", "https://host?s3cret"),
        ("get 'ssh://***@host' and tcp://b", "get 'ssh://s3cret@host' and tcp://b"),
        ("user@host is no address", "user@host is no address"),
        ("https://host/a@b", "https://host/a@b"),
    ],
)
def test_credentials_of_every_address_are_hidden(told: str, address: str) -> None:
    assert told == without_credentials(address)


@given(PARTS, PARTS, PARTS)
def test_no_user_no_password_and_no_question_gets_through(
    user: str, password: str, rest: str
) -> None:
    address = f"https://{user}{SECRET}:{password}{SECRET}@host/path{rest}?{SECRET}"
    told = without_credentials(f"see {address} for more")
    assert SECRET not in told
    assert told.startswith("see https://***@host/path")
    assert told.endswith("?*** for more")


@given(st.text())
def test_hiding_twice_changes_nothing_more(text: str) -> None:
    assert without_credentials(text) == without_credentials(without_credentials(text))


@pytest.mark.parametrize(
    ("expected", "address"),
    [
        (True, "https://user:s3cret@host/"),
        (True, "https://token@host/debian"),
        (False, "https://host/debian"),
        (False, "https://host/a@b"),
        (False, ""),
    ],
)
def test_an_address_that_names_a_user_is_known(expected: bool, address: str) -> None:
    assert expected is has_user(address)


def test_an_archive_with_a_password_is_refused_as_every_image_would_tell_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_DEBIAN_ARCHIVE", f"https://user:{SECRET}@host/debian")
    source = Source(kind="debian", suite="buster", archive=True)
    shop = Workshop(cache=tmp_path, logs=tmp_path, bases={}, owner="nobody")
    with pytest.raises(RootUnavailable) as caught:
        make_root(source, io.BytesIO(), tmp_path / "log", shop)
    assert "HARNESS_DEBIAN_ARCHIVE names a user" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert not (tmp_path / "log").exists()

"""Image names are read as Docker reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.images.reference import parse_reference
from tests.unit.hostile import texts

PACKAGE = Path(__file__).parents[2] / "harness"
HUB = "docker.io"
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("full", "name"),
    [
        (f"{HUB}/library/busybox:latest", "busybox"),
        (f"{HUB}/tensorflow/tensorflow:1.2.1-gpu-py3", "tensorflow/tensorflow:1.2.1-gpu-py3"),
        (f"{HUB}/a/b:1", f"index.{HUB}/a/b:1"),
        (f"{HUB}/library/x:1", f"{HUB}/x:1"),
        ("localhost/x:latest", "localhost/x"),
        ("127.0.0.1:5000/a/b/c:v1_2.3-x", "127.0.0.1:5000/a/b/c:v1_2.3-x"),
        ("[::1]:5000/x:latest", "[::1]:5000/x"),
        ("registry.example/x:latest", "Registry.Example/x"),
        (f"{HUB}/library/x@{DIGEST}", f"x@{DIGEST}"),
        (f"{HUB}/library/x:1@{DIGEST}", f"x:1@{DIGEST}"),
    ],
)
def test_a_name_means_one_image(full: str, name: str) -> None:
    assert full == str(parse_reference(name))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "UPPER/case",
        "a//b",
        "/a",
        "a/",
        "a:",
        "a:b:c",
        "a b",
        "a@sha256:00",
        "a@md5:" + "0" * 32,
        "https://registry.example/a",
        "registry.example:99999/a",
        "registry.example:0/a",
        "-x.example/a",
        "../../etc/passwd",
        "x:..",
        "a" * 600,
        "é",
        "x:１",
    ],
)
def test_what_is_no_name_is_quoted_with_a_remedy(name: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_reference(name)
    assert refused.value.remedy
    assert "is no image name" in refused.value.message


@given(texts)
def test_any_text_is_a_name_or_refused(name: str) -> None:
    try:
        reference = parse_reference(name)
    except UsageError:
        return
    assert reference == parse_reference(str(reference))


PART = st.from_regex(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", fullmatch=True).filter(
    lambda one: len(one) < 30
)


@given(st.lists(PART, min_size=2, max_size=4), st.from_regex(r"[\w][\w.-]{0,20}\Z", fullmatch=True))
def test_every_well_formed_name_is_taken(parts: list[str], tag: str) -> None:
    name = "registry.example/" + "/".join(parts)
    if tag.isascii():
        reference = parse_reference(f"{name}:{tag}")
        assert (f"{name}:{tag}", tag) == (str(reference), reference.wanted)


def test_the_default_registry_stands_in_one_place() -> None:
    files = [path for path in PACKAGE.rglob("*") if path.suffix in {".py", ".json"}]
    naming = [path.name for path in files if HUB in path.read_text("utf-8")]
    assert {"registries.json"} == set(naming)

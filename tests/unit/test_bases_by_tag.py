"""A base that falls back to a tag: what it is known by, and what a lock pins."""

from dataclasses import replace

import pytest

from harness.model import Base, Cell, Lock, Source, Suite
from harness.recipes.pins import by_tag, decisive, pin_holds, pin_of, pinned, repository_of
from harness.recipes.recipe import (
    base_request_digest,
    digest,
    is_fresh,
    lock_request_digest,
    recipe_of,
)

HEX = "0123456789abcdef" * 4
DEBIAN = Source(kind="debian", suite="bookworm", packages=("python3.11",))
TAG = Source(kind="pull", image="python:3.11-slim-bookworm", interpreter="/usr/local/bin/python3")
OTHER = replace(TAG, image="python:3.11-slim-trixie")
FIXED = replace(TAG, image=f"python@sha256:{HEX}")
FIRM = Base(id="py3.11", python="3.11", sources=(DEBIAN,))
BASE = replace(FIRM, sources=(DEBIAN, TAG))
CELL = Cell(id="a", base="py3.11", python="3.11", install=("six==1.16",))
LOCK = Lock(
    cell="a",
    python="3.11.2",
    request=lock_request_digest(CELL, FIRM),
    as_of="",
    tools=(),
    distributions=(),
)
PIN = f"python:3.11-slim-bookworm@sha256:{HEX}"


def test_an_added_tag_makes_no_lock_stale_and_rebuilds_no_base_and_no_image() -> None:
    assert is_fresh(LOCK, CELL, BASE)
    assert base_request_digest(FIRM) == base_request_digest(BASE)
    recipes = [
        recipe_of(CELL, Suite(name="s", root="", digest="", cells=(CELL,), bases=(base,)), LOCK, "")
        for base in (FIRM, BASE)
    ]
    assert digest(recipes[0]) == digest(recipes[1])


@pytest.mark.parametrize(
    ("expected", "sources"),
    [
        ((DEBIAN,), (DEBIAN, TAG, OTHER)),
        ((TAG, DEBIAN), (TAG, DEBIAN)),
        ((TAG,), (TAG,)),
        ((DEBIAN, FIXED), (DEBIAN, FIXED)),
        ((DEBIAN, FIXED), (DEBIAN, FIXED, TAG)),
    ],
    ids=["tags at the end", "a tag before others", "nothing but a tag", "a digest", "both"],
)
def test_a_base_is_known_by_every_source_but_the_tags_behind_the_others(
    expected: tuple[Source, ...], sources: tuple[Source, ...]
) -> None:
    assert expected == decisive(replace(BASE, sources=sources))


def test_a_lock_pins_the_tag_its_base_was_pulled_by_and_the_recipe_says_so() -> None:
    assert PIN == pin_of(TAG, f"sha256:{HEX}")
    lock = replace(LOCK, base=PIN)
    assert (DEBIAN, FIXED) == pinned(BASE, lock).sources
    suite = Suite(name="s", root="", digest="", cells=(CELL,), bases=(BASE,))
    assert FIXED == recipe_of(CELL, suite, lock, "").base.sources[-1]
    assert digest(recipe_of(CELL, suite, lock, "")) != digest(recipe_of(CELL, suite, LOCK, ""))


@pytest.mark.parametrize("source", [DEBIAN, FIXED])
def test_nothing_but_a_tag_is_pinned(source: Source) -> None:
    assert "" == pin_of(source, f"sha256:{HEX}")
    assert not by_tag(source)


def test_a_tag_that_no_registry_gave_a_digest_for_is_not_pinned() -> None:
    assert "" == pin_of(TAG, "")


def test_a_lock_whose_tag_is_no_longer_a_source_of_its_base_is_stale() -> None:
    lock = replace(LOCK, base=PIN)

    assert is_fresh(lock, CELL, BASE)
    assert not is_fresh(lock, CELL, replace(BASE, sources=(DEBIAN, OTHER)))
    assert not pin_holds(FIRM, lock)
    assert (DEBIAN, OTHER) == pinned(replace(BASE, sources=(DEBIAN, OTHER)), lock).sources


@pytest.mark.parametrize(
    ("expected", "image"),
    [
        ("python", "python:3.11-slim"),
        ("localhost:5000/a/python", "localhost:5000/a/python:3.11"),
        ("localhost:5000/python", f"localhost:5000/python@sha256:{HEX}"),
        ("a/python", f"a/python:3.11@sha256:{HEX}"),
    ],
)
def test_a_repository_is_a_name_without_tag_and_digest(expected: str, image: str) -> None:
    assert expected == repository_of(image)

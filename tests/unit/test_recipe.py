"""Recipes and digests: what decides an image, and nothing else."""

from dataclasses import replace
from typing import Any

import pytest

from harness.errors import InternalError
from harness.model import Artifact, Base, Cell, Lock, Place, Source, Suite
from harness.recipes.recipe import (
    base_request_digest,
    digest,
    lock_request_digest,
    recipe_of,
    render,
    with_part,
)

BASE = Base(
    id="py2.7",
    python="2.7",
    sources=(Source(kind="debian", suite="bullseye", packages=("python2.7",)),),
)
OTHER_BASE = replace(BASE, sources=(replace(BASE.sources[0], archive=True),))
CELL = Cell(
    id="a",
    base="py2.7",
    python="2.7",
    install=("six",),
    environment=(("A", "b"),),
    place=Place(path="matrix.yaml", line=1),
)
SIX = Artifact(name="six", version="1", filename="six-1.whl", sha256="0" * 64, size=1)
LOCK = Lock(cell="a", python="2.7.18", request="r", as_of="", tools=(), distributions=(SIX,))
SUITE = Suite(name="s", root="/s", digest="", cells=(CELL,), bases=(BASE,))
RECIPE = recipe_of(CELL, SUITE, LOCK, "FROM x\n")


def test_a_recipe_has_the_parts_of_its_cell() -> None:
    assert BASE == RECIPE.base
    assert LOCK == RECIPE.lock
    assert ("", (("A", "b"),), "FROM x\n") == (
        RECIPE.interpreter,
        RECIPE.environment,
        RECIPE.dockerfile,
    )


def test_a_digest_is_the_same_in_every_process() -> None:
    assert digest({"a": (1, None, True), "b": "\u00e9"}) == (
        "8fe5149205aa9a0cac85780e565ce3b64d9daf3bc6915870d52c2be3626a8c02"
    )


@pytest.mark.parametrize(
    "parts",
    [
        {"base": OTHER_BASE},
        {"interpreter": "/usr/bin/python2"},
        {"lock": replace(LOCK, distributions=())},
        {"lock": replace(LOCK, tools=(SIX,))},
        {"environment": ()},
        {"dockerfile": "FROM y\n"},
        {"files": (("install.py", "changed"),)},
    ],
    ids=lambda parts: next(iter(parts)),
)
def test_every_part_that_decides_the_image_changes_the_digest(parts: dict[str, Any]) -> None:
    assert digest(with_part(RECIPE, **parts)) != digest(RECIPE)


@pytest.mark.parametrize(
    "parts",
    [
        {"base": replace(BASE, id="renamed")},
        {"lock": replace(LOCK, cell="renamed")},
        {"lock": replace(LOCK, request="asked otherwise", as_of="2020-01-01", python="2.7.17")},
    ],
)
def test_names_and_how_the_lock_came_about_do_not(parts: dict[str, Any]) -> None:
    assert digest(with_part(RECIPE, **parts)) == digest(RECIPE)


def test_a_part_there_is_not_is_a_bug() -> None:
    with pytest.raises(InternalError, match="a recipe has no part file"):
        with_part(RECIPE, file="x")


def test_a_place_is_no_part_of_a_digest() -> None:
    assert digest(CELL) == digest(replace(CELL, place=None))
    assert digest(CELL) != digest(replace(CELL, id="b"))


@pytest.mark.parametrize("value", [object(), {1.5j: 1, "x": {2j}}, b"bytes"])
def test_what_has_no_canonical_form_has_no_digest(value: object) -> None:
    with pytest.raises(InternalError, match="a value cannot be stored"):
        digest(value)


def test_a_base_is_known_by_its_request_and_not_by_its_name() -> None:
    assert base_request_digest(BASE) == base_request_digest(replace(BASE, id="renamed"))
    assert base_request_digest(BASE) != base_request_digest(OTHER_BASE)
    assert base_request_digest(BASE) != base_request_digest(replace(BASE, python="3.9"))


@pytest.mark.parametrize(
    ("changes", "base", "is_stale"),
    [
        ({"install": ("six", "numpy")}, BASE, True),
        ({"constraints": ("six<2",)}, BASE, True),
        ({"as_of": "2020-01-01"}, BASE, True),
        ({}, OTHER_BASE, True),
        ({"id": "b", "tags": ("x",), "environment": ()}, BASE, False),
        ({"python": ""}, BASE, False),
        ({}, replace(BASE, id="renamed"), False),
    ],
)
def test_a_lock_is_stale_when_what_decides_the_resolution_changed(
    changes: dict[str, Any], base: Base, is_stale: bool
) -> None:
    before = lock_request_digest(CELL, BASE)

    assert is_stale == (lock_request_digest(replace(CELL, **changes), base) != before)


def test_the_dockerfile_sets_the_environment_and_expands_nothing() -> None:
    recipe = with_part(RECIPE, environment=(("A", 'say "$HOME" \\ twice'), ("B", "\u00e9")))

    assert render(recipe) == 'FROM x\nENV A="say \\"\\$HOME\\" \\\\ twice"\nENV B="\u00e9"\n'


def test_a_cell_without_its_base_is_a_bug() -> None:
    with pytest.raises(InternalError, match=r"cell a has no base 'py2\.7'"):
        recipe_of(CELL, replace(SUITE, bases=()), LOCK, "")

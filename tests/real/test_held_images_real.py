"""`harness check` looks on the local engine before it asks a registry; both are real."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from docker import APIClient

from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.legacy_registry import LegacyRegistry
from tests.real.made_bases import newest_base
from tests.real.own_images import NO_REGISTRY

sys.path.append(str(Path(__file__).parents[1] / "registry"))

from tests.registry.old_images import layer

SITE = "usr/lib/python{}/site-packages"
OLD = {"tensorflow": "1.2.1", "numpy": "1.16.6"}
NEW = {"tensorflow": "2.21.0", "numpy": "2.3.5"}


def tagged(engine: APIClient, image: str, name: str) -> None:
    repository, _, tag = name.rpartition(":")
    engine.tag(image, repository, tag)


@contextmanager
def made(engine: APIClient, python: str, packages: dict[str, str]) -> Iterator[str]:
    """The id of a small image that contains these distributions, and no program that runs."""
    site = SITE.format(python)
    files: dict[str, bytes | str | None] = {f"usr/bin/python{python}": b"#!/bin/sh\n"}
    files["usr/bin/python3"] = f"python{python}"
    for name, version in packages.items():
        files[f"{site}/{name}-{version}.dist-info/METADATA"] = b"x"
    said = engine.import_image_from_data(
        layer(files),
        changes=[f"ENV PYTHON_VERSION={python}", f'CMD ["python{python}", "-V"]'],
    )
    image = str(json.loads(said.splitlines()[-1])["status"])
    # Without a name of its own it would be removed with the last name that a test gives it.
    name = f"{NO_REGISTRY}/kept-{token_hex(4)}:1"
    tagged(engine, image, name)
    try:
        yield image
    finally:
        engine.remove_image(name)


@pytest.fixture
def both(engine: APIClient) -> Iterator[tuple[str, str]]:
    with made(engine, "2.7", OLD) as old, made(engine, "3.13", NEW) as new:
        yield old, new


@pytest.fixture
def asked(place: Place) -> Place:
    extra = {"DOCKER_CONFIG": str(place.folder), "HARNESS_CACHE": str(place.folder / "cache")}
    return Place(folder=place.folder, extra=extra)


def page(place: Place, *arguments: str, status: int) -> dict[str, Any]:
    said = place.harness("check", *arguments, "--format", "json", status=status)
    told: dict[str, Any] = json.loads(said.out)
    return told


def moved(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in told["reasons"] if "was given to another" in one["title"]]


def test_a_tag_of_the_engine_that_moved_is_told(
    asked: Place, engine: APIClient, both: tuple[str, str]
) -> None:
    name = f"{NO_REGISTRY}/x-{token_hex(4)}:latest-gpu"
    tagged(engine, both[0], name)
    first = page(asked, name, "--static", status=1)
    assert f"found on the engine here ({engine_name(engine)}" in first["cost"]
    assert both[0] == first["digest"]
    assert [] == moved(first)
    tagged(engine, both[1], name)
    told = page(asked, name, "--static", status=1)
    (why,) = moved(told)
    assert "it named tensorflow 1.2.1 on Python 2.7, now it names tensorflow 2.21.0" in why["title"]
    assert "python: 2.7 before, 3.13 now" in why["evidence"]
    assert any(one.startswith(both[0]) for one in why["evidence"])
    assert f"before: {both[0]}" in why["remedy"]
    # The command that the page suggests works as it is printed.
    (command,) = (one for one in why["evidence"] if "--against" in one)
    words = command.partition("harness check ")[2].split()
    rows = page(asked, *words, status=1)["differences"]
    assert ("1.16.6", "2.3.5") in {(one["first"], one["second"]) for one in rows}
    engine.remove_image(name, noprune=True)


def engine_name(engine: APIClient) -> str:
    return f"docker {engine.version()['Version']}"


def test_the_engine_is_asked_first_and_the_registry_where_it_is_named(
    asked: Place, engine: APIClient, registry: LegacyRegistry, both: tuple[str, str]
) -> None:
    name = registry.push(engine, both[1], "1")
    tagged(engine, both[0], name)
    try:
        here = page(asked, name, "--static", status=1)
        assert "no registry was asked" in here["cost"]
        assert {"tensorflow 1.2.1"} == framework(here)
        there = page(asked, name, "--static", "--registry", status=1)
        assert "requests" in there["cost"]
        assert {"tensorflow 2.21.0"} == framework(there)
        assert [] == moved(there), "what a registry's tag named is another memory"
        (row,) = (one for one in page(asked, name, "--against", name, status=0)["images"][:1])
        assert "found on the engine" in row["cost"]
    finally:
        engine.remove_image(name, noprune=True)
    gone = page(asked, name, "--static", status=1)
    assert "requests" in gone["cost"]
    assert {"tensorflow 2.21.0"} == framework(gone)


def framework(told: dict[str, Any]) -> set[str]:
    return {one["said"].partition(" (")[0] for one in told["claims"] if one["what"] == "framework"}


def test_an_image_and_its_archive_are_equal_and_another_is_not(
    asked: Place, engine: APIClient, both: tuple[str, str]
) -> None:
    name, other = (f"{NO_REGISTRY}/x-{token_hex(4)}:1" for _ in range(2))
    tagged(engine, both[0], name)
    tagged(engine, both[1], other)
    archive = asked.folder / "saved.tar"
    try:
        with archive.open("wb") as stream:
            stream.writelines(engine.get_image(name))
        same = page(asked, name, "--static", "--against", str(archive), status=0)
        assert [] == same["differences"]
        assert [] == same["open"]
        told = page(asked, name, "--static", "--against", other, status=1)
        rows = {(one["kind"], one["what"]): one for one in told["differences"]}
        numpy = rows["package", "numpy"]
        assert ("1.16.6", "2.3.5") == (numpy["first"], numpy["second"])
        assert ("2.7", "3.13") == tuple(rows["python", ""][side] for side in ("first", "second"))
        assert {"shared": 0, "first": 1, "second": 1} == told["layers"]
    finally:
        for one in (name, other):
            engine.remove_image(one, noprune=True)
    assert [] == [one for one in (asked.folder / "cache").rglob("*") if one.stat().st_size > 10**6]


def test_what_the_engine_alone_has_can_be_run(asked: Place, engine: APIClient) -> None:
    place = Place(folder=asked.folder)  # with the machine's own cache, including that of data sets
    name = f"{NO_REGISTRY}/x-{token_hex(4)}:1"
    tagged(engine, newest_base(engine)[0], name)
    try:
        told = page(place, name, "--pull", status=1)
    finally:
        engine.remove_image(name, noprune=True)
    assert "run there" in told["cost"]
    assert any("no framework" in one["title"] for one in told["reasons"])
    _, records = place.recorded()
    assert {"found on the engine"} == {one.image.origin for one in records if one.image}
    assert Outcome.OK in {one.outcome for one in records}

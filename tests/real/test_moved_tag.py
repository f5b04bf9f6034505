"""A tag of a real registry is given to another image: a finding that shows both, until it is
locked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient
from docker.errors import APIError

from harness.recipes.suite_lock import find_suite_lock, suite_lock_path
from tests.real.commandline import Place
from tests.real.leftovers import Leftovers
from tests.real.legacy_registry import LegacyRegistry
from tests.real.own_images import image_of
from tests.real.suites import small_suite

CELL = "published"


@pytest.fixture
def images(engine: APIClient, plain_image: str) -> Iterator[tuple[str, str]]:
    """Two images, of which the second configures the loader differently."""
    with image_of(engine, plain_image, "ENV LD_LIBRARY_PATH=/opt/other/lib") as other:
        yield plain_image, other


def give(engine: APIClient, registry: LegacyRegistry, image: str) -> str:
    """Give the tag to an image and have the engine pull the tag again; returns its digest."""
    name = registry.push(engine, image, "moving")
    list(engine.pull(name, stream=True, decode=True))
    digest: str = engine.inspect_distribution(name)["Descriptor"]["digest"]
    return digest


def of_tag(place: Place) -> list[dict[str, Any]]:
    found = place.report()["findings"]
    return [one for one in found if one["kind"] == "tag-moved"]


def test_a_tag_that_moved_is_told_with_both_digests_and_what_differs_until_it_is_locked(
    place: Place,
    engine: APIClient,
    registry: LegacyRegistry,
    images: tuple[str, str],
    left: Leftovers,
) -> None:
    name = registry.name("moving")
    row = {"id": CELL, "image": name, "level": "L0", "interpreter": "/usr/bin/python2.7"}
    suite = small_suite(place.folder / "suite", row, probes=["python"])
    run = ("run", "--suite", str(suite))
    lock = ("lock", "--inputs", "--suite", str(suite))
    try:
        first = give(engine, registry, images[0])
        said = json.loads(place.harness(*lock, "--format", "json").out)
        assert [CELL] == said["inputs"]["images"]
        assert [] == said["inputs"]["absent"]
        place.harness(*run)
        assert [] == of_tag(place)

        second = give(engine, registry, images[1])
        assert first != second
        place.harness(*run, status=1)
        (found,) = of_tag(place)
        assert "names another image than was locked" in found["title"]
        told = " | ".join(found["evidence"])
        assert f"{first}, locked" in told
        assert f"{second}, now" in told
        assert "variable LD_LIBRARY_PATH: none before, /opt/other/lib now" in told
        assert f"harness lock --inputs --cell {CELL}" in found["remedy"]

        place.harness(*lock, "--cell", CELL)
        locked = find_suite_lock(suite)
        assert locked is not None
        assert [second] == [one.digest for one in locked.images]
        place.harness(*run)
        assert [] == of_tag(place)

        # Without a lock, what was seen here before counts.
        suite_lock_path(Path(suite)).unlink()
        place.harness(*run, status=1)
        (found,) = of_tag(place)
        assert "names another image than when it was seen on" in found["title"]
        assert [] == left.found()
    finally:
        for image in (name, *engine.images(name.rpartition(":")[0], quiet=True)):
            with suppress(APIError):
                engine.remove_image(image, force=True)


def test_what_no_registry_gave_is_not_locked_and_that_is_said(
    place: Place, engine: APIClient, plain_image: str
) -> None:
    with image_of(engine, plain_image, "ENV A=b") as name:
        row = {"id": CELL, "image": name, "level": "L0", "interpreter": "/usr/bin/python2.7"}
        suite = small_suite(place.folder / "suite", row, probes=["python"])
        said = place.harness("lock", "--inputs", "--suite", str(suite))
        assert f"{CELL}: the digest of {name} could not be looked up" in said.err
        assert "0 images" in said.out
        place.harness("run", "--suite", str(suite))
        assert [] == of_tag(place)

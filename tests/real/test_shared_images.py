"""Images of cells in a registry of one's own: built once, pulled wherever else they are needed.

Two hosts are two places that share only an engine of this machine: what one has built is removed
from it before the other asks.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from docker import APIClient

from harness.engines.oci.named import named_images, remove_named
from harness.engines.oci.register import register_of
from harness.model import ImageIdentity, Outcome
from harness.running.session import places
from tests.real.commandline import Place, Said
from tests.real.home_made import PLAIN, HomeMade
from tests.real.legacy_registry import LegacyRegistry

BELOW = "cells"


@pytest.fixture
def suite(place: Place, home_made: HomeMade) -> Path:
    return home_made.plain(place.folder / "suite")


def host(place: Place, name: str, registry: LegacyRegistry, **extra: str) -> Place:
    """A place with a store and reports of its own, and with a cache of its own if one is named."""
    folder = place.folder / name
    folder.mkdir()
    return Place(folder=folder, extra={"HARNESS_REGISTRY": f"{registry.address}/{BELOW}", **extra})


def asked(host: Place, suite: Path) -> tuple[ImageIdentity, Said]:
    """The image that a run there got and that answered, and the run's output."""
    said = host.harness("run", "--suite", str(suite))
    _, records = host.recorded()
    assert {Outcome.OK} == {one.outcome for one in records}
    image = records[-1].image
    assert image is not None
    return image, said


def removed(engine: APIClient, image: ImageIdentity) -> None:
    """Remove the image from the engine."""
    register = register_of(engine, places().cache)
    (own,) = (one for one in named_images(engine, register) if one.id == image.id)
    assert not remove_named(engine, register, own)


def names(engine: APIClient, registry: LegacyRegistry) -> list[str]:
    """Names on the engine that belong to the registry."""
    tags = [tag for image in engine.images() for tag in image.get("RepoTags") or ()]
    return [tag for tag in tags if tag.startswith(registry.address)]


def test_what_one_host_built_another_pulls_and_builds_nothing(
    place: Place, engine: APIClient, suite: Path, home_made: HomeMade, registry: LegacyRegistry
) -> None:
    built, said = asked(host(place, "one", registry), suite)
    assert "built" == built.origin
    assert f"putting it into {registry.address}/{BELOW}" in said.err
    removed(engine, built)
    home_made.lose(PLAIN)  # It is needed only by a host that builds.

    other = host(place, "two", registry, HARNESS_CACHE=str(place.folder / "cache of two"))
    pulled, _ = asked(other, suite)
    assert "pulled" == pulled.origin
    assert (built.id, built.recipe, built.base, built.layers) == (
        pulled.id,
        pulled.recipe,
        pulled.base,
        pulled.layers,
    )
    again, said = asked(other, suite)
    assert ("reused", built.id) == (again.origin, again.id)
    assert "asking" not in said.err
    assert [] == names(engine, registry)


def test_what_has_its_name_there_and_another_recipe_is_not_taken(
    place: Place, engine: APIClient, suite: Path, registry: LegacyRegistry
) -> None:
    one = host(place, "one", registry)
    built, _ = asked(one, suite)
    (own,) = (
        each
        for each in named_images(engine, register_of(engine, places().cache))
        if each.id == built.id
    )
    repository, _, tag = own.asked_for.rpartition(":")
    strange = LegacyRegistry(address=registry.address, repository=f"{BELOW}/{repository}")
    strange.push(engine, built.base, tag)
    removed(engine, built)
    again, said = asked(one, suite)
    assert "built" == again.origin
    assert "has another recipe" in said.err
    assert [] == names(engine, registry)


def test_without_a_registry_that_answers_it_is_built_and_that_is_said(
    place: Place, engine: APIClient, suite: Path
) -> None:
    nobody = LegacyRegistry(address="127.0.0.1:9")
    built, said = asked(host(place, "one", nobody), suite)
    assert "built" == built.origin
    assert "it is not pulled from 127.0.0.1:9" in said.err
    assert "it could not be put into 127.0.0.1:9" in said.err
    assert [] == names(engine, nobody)


def test_a_registry_that_is_none_is_refused_before_anything_starts(
    place: Place, suite: Path
) -> None:
    wrong = Place(folder=place.folder, extra={"HARNESS_REGISTRY": "https://registry.example"})
    said = wrong.harness("run", "--suite", str(suite), status=2)
    assert "HARNESS_REGISTRY names no registry: 'https://registry.example'" in said.err
    assert "HARNESS_REGISTRY=HOST:PORT" in said.err

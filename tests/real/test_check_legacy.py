"""`harness check` against a real registry that holds the suite's images under legacy names: what is
foreseen from a name, from the layers, and what running them shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from tests.real.commandline import Place
from tests.real.leftovers import Leftovers
from tests.real.legacy_registry import LegacyRegistry, served, why_no_registry

sys.path.append(str(Path(__file__).parents[1] / "registry"))

from legacy import legacy_gpu, wheel_step

REAL_PYTHON = "cp36"
"""Of the real cell: its wheels for 3.5, as the tag's own was, want a Python nobody has any more."""


@pytest.fixture(scope="session")
def registry(
    engine: APIClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LegacyRegistry]:
    if why := why_no_registry():
        pytest.skip(why)
    with served(tmp_path_factory.mktemp("registry")) as one:
        yield one


@pytest.fixture
def asked(place: Place) -> Place:
    """A place whose memory of registries is its own."""
    return Place(folder=place.folder, extra={"DOCKER_CONFIG": str(place.folder)})


def built(place: Place, cell: str) -> str:
    """The image of a cell of the default suite, built or there already."""
    place.harness("run", "--cell", cell, "--probe", "python", status=5)
    _, records = place.recorded()
    (image,) = {one.image.id for one in records if one.image}
    return image


def page(place: Place, *arguments: str, status: int) -> dict[str, Any]:
    said = place.harness("check", *arguments, "--format", "json", status=status)
    told: dict[str, Any] = json.loads(said.out)
    assert status == told["exit"]
    return told


@contextmanager
def gone_afterwards(engine: APIClient, name: str, digests: list[str]) -> Iterator[None]:
    """What was pulled by its digest is removed again."""
    try:
        yield
    finally:
        for digest in digests:
            engine.remove_image(f"{name.rpartition(':')[0]}@{digest}", noprune=True)


def standing(told: dict[str, Any], title: str) -> tuple[str, str]:
    (reason,) = [one for one in told["reasons"] if title in one["title"]]
    return reason["standing"], reason["seen"]


def test_an_image_of_2017_is_foreseen_to_work_and_does(
    asked: Place, engine: APIClient, registry: LegacyRegistry, left: Leftovers
) -> None:
    name = registry.push(engine, built(asked, "tf1.2.1-py2.7"), "1.2.1")
    foreseen = page(asked, name, "--static", status=0)
    assert "reuse" == foreseen["answer"]
    with gone_afterwards(engine, name, [foreseen["digest"]]):
        told = page(asked, name, "--static", "--pull", status=0)
    assert "reuse" == told["answer"]
    assert ("confirmed", "imported, version 1.2.1") == tuple(
        part.partition("; ")[0] for part in standing(told, "it holds tensorflow 1.2.1")
    )
    assert "L3 (learns)" in told["measured"]["as it is"]
    assert "refuted" not in {one["standing"] for one in told["reasons"]}
    run, records = asked.recorded()
    assert run.id == told["measured"]["run"].partition(" ")[0]
    assert {"strict"} == {one.profile.name for one in records}
    assert {"pulled"} == {one.image.origin for one in records if one.image}
    assert [] == left.found()


@pytest.mark.long
def test_a_python_off_the_path_is_foreseen_and_calling_it_by_name_mends_it(
    asked: Place, engine: APIClient, registry: LegacyRegistry
) -> None:
    registry.push(engine, built(asked, "tf1.2.1-py2.7"), "1.2.1")
    config = {"created": "2017-06-30T17:22:08Z", "history": [], "config": {"Env": ["PATH=/gone"]}}
    name = registry.dress("1.2.1", "1.2.1-lost", config)
    foreseen = page(asked, name, "--static", status=1)
    assert "reuse with these changes" == foreseen["answer"]
    with gone_afterwards(engine, name, [foreseen["digest"]]):
        told = page(asked, name, "--static", "--pull", status=1)
    assert "reuse with these changes" == told["answer"]
    assert "confirmed" == standing(told, "its Python is not on its PATH")[0]
    assert "L3 (learns)" in told["measured"]["changed"]
    assert "fail" in told["measured"]["as it is"]


@pytest.mark.long
def test_the_image_everybody_asks_for_made_as_it_was(
    asked: Place, engine: APIClient, registry: LegacyRegistry
) -> None:
    registry.push(engine, built(asked, "tf1.2.1-gpu-py3.6"), "real-gpu")
    config = legacy_gpu()
    config["history"][-1] = {"created_by": wheel_step("tensorflow-gpu", "1.2.1", REAL_PYTHON)}
    name = registry.dress("real-gpu", "1.2.1-gpu-py3", config)
    outside = page(asked, name, status=1)
    assert "do not reuse here" == outside["answer"]
    assert ("2 requests" in outside["cost"], "nothing pulled" in outside["cost"]) == (True, True)
    texts = " ".join(one["title"] for one in outside["reasons"])
    assert "it serves Jupyter on port 8888 as root" in texts
    assert "`docker run --gpus all`" in texts
    inside = page(asked, name, "--static", status=1)
    assert "do not reuse here" == inside["answer"]
    assert any("libcublas.so.8.0" in one["title"] for one in inside["reasons"])
    with gone_afterwards(engine, name, [outside["digest"]]):
        told = page(asked, name, "--static", "--pull", status=1)
    assert "do not reuse here" == told["answer"]
    confirmed, seen = standing(told, "it cannot be imported")
    assert "confirmed" == confirmed
    assert ".so.8.0: cannot open shared object file" in seen

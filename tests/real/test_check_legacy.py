"""`harness check` with a real registry that has the suite's images under legacy names: the
predictions from a name and from the layers, and what running the images shows."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.leftovers import Leftovers
from tests.real.legacy_registry import LegacyRegistry
from tests.real.made_bases import newest_base

sys.path.append(str(Path(__file__).parents[1] / "registry"))

from tests.registry.legacy import CUDA_8, legacy_gpu, wheel_step


def legacy_on_3_6() -> dict[str, Any]:
    """The configuration of the legacy image, but with the Python that the suite's cell really has:
    the tag's own 3.5 can no longer be obtained."""
    config = legacy_gpu()
    config["history"][-1] = {"created_by": wheel_step("tensorflow-gpu", "1.2.1", "cp36")}
    environment = {**CUDA_8, "PATH": f"/opt/python/bin:{CUDA_8['PATH']}"}
    config["config"]["Env"] = [f"{name}={value}" for name, value in environment.items()]
    return config


@pytest.fixture
def asked(place: Place) -> Place:
    """A place with a separate memory of registries."""
    return Place(folder=place.folder, extra={"DOCKER_CONFIG": str(place.folder)})


def built(place: Place, cell: str) -> str:
    """The image of a cell of the default suite, built unless it is there."""
    place.harness("run", "--suite", "standard", "--cell", cell, "--probe", "python", status=5)
    _, records = place.recorded()
    (image,) = {one.image.id for one in records if one.image}
    return image


def page(place: Place, *arguments: str, status: int) -> dict[str, Any]:
    said = place.harness("check", *arguments, "--format", "json", status=status)
    told: dict[str, Any] = json.loads(said.out)
    assert status == told["exit"]
    return told


@contextmanager
def gone_afterwards(engine: APIClient, name: str, digest: str) -> Iterator[None]:
    """Removes the image that was pulled by its digest."""
    try:
        yield
    finally:
        engine.remove_image(f"{name.rpartition(':')[0]}@{digest}", noprune=True)


def standing(told: dict[str, Any], title: str) -> tuple[str, str]:
    (reason,) = [one for one in told["reasons"] if title in one["title"]]
    return reason["standing"], reason["seen"]


@pytest.mark.long
def test_a_python_off_the_path_is_foreseen_and_calling_it_by_name_mends_it(
    asked: Place, engine: APIClient, registry: LegacyRegistry, left: Leftovers
) -> None:
    # As the suite makes it: the interpreter is called python2.7, and nothing else.
    name = registry.push(engine, built(asked, "tf1.2.1-py2.7"), "1.2.1-py2.7")
    foreseen = page(asked, name, "--static", status=1)
    assert "reuse with these changes" == foreseen["answer"]
    with gone_afterwards(engine, name, foreseen["digest"]):
        told = page(asked, name, "--pull", status=1)
    assert "reuse with these changes" == told["answer"]
    assert "confirmed" == standing(told, "its Python is not on its PATH")[0]
    assert "fail" in told["measured"]["as it is"]
    assert told["measured"]["changed"].startswith("/usr/bin/python2.7: L3 (learns)")
    run, records = asked.recorded()
    assert run.id in told["measured"]["changed"]
    assert {Outcome.OK} == {one.outcome for one in records}
    assert {"strict"} == {one.profile.name for one in records}
    assert [] == left.found()


@pytest.mark.long
def test_an_image_of_2017_is_foreseen_to_work_and_does(
    asked: Place, engine: APIClient, registry: LegacyRegistry
) -> None:
    text = f"FROM {built(asked, 'tf1.2.1-py2.7')}\nRUN ln -s python2.7 /usr/bin/python\n"
    own = "harness-tests/legacy:1"
    list(engine.build(fileobj=io.BytesIO(text.encode()), tag=own, rm=True, network_mode="none"))
    try:
        # The name reveals nothing: a tag of 1.2.1 would promise Ubuntu.
        name = replace(registry, repository="own/old").push(engine, own, "1")
    finally:
        engine.remove_image(own)
    foreseen = page(asked, name, "--static", status=0)
    assert "reuse" == foreseen["answer"]
    with gone_afterwards(engine, name, foreseen["digest"]):
        told = page(asked, name, "--pull", status=0)
    assert "reuse" == told["answer"]
    assert "confirmed" == standing(told, "it holds tensorflow 1.2.1")[0]
    assert "L3 (learns)" in told["measured"]["as it is"]
    run, records = asked.recorded()
    assert {"pulled"} == {one.image.origin for one in records if one.image}
    # The tag is moved to an image without a framework: the page names the one that worked.
    replace(registry, repository="own/old").push(engine, newest_base(engine)[0], "1")
    moved = page(asked, name, status=5)
    (why,) = (one for one in moved["reasons"] if "was given to another image" in one["title"])
    worked = f"{name.rpartition(':')[0]}@{told['digest']}"
    assert f"the one that worked here: {worked} (run {run.id})" == why["remedy"]


@pytest.mark.long
def test_the_image_everybody_asks_for_made_as_it_was(
    asked: Place, engine: APIClient, registry: LegacyRegistry
) -> None:
    registry.push(engine, built(asked, "tf1.2.1-gpu-py3.6"), "real-gpu")
    name = registry.dress("real-gpu", "1.2.1-gpu-py3", legacy_on_3_6())
    outside = page(asked, name, status=1)
    assert "do not reuse here" == outside["answer"]
    assert outside["cost"].startswith("2 requests")
    assert "nothing pulled" in outside["cost"]
    texts = " ".join(one["title"] for one in outside["reasons"])
    assert "it serves Jupyter on port 8888 as root" in texts
    assert "`docker run --gpus all`" in texts
    inside = page(asked, name, "--static", status=1)
    assert "do not reuse here" == inside["answer"]
    assert any("libcublas.so.8.0" in one["title"] for one in inside["reasons"])
    with gone_afterwards(engine, name, outside["digest"]):
        told = page(asked, name, "--pull", status=1)
    assert "do not reuse here" == told["answer"]
    confirmed, seen = standing(told, "it cannot be imported")
    assert "confirmed" == confirmed
    assert ".so.8.0: cannot open shared object file" in seen

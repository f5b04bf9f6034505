"""Cells that are existing images: found on the engine, not to be pulled, and telling no secrets."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest
from docker import APIClient

from harness.engines.oci.images import inspect_image
from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.home_made import HomeMade
from tests.real.suites import small_suite

NO_REGISTRY = "127.0.0.1:9"
"""Nobody listens on the discard port: whoever asked this registry would fail."""


@pytest.fixture
def plain_image(place: Place, home_made: HomeMade) -> str:
    """The id of a small image with a Python and no framework."""
    place.harness("run", "--suite", str(home_made.plain(place.folder / "plain")))
    _, (record,) = place.recorded()
    assert record.image
    return record.image.id


@contextmanager
def image_of(engine: APIClient, plain: str, *lines: str) -> Iterator[str]:
    """The plain image with some lines of a Dockerfile, under a name no registry answers for."""
    name = f"{NO_REGISTRY}/x-{token_hex(4)}:1"
    text = "\n".join((f"FROM {plain}", *lines))
    list(engine.build(fileobj=io.BytesIO(text.encode()), tag=name, rm=True, network_mode="none"))
    try:
        yield name
    finally:
        engine.remove_image(name)


def id_of(engine: APIClient, name: str) -> str:
    found = inspect_image(engine, name)
    assert found
    return str(found["Id"])


def test_the_smallest_suite_runs_an_image_by_its_id_without_asking_a_registry(
    place: Place, engine: APIClient, plain_image: str
) -> None:
    # Its Python is called `python` and nothing else, as in images of their time.
    with image_of(engine, plain_image, "RUN ln -s python2.7 /usr/bin/python") as name:
        run_smallest_suite(place, name, id_of(engine, name))


def run_smallest_suite(place: Place, name: str, image: str) -> None:
    suite = small_suite(place.folder / "suite", {"id": "x", "image": name})
    # It claims no framework, so nothing can show that it learns: nothing is verified.
    place.harness("run", "--suite", str(suite), status=5)
    run, records = place.recorded()
    images = {record.image for record in records if record.image}
    assert {(image, "found on the engine")} == {(each.id, each.origin) for each in images}
    outcomes = {record.probe: record.outcome for record in records}
    assert Outcome.OK == outcomes["python"]
    assert Outcome.OK == outcomes["packages"]
    assert Outcome.NOT_APPLICABLE == outcomes["mnist"]
    assert {probe.name for probe in run.probes} == set(outcomes)


def test_a_tag_that_cannot_be_pulled_is_infrastructure_and_says_why(place: Place) -> None:
    absent = f"{NO_REGISTRY}/absent/image:1"
    suite = small_suite(place.folder / "suite", {"id": "x", "image": absent})
    said = place.harness("run", "--suite", str(suite), "--probe", "python", status=4)
    _, (record,) = place.recorded()
    assert Outcome.PULL_FAILED == record.outcome
    assert absent in record.reason
    assert "refused" in record.reason
    (cell,) = place.report()["cells"]
    assert "infrastructure" == cell["verdict"]
    assert "refused" in said.out


def test_no_artefact_holds_a_secret_of_the_host_or_of_an_image(
    place: Place, engine: APIClient, plain_image: str
) -> None:
    secrets = {name: token_hex(16) for name in ("host", "image")}
    secretive = Place(
        folder=place.folder / "secretive",
        extra=dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "TF_TOKEN"), secrets["host"]),
    )
    with image_of(engine, plain_image, f"ENV API_TOKEN={secrets['image']}") as name:
        cell = {"id": "x", "image": name, "level": "L0", "interpreter": "python2.7"}
        suite = small_suite(secretive.folder / "suite", cell)
        said = secretive.harness("run", "--suite", str(suite))
        (run,) = secretive.runs()
        secretive.harness("export", run, str(secretive.folder / "run.jsonl"))
    texts = {path: path.read_bytes() for path in _files(secretive.folder)}
    assert any(b"API_TOKEN" in text for text in texts.values()), "names of variables are facts"
    texts[Path("output")] = said.text.encode()
    for what, secret in secrets.items():
        holding = [path for path, text in texts.items() if secret.encode() in text]
        assert [] == holding, f"the {what}'s secret"


def _files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)

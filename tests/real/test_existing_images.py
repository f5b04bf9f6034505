"""Cells that are existing images: found on the engine, or impossible to pull."""

from __future__ import annotations

from docker import APIClient

from harness.engines.oci.images import inspect_image
from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.own_images import NO_REGISTRY, image_of
from tests.real.suites import small_suite


def id_of(engine: APIClient, name: str) -> str:
    found = inspect_image(engine, name)
    assert found
    return str(found["Id"])


def test_the_smallest_suite_runs_an_image_by_its_id_without_asking_a_registry(
    place: Place, engine: APIClient, plain_image: str
) -> None:
    # Its Python is called `python` and nothing else, as in images of that time.
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

"""Known breakages, really caused: a run reports each in one finding."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from harness.distributions.cache import DistributionCache
from harness.knowledge.library import breakages
from harness.running.session import places
from tests.real.commandline import Place
from tests.real.provoked import ML_DTYPES, OtherWheel, fetched, with_wheel
from tests.real.suites import small_suite

BROKEN = str(Path(__file__).with_name("broken"))
BAND = {
    "fact": "mnist.test_accuracy",
    "dataset": "mnist-subset",
    "steps": 20,
    "low": 0.11,
    "high": 1.0,
}
KNOWN = {one.id: one for one in breakages()}


@contextmanager
def changed(
    place: Place, engine: APIClient, cell: str, suite: str, python: str, wheel: OtherWheel
) -> Iterator[str]:
    """The image of a cell, built unless it is there, with another wheel installed over its own."""
    place.harness("run", "--suite", suite, "--cell", cell, "--probe", "python", status=5)
    _, records = place.recorded()
    (image,) = {one.image.id for one in records if one.image}
    cache = DistributionCache(places().cache / "distributions")
    with with_wheel(engine, image, python, wheel, fetched(wheel, cache)) as name:
        yield name


def ran(place: Place, name: str, version: str, python: str, status: int) -> Mapping[str, Any]:
    """The report of running the image, with a few steps of training."""
    suite = small_suite(
        place.folder / "changed",
        {
            "id": "changed",
            "image": name,
            "framework": {"tensorflow": version},
            "interpreter": python,
            "settings": {"mnist": {"steps": 20}},
        },
        name="changed",
        bands=[BAND],
    )
    asked = [word for probe in ("python", "packages", "mnist") for word in ("--probe", probe)]
    place.harness("run", "--suite", str(suite), *asked, status=status)
    return place.report()


@pytest.mark.long
def test_ml_dtypes_0_3_beside_2_14_is_one_finding_that_names_it(
    place: Place, engine: APIClient
) -> None:
    """The cause is printed during the import, and a different error is raised."""
    python = "/usr/bin/python3.11"
    with changed(place, engine, "whole-2.14.1", BROKEN, python, ML_DTYPES) as name:
        report = ran(place, name, "2.14.1", python, 1)
    (finding,), (cell,) = report["findings"], report["cells"]
    assert ("fail", "L0") == (finding["verdict"], cell["level"])
    told = json.dumps(finding)
    assert "requires ml-dtypes ==0.2.0, but ml-dtypes 0.3.1 is installed" in told
    assert "harness explain ml-dtypes-0.3" in told
    _, records = place.recorded()
    assert KNOWN["ml-dtypes-0.3"].sample in " ".join(one.noise for one in records)

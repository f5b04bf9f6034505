"""Images and a Python of this host in one suite: one run, with each cell on the engine that suits
it."""

from __future__ import annotations

import sys

from docker import APIClient

from tests.real.commandline import Place
from tests.real.own_images import image_of
from tests.real.suites import small_suite


def test_an_image_and_an_interpreter_of_this_host_are_asked_in_one_run(
    place: Place, engine: APIClient, plain_image: str
) -> None:
    with image_of(engine, plain_image, "RUN ln -s python2.7 /usr/bin/python") as name:
        rows = [
            {"id": "image", "image": name, "level": "L0"},
            {"id": "mine", "host": sys.executable, "level": "L0"},
        ]
        suite = small_suite(place.folder / "suite", *rows)
        # Two Pythons differ, as they should: that is a finding.
        place.harness("run", "--suite", str(suite), "--probe", "python", status=1)
        run, records = place.recorded()
    (other,) = run.beside or ()
    assert ("host", ("mine",)) == (other.engine.name, other.cells)
    assert run.engine.name in ("docker", "podman")
    assert {"image": run.engine.name, "mine": "host"} == {one.cell: one.engine for one in records}
    versions = {one.cell: str(one.facts["python.version"])[:3] for one in records}
    assert "2.7" == versions["image"]
    assert versions["mine"].startswith("3.")
    report = place.report()
    assert {"L0"} == {cell["level"] for cell in report["cells"]}

"""The host as an engine: the same lock and probes as in the image; and what it cannot do."""

from __future__ import annotations

import json
import sys

import pytest

from harness.machine.interpreters import find_interpreters
from tests.real.commandline import Place
from tests.real.suites import default_suite, quick_ids, small_suite


@pytest.fixture(scope="session")
def cell_of_this_host() -> str:
    """A quick cell whose Python this host has, the smallest first."""
    here = {interpreter.minor for interpreter in find_interpreters()}
    rows = {row["id"]: row for row in default_suite()["cells"]}
    bases = default_suite()["bases"]
    for cell in quick_ids():
        if bases[rows[cell]["base"]]["python"] in here:
            return cell
    pytest.skip("this host has no Python of a quick cell: " + ", ".join(sorted(here)))


def test_a_cell_on_the_host_starts_from_the_bits_it_starts_from_in_its_image(
    quick: Place, brief_run: str, cell_of_this_host: str
) -> None:
    cell = cell_of_this_host
    suite = str(quick.folder / "brief")
    quick.harness("run", "--suite", suite, "--engine", "host", "--cell", cell)
    host_run, records = quick.recorded()
    assert "host" == host_run.engine.name
    assert {"L3"} == {each["level"] for each in quick.report(host_run.id)["cells"]}

    sides = (f"{brief_run}:{cell}", f"{host_run.id}:{cell}")
    out = quick.harness("compare", *sides, "--suite", suite, "--format", "json").out
    compared = json.loads(out)
    assert ["pass"] == [each["verdict"] for each in compared["cells"][1:]]
    in_image = {
        record.probe: record.facts for record in quick.recorded(brief_run)[1] if record.cell == cell
    }
    on_host = {record.probe: record.facts for record in records}
    for fact in ("mnist.initial_weights_sha256", "mnist.framework_version", "mnist.dataset_sha256"):
        assert in_image["mnist"][fact] == on_host["mnist"][fact]
    packages = {
        name: value for name, value in in_image["packages"].items() if name.startswith("package.")
    }
    assert packages.items() <= on_host["packages"].items()


def test_a_python_without_the_framework_reaches_l0_and_says_what_it_lacks(quick: Place) -> None:
    said = quick.harness(
        "compare", quick_ids()[-1], f"host:{sys.executable}", "--format", "json", status=1
    )
    compared = json.loads(said.out)
    mine = compared["cells"][-1]
    assert ("L0", "fail") == (mine["level"], mine["verdict"])
    told = json.dumps(compared["findings"])
    assert "No module named" in told
    assert "tensorflow" in told


def test_what_the_host_engine_cannot_run_is_not_verified(place: Place) -> None:
    suite = small_suite(place.folder / "suite", {"id": "x", "image": "name:tag"})
    place.harness("run", "--suite", str(suite), "--engine", "host", status=5)
    (cell,) = place.report()["cells"]
    assert "unverified" == cell["verdict"]

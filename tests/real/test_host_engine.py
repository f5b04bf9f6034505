"""The host as an engine: the same lock and probes as in the image, and what it cannot do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from harness.machine.interpreters import find_interpreters
from tests.real.commandline import Place
from tests.real.suites import default_suite, quick_ids, small_suite


@pytest.fixture(scope="session")
def cell_of_this_host() -> str:
    """A quick cell whose Python this host has; the smallest is preferred."""
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
    sides = (quick_ids()[-1], f"host:{sys.executable}")
    said = quick.harness("compare", *sides, "--suite", "standard", "--format", "json", status=1)
    compared = json.loads(said.out)
    mine = compared["cells"][-1]
    assert ("L0", "fail") == (mine["level"], mine["verdict"])
    told = json.dumps(compared["findings"])
    assert "No module named" in told
    assert "tensorflow" in told


@pytest.mark.attack("claims", "harness run of {host: python9}, on the host engine")
def test_a_python_that_is_not_there_reaches_no_level(
    place: Place, says: Callable[[str], None]
) -> None:
    suite = small_suite(place.folder / "suite", {"id": "x", "host": "python9", "level": "L1"})
    said = place.harness("run", "--suite", str(suite), status=1)
    lines = (" ".join(line.split()) for line in said.out.splitlines())
    says(next(line for line in lines if line.startswith("✗ fail")))
    (cell,) = place.report()["cells"]
    assert ("-", "fail") == (cell["level"], cell["verdict"])


@pytest.mark.attack("claims", "a slip in `probes:` of a matrix.yaml, then harness plan")
def test_a_plan_names_the_line_of_a_slip(place: Place, says: Callable[[str], None]) -> None:
    row = {"id": "x", "host": sys.executable}
    suite = small_suite(place.folder / "suite", row, probes=["pakages"])
    said = place.harness("plan", "--suite", str(suite), status=2)
    says(said.err.splitlines()[0])
    assert "there is no probe `pakages`" in said.err
    assert "did you mean `packages`?" in said.err


@pytest.mark.attack("claims", "a cell of this host claims Python 2.7 and is none")
def test_a_python_of_this_host_that_is_another_fails_at_l1(
    place: Place, says: Callable[[str], None]
) -> None:
    suite = small_suite(
        place.folder / "suite",
        {"id": "x", "host": sys.executable, "python": "2.7", "level": "L1"},
    )
    said = place.harness("run", "--suite", str(suite), status=1)
    line = next(line for line in said.out.splitlines() if "claims Python 2.7" in line)
    says(line.strip().replace("3.{}.{}".format(*sys.version_info[1:3]), "3.X"))
    assert "✗ x" in said.out


@pytest.mark.attack("claims", "the interpreter of a cell is a wrapper: python -I -S -O")
def test_flags_that_a_wrapper_adds_are_facts(place: Place, says: Callable[[str], None]) -> None:
    wrapper = place.folder / "wrapped"
    wrapper.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S -O "$@"\n')
    wrapper.chmod(0o755)
    row = {"id": "x", "host": str(wrapper), "level": "L1"}
    suite = small_suite(place.folder / "suite", row, probes=["python"])
    place.harness("run", "--suite", str(suite), status=5)
    _, (record,) = place.recorded()
    flags = {
        name.removeprefix("python.flags."): value
        for name, value in record.facts.items()
        if name.startswith("python.flags.") and name.split(".")[2] in ("isolated", "no_site")
    }
    says(", ".join(f"python.flags.{name} = {value}" for name, value in flags.items()))
    assert {"isolated": 1, "no_site": 1} == flags
    assert 1 == record.facts["python.optimize"]


def test_what_the_host_engine_cannot_run_is_not_verified(place: Place) -> None:
    suite = small_suite(place.folder / "suite", {"id": "x", "image": "name:tag"})
    place.harness("run", "--suite", str(suite), "--engine", "host", status=5)
    (cell,) = place.report()["cells"]
    assert "unverified" == cell["verdict"]

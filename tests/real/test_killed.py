"""Killed at any moment: acknowledged records are there, and the next start cleans up."""

from __future__ import annotations

import signal
from pathlib import Path
from subprocess import Popen

import pytest
from docker import APIClient

from tests.real.commandline import Place, end, wait_until
from tests.real.home_made import SLOW, HomeMade
from tests.real.leftovers import Leftovers
from tests.real.suites import brief_suite, quick_ids

FEW, MANY = 5, 2000
"""Steps of the first cell, and of the second, which must still be training when the signal
comes."""


@pytest.fixture
def cells() -> tuple[str, str]:
    """The latest release, which trains fast, and the oldest."""
    return quick_ids()[-1], quick_ids()[0]


@pytest.fixture
def two_cells(quick: Place, tmp_path: Path, cells: tuple[str, str]) -> Path:
    """A suite of the two; their images exist already."""
    return brief_suite(tmp_path / "suite", {cells[0]: {"steps": FEW}, cells[1]: {"steps": MANY}})


def probing(client: APIClient, run: str, cell: str) -> bool:
    """Whether a container of that cell and run is running."""
    labels = [f"harness.run={run}", f"harness.cell={cell}"]
    return bool(client.containers(filters={"label": labels}))


def in_the_middle(
    place: Place, client: APIClient, process: Popen[str], cells: tuple[str, ...]
) -> str:
    """Wait until the first cell is recorded and the second is being probed; returns the run's
    id."""
    wait_until(lambda: f"[1/2] {cells[0]}" in place.told(), process, "the first cell's records")
    run = place.runs()[0]
    wait_until(lambda: probing(client, run, cells[1]), process, "the second cell's container")
    return run


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_mid_run_loses_no_acknowledged_record(
    place: Place,
    two_cells: Path,
    cells: tuple[str, str],
    engine: APIClient,
    left: Leftovers,
    number: signal.Signals,
) -> None:
    with place.started("run", "--suite", str(two_cells)) as process:
        run = in_the_middle(place, engine, process, cells)
        status = end(process, number)

    assert 128 + number == status
    report = place.report(run)
    assert "interrupted" == report["runs"][0]["state"]
    _, records = place.recorded(run)
    assert {cells[0]} == {record.cell for record in records}
    assert report["cells"][0]["planned"] == len(records)
    assert report["cells"][1]["planned"] == report["cells"][1]["missing"]
    if number != signal.SIGKILL:
        assert (place.folder / "reports" / run / "report.md").is_file()
        assert [] == left.found()
        assert [] == sorted(place.temporary.iterdir())
        return

    assert left.now(), "the container of a killed harness cannot have cleaned itself up"
    # The probe `python` alone shows no level, hence status 5.
    asked = ("--cell", cells[0], "--probe", "python")
    place.harness("run", "--suite", str(two_cells), *asked, status=5)
    assert [] == left.found()
    assert [] == sorted(place.temporary.iterdir())


def test_nothing_is_left_of_a_build_that_was_killed(
    place: Place, home_made: HomeMade, engine: APIClient, left: Leftovers
) -> None:
    suite = home_made.suite(place.folder / "suite", SLOW)
    with place.started("run", "--suite", str(suite)) as process:
        log = place.folder / "reports" / "logs" / f"{SLOW}.log"
        wait_until(
            lambda: log.exists() and "$ " in log.read_text("utf-8", "replace"),
            process,
            "the installation inside the build",
        )
        assert 128 + signal.SIGKILL == end(process, signal.SIGKILL)

    (run,) = place.runs()
    assert "interrupted" == place.report(run)["runs"][0]["state"]
    place.harness("run", "--suite", str(home_made.plain(place.folder / "plain")))
    assert [] == left.found()
    assert [] == sorted(place.temporary.iterdir())

"""`harness run --resume`: the command line resumes a killed run, on a real engine."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.real.commandline import Place, end, wait_until
from tests.real.suites import small_suite
from tests.real.trying import Trying

WAITS = """
import os, time
PROBE = {"question": "Does it wait?", "settings": {"seconds": 0}}
def probe(settings):
    time.sleep(settings["seconds"])
    return {"waits.process": os.getpid(), "waits.moment": time.time()}
"""


def test_a_killed_run_is_taken_on_where_it_stopped(place: Place, trying: Trying) -> None:
    image = trying.image({})
    cells = [
        {"id": name, "image": image, "interpreter": trying.python, "level": "L0", **more}
        for name, more in {"brief": {}, "long": {"settings": {"waits": {"seconds": 8}}}}.items()
    ]
    suite = small_suite(
        place.folder / "suite",
        *cells,
        probes=["waits"],
        expectations=[{"facts": "waits.*", "rule": "ignore"}],
    )
    probes = Path(suite) / "probes"
    probes.mkdir()
    (probes / "waits.py").write_text(WAITS, "ascii")

    asked = ("--suite", str(suite), "--engine", trying.engine.name)
    with place.started("run", *asked) as process:
        wait_until(lambda: "[1/2] brief" in place.told(), process, "the first cell's records")
        (run,) = place.runs()
        end(process, signal.SIGKILL)
    _, (before,) = place.recorded(run)

    refused = place.harness("run", *asked, "--resume", run, "--cell", "long", status=2)
    assert "has its cells, probes and rounds already" in refused.err
    place.harness("run", *asked, "--resume", run[:20])

    assert (run,) == place.runs()
    finished, records = place.recorded(run)
    assert "complete" == finished.state
    assert {"brief": before} == {one.cell: one for one in records if one.cell == "brief"}
    assert 2 == len(records)
    assert (
        "it is complete"
        in place.harness("run", "--resume", run, "--suite", str(suite), status=2).err
    )

"""Which run answers, on real engines, if a tag is given to another image in between."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable

import pytest

from tests.real.commandline import Place, end, wait_until
from tests.real.suites import small_suite
from tests.real.trying import Trying

WAITS = """
import time
PROBE = {"question": "Does it wait?", "settings": {"seconds": 0}}
def probe(settings):
    time.sleep(settings["seconds"])
    return {"waits.done": True}
"""


def move(trying: Trying, name: str, image: str) -> str:
    """Give a name to an image; returns the image's id."""
    repository, _, tag = name.rpartition(":")
    trying.client.tag(image, repository, tag, force=True)
    found = trying.client.inspect_image(name)  # type: ignore[no-untyped-call]
    return str(found["Id"])


@pytest.mark.attack("images", "a real tag is moved between two comparisons, on each engine")
def test_a_comparison_is_not_answered_from_the_image_that_a_tag_stood_for(
    place: Place, trying: Trying, says: Callable[[str], None]
) -> None:
    first, other = trying.image({}), trying.image({"opt/other": "x"})
    name = first.rpartition(":")[0] + ":moving"
    before = move(trying, name, first)
    row = {"id": "a", "image": name, "interpreter": trying.python, "level": "L0"}
    suite = small_suite(place.folder / "suite", row, probes=["python"])
    asked = ("compare", "a", "a", "--suite", str(suite), "--engine", trying.engine.name)

    def asked_of() -> str:
        """The image that the newest run used."""
        _, (record,) = place.recorded()
        return record.image.id if record.image else ""

    try:
        told = place.harness(*asked).out
        assert (1, before) == (len(place.runs()), asked_of())
        assert " old)" in told
        after = move(trying, name, other)
        place.harness(*asked)
        assert (2, after) == (len(place.runs()), asked_of())
    finally:
        trying.client.remove_image(name, force=False)
    says("nothing answers: the cell is run again, of the image that the tag names now")


@pytest.mark.attack("images", "a killed run is resumed after its real tag was moved")
def test_a_run_is_not_taken_on_with_another_image(
    place: Place, trying: Trying, says: Callable[[str], None]
) -> None:
    first, other = trying.image({}), trying.image({"opt/other": "x"})
    name = first.rpartition(":")[0] + ":moving"
    before = move(trying, name, first)
    suite = small_suite(
        place.folder / "suite",
        {
            "id": "a",
            "image": name,
            "interpreter": trying.python,
            "level": "L0",
            "settings": {"waits": {"seconds": 3}},
        },
        probes=["waits"],
    )
    (suite / "probes").mkdir()
    (suite / "probes" / "waits.py").write_text(WAITS, "ascii")
    asked = ("--suite", str(suite), "--engine", trying.engine.name)
    try:
        with place.started("run", *asked, "--rounds", "2") as process:
            wait_until(lambda: bool(place.runs()) and bool(place.recorded()[1]), process, "a round")
            end(process, signal.SIGKILL)
        (run,) = place.runs()
        after = move(trying, name, other)
        place.harness("run", *asked, "--resume", run, status=4)
        _, records = place.recorded(run)
        assert ["ok", "interfered"] == [str(one.outcome) for one in records]
        expected = f"its image is now {after}, but earlier records are of {before}"
        assert expected == records[1].reason
        report = json.dumps(place.report(run)["findings"])
        assert before in report
        assert after in report

        move(trying, name, first)
        place.harness("run", *asked, "--resume", run)
        assert ["ok", "ok"] == [str(one.outcome) for one in place.recorded(run)[1]]
    finally:
        trying.client.remove_image(name, force=False)
    says("the round is interfered, with both ids; when the tag is moved back, it is taken on")

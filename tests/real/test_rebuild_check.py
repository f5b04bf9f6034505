"""`harness rebuild-check` on a real engine: builds that are equal, differ for a known reason, or
for none."""

from __future__ import annotations

import json

import pytest
from docker import APIClient

from tests.real.commandline import Place
from tests.real.home_made import BROKEN, DATED, DRAWN, LAST_WORDS, PLAIN, HomeMade
from tests.real.leftovers import Leftovers


def images(engine: APIClient) -> list[str]:
    return [tag for one in engine.images() for tag in one["RepoTags"] or () if "-rebuilt-" in tag]


def test_two_builds_are_held_against_each_other_and_both_go(
    place: Place, home_made: HomeMade, engine: APIClient, left: Leftovers
) -> None:
    suite = str(home_made.suite(place.folder / "suite", PLAIN, DATED, DRAWN, BROKEN))

    def checked(cell: str, status: int) -> dict[str, list[str]]:
        asked = ("rebuild-check", cell, "--suite", suite, "--format", "json")
        told = json.loads(place.harness(*asked, status=status).out)
        assert told["explained"] is (status == 0)
        assert told["equal"] is not bool(told["differences"])
        return {one["path"].rpartition("/")[2]: one["reasons"] for one in told["differences"]}

    assert {} == checked(PLAIN, 0)
    assert ["time stamp"] == checked(DATED, 0)["homemade.py"]
    drawn = checked(DRAWN, 1)
    assert ["unexplained"] == drawn["homemade.py"]
    assert {"unexplained", "follows"} == {each for reasons in drawn.values() for each in reasons}
    said = place.harness("rebuild-check", BROKEN, "--suite", suite, status=1)
    assert LAST_WORDS in said.err
    assert () == place.runs()
    assert [] == images(engine)
    assert [] == left.found()


@pytest.mark.parametrize("engine_name", ["host", "replay"])
def test_an_engine_without_containers_is_refused(
    place: Place, home_made: HomeMade, engine_name: str
) -> None:
    suite = str(home_made.plain(place.folder / "suite"))
    asked = ("rebuild-check", PLAIN, "--suite", suite, "--engine", engine_name)
    assert f"engine {engine_name} has none" in place.harness(*asked, status=2).err

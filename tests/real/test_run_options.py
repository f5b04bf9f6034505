"""Options of `harness run` on a real engine: rounds, repeated answers, no network."""

from __future__ import annotations

from dataclasses import replace

from docker import APIClient

from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.home_made import LOST, TWIN, HomeMade
from tests.real.leftovers import Leftovers

NOBODY = "http://127.0.0.1:9/"


def test_rounds_are_asked_anew_and_reuse_repeats_what_nothing_can_have_changed(
    place: Place, home_made: HomeMade, left: Leftovers
) -> None:
    suite = str(home_made.plain(place.folder / "suite"))
    place.harness("run", "--suite", suite, "--rounds", "2")
    first, records = place.recorded()
    assert [1, 2] == [record.round for record in records]
    assert [""] * 2 == [record.repeats for record in records]
    assert 2 == first.rounds

    # The second time nothing is built, made, pulled or looked up: no server could be asked.
    alone = replace(place, extra={"PIP_INDEX_URL": NOBODY, "http_proxy": NOBODY})
    said = alone.harness("run", "--suite", suite, "--reuse")
    assert [] == [word for word in ("building", "fetching", "base ", "pulling") if word in said.err]
    second, (repeated,) = place.recorded()
    assert repeated.image
    assert "reused" == repeated.image.origin or repeated.image == records[0].image
    assert repeated.repeats.startswith(f"{first.id}/")
    assert records[0].facts == repeated.facts

    # Known results are reported and compared without an engine.
    away = replace(place, extra={"DOCKER_HOST": "unix:///nonexistent/engine.sock"})
    assert first.id in away.harness("report", first.id, "--suite", suite).out
    away.harness("compare", *(f"{run.id}:{first.cells[0].id}" for run in (first, second)))

    place.harness("run", "--suite", suite)
    _, (asked,) = place.recorded()
    assert "" == asked.repeats
    assert [] == left.found()


def test_offline_nothing_is_fetched_and_a_cell_says_what_it_lacks(
    place: Place, home_made: HomeMade, left: Leftovers
) -> None:
    suite = home_made.suite(place.folder / "suite", LOST)
    home_made.lose(LOST)
    said = place.harness("run", "--suite", str(suite), "--offline", status=4)
    _, (record,) = place.recorded()
    assert Outcome.PULL_FAILED is record.outcome
    assert "offline, and not in the cache: homemade-5.0.tar.gz" in record.reason
    assert "fetching" not in said.err
    assert [] == left.found()


def test_offline_no_base_is_made(place: Place, home_made: HomeMade, engine: APIClient) -> None:
    before = {image["Id"] for image in engine.images(all=True)}
    suite = home_made.suite(place.folder / "suite", TWIN, packages=["python2.7", "netbase"])
    place.harness("run", "--suite", str(suite), "--offline", status=4)
    _, (record,) = place.recorded()
    assert Outcome.PULL_FAILED is record.outcome
    assert "Debian bullseye: offline, and not on the engine" in record.reason
    assert before == {image["Id"] for image in engine.images(all=True)}


def test_offline_and_anew_exclude_each_other(place: Place, home_made: HomeMade) -> None:
    suite = home_made.plain(place.folder / "suite")
    said = place.harness("run", "--suite", str(suite), "--offline", "--refresh-bases", status=2)
    assert "--refresh-bases fetches what --offline forbids" in said.err
    assert "leave out one of them" in said.err
    assert () == place.runs()

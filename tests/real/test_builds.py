"""Building: two builds are equal, a failure gives a record, nothing is built without a lock."""

from __future__ import annotations

import json
from pathlib import Path

from docker import APIClient

from harness.engines.oci.images import inspect_image
from harness.model import Outcome
from harness.recipes.lockfile import lock_path
from tests.real.commandline import Place
from tests.real.home_made import BROKEN, LAST_WORDS, PLAIN, TWIN, HomeMade
from tests.real.leftovers import Leftovers


def test_a_second_build_gives_the_same_layers(
    place: Place, home_made: HomeMade, left: Leftovers
) -> None:
    # One recipe under two ids: two images are built, one after the other.
    suite = home_made.suite(place.folder / "suite", PLAIN, TWIN)
    place.harness("run", "--suite", str(suite))
    _, records = place.recorded()
    images = {record.cell: record.image for record in records if record.image}
    assert {"built"} == {image.origin for image in images.values()}
    assert images[PLAIN].recipe == images[TWIN].recipe
    assert images[PLAIN].id != images[TWIN].id
    assert images[PLAIN].layers == images[TWIN].layers
    assert [] == left.found()


def test_two_runs_at_once_make_an_image_once(
    place: Place, home_made: HomeMade, left: Leftovers
) -> None:
    suite = home_made.suite(place.folder / "suite", PLAIN)
    asked = ("run", "--suite", str(suite))
    with place.started(*asked) as one, place.started(*asked) as other:
        said = [process.communicate(timeout=300)[0] for process in (one, other)]
        assert [0, 0] == [one.returncode, other.returncode], said
    made = [record.image for run in place.runs() for record in place.recorded(run)[1]]
    assert {"built", "reused"} == {image.origin for image in made if image}
    assert 1 == len({image.id for image in made if image})
    assert [] == left.found()


def test_a_failing_build_is_a_record_with_its_last_lines_and_stops_no_other_cell(
    place: Place, home_made: HomeMade, left: Leftovers
) -> None:
    suite = home_made.suite(place.folder / "suite", PLAIN, BROKEN)
    said = place.harness("run", "--suite", str(suite), status=1)
    _, records = place.recorded()
    outcomes = {record.cell: record.outcome for record in records}
    assert {BROKEN: Outcome.BUILD_FAILED, PLAIN: Outcome.OK} == outcomes
    (failed,) = (record for record in records if record.cell == BROKEN)
    assert LAST_WORDS in failed.reason
    verdicts = {cell["id"]: cell["verdict"] for cell in place.report()["cells"]}
    assert {BROKEN: "fail", PLAIN: "pass"} == verdicts
    assert BROKEN in said.out
    log = place.folder / "reports" / "logs" / f"{BROKEN}.log"
    assert LAST_WORDS in log.read_text("utf-8")
    assert [] == left.found()


def test_every_missing_and_stale_lock_is_told_before_anything_starts(
    place: Place, home_made: HomeMade
) -> None:
    suite = home_made.suite(place.folder / "suite", PLAIN, TWIN)
    lock_path(suite, PLAIN).unlink()
    text = (suite / "matrix.yaml").read_text("utf-8")
    at = text.index(f'"{TWIN}"')
    (suite / "matrix.yaml").write_text(
        text[:at] + text[at:].replace("homemade==1.0", "homemade==1.1"), "utf-8"
    )
    said = place.harness("run", "--suite", str(suite), status=2)
    for cell, what in ((PLAIN, "has no lock"), (TWIN, "stale")):
        assert what in said.err
        assert f"harness lock --cell {cell}" in said.err
    assert () == place.runs()


def test_an_image_of_another_recipe_is_not_reused(
    place: Place, home_made: HomeMade, engine: APIClient
) -> None:
    suite = home_made.plain(place.folder / "suite")
    ids: list[str] = []
    for environment in ({}, {"SHOWN": "1"}, {}):
        path = _with_environment(suite, environment)
        place.harness("run", "--suite", str(path))
        _, (record,) = place.recorded()
        assert record.image
        ids.append(record.image.id)
    assert ids[0] == ids[2] != ids[1]
    found = inspect_image(engine, ids[1])
    assert found
    assert "SHOWN=1" in found["Config"]["Env"]


def _with_environment(suite: Path, environment: dict[str, str]) -> Path:
    path = suite / "matrix.yaml"
    rows = json.loads(path.read_text("utf-8"))
    rows["cells"][0]["environment"] = environment
    path.write_text(json.dumps(rows), "utf-8")
    return suite

"""`harness bisect-day` on a real engine, with a home-made index and with the real package index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.recipes.lockfile import lock_path
from tests.real.commandline import Place
from tests.real.home_made import PLAIN, HomeMade
from tests.real.leftovers import Leftovers
from tests.real.suites import ROOT

PROBE = '''"""Is what is installed any good?"""

PROBE = {"question": "Which homemade?"}


def probe(settings):
    import homemade

    if homemade.version == "5.1":
        raise ValueError("homemade 5.1 does not work beside anything")
    return {"homemade.version": homemade.version}
'''
UPLOADED = {
    "1.0": "2026-10-31T08:00:00Z",
    "2.0": "2026-11-04T09:00:00Z",
    "5.0": "2026-11-06T10:00:00Z",
    "5.1": "2026-11-06T11:30:00.250000Z",
}
"""2.0 cannot even be resolved: its setup code ends in an error."""


@pytest.fixture
def there(place: Place, home_made: HomeMade, home_made_base: str) -> Iterator[Place]:
    """A place whose package index has an upload time for each home-made distribution."""
    with home_made.index(UPLOADED) as address:
        yield Place(folder=place.folder, extra={"PIP_INDEX_URL": address, "CI": "true"})


@pytest.fixture
def suite(there: Place, home_made: HomeMade) -> Path:
    """A cell without a lock, which takes whatever version exists."""
    folder = home_made.plain(there.folder / "suite")
    lock_path(folder, PLAIN).unlink()
    rows = json.loads((folder / "matrix.yaml").read_text("utf-8"))
    rows["probes"] = ["homemade"]
    rows["cells"][0]["install"] = ["homemade"]
    rows["cells"][0].pop("as-of")
    (folder / "matrix.yaml").write_text(json.dumps(rows), "utf-8")
    (folder / "probes").mkdir()
    (folder / "probes" / "homemade.py").write_text(PROBE, "utf-8")
    return folder


def answer(there: Place, suite: Path, good: str, bad: str, status: int) -> tuple[Any, list[str]]:
    said = there.harness(
        *("bisect-day", PLAIN, "--good", good, "--bad", bad, "--suite", str(suite)),
        *("--format", "json"),
        status=status,
    )
    return json.loads(said.out), said.err.splitlines()


def test_the_upload_is_named_and_a_day_that_does_not_resolve_is_skipped(
    there: Place, suite: Path, left: Leftovers
) -> None:
    found, said = answer(there, suite, "2026-11-01", "2026-11-08", 0)

    assert "found" == found["end"]
    (suspect,) = found["suspects"]
    assert ("homemade", "5.0", "5.1") == tuple(suspect[one] for one in ("name", "before", "after"))
    assert suspect["uploaded"].startswith("2026-11-06T11:30:00.25")
    assert "2026-11-06T11:30:00.249999Z" == found["good"]
    assert 3 == found["built"]
    assert 3 == len(there.runs())
    standings = {one["as_of"]: one["standing"] for one in found["tried"]}
    assert "skipped" in standings.values()
    assert {"good", "bad"} == {standings["2026-11-01"], standings["2026-11-08"]}
    steps = [line for line in said if ": good, " in line or ": bad, " in line or ": skip" in line]
    assert len(found["tried"]) == len(steps)
    assert found["said"].endswith("homemade 5.1, uploaded 2026-11-06 at 11:30:00.250000 UTC")
    assert [] == left.found()


def test_days_that_do_not_differ_as_was_said_end_in_1(
    there: Place, suite: Path, left: Leftovers
) -> None:
    same, _ = answer(there, suite, "2026-11-01", "2026-11-03", 1)
    assert ("same", 0) == (same["end"], same["built"])
    text = (suite / "probes" / "homemade.py").read_text("utf-8")
    (suite / "probes" / "homemade.py").write_text(text.replace('"5.1"', '"9"'), "utf-8")
    good, _ = answer(there, suite, "2026-11-01", "2026-11-08", 1)
    assert ("bad-is-good", 2) == (good["end"], good["built"])
    assert [] == left.found()


def test_what_cannot_be_searched_is_refused_before_anything_starts(
    there: Place, suite: Path, home_made: HomeMade
) -> None:
    asked = ("bisect-day", PLAIN, "--suite", str(suite))
    for days, told in (
        (("--good", "yesterday", "--bad", "2026-11-08"), "--good takes a day"),
        (("--good", "2026-11-08", "--bad", "2026-11-01"), "is not before the bad day"),
    ):
        assert told in there.harness(*asked, *days, status=2).err
    locked = home_made.plain(there.folder / "locked")
    days = ("--good", "2026-11-01", "--bad", "2026-11-08")
    said = there.harness("bisect-day", PLAIN, "--suite", str(locked), *days, status=2)
    assert "has a lock" in said.err
    assert "--fresh" in said.err
    assert () == there.runs()
    # Nothing that installs 2.0 can be resolved.
    said = there.harness(*asked, "--good", "2026-11-01", "--bad", "2026-11-05", status=2)
    assert "no lock could be resolved" in said.err
    assert () == there.runs()


@pytest.mark.long
def test_keras_2_7_0_is_what_broke_tensorflow_2_6_0(place: Place) -> None:
    """The example of docs/bisect.md. Downloads some 500 MB and builds two or three images."""
    said = place.harness(
        *("bisect-day", "tf2.6.0-py3.9", "--good", "2021-11-01", "--bad", "2021-11-06"),
        *("--suite", str(ROOT / "examples" / "bisect-day"), "--format", "json"),
    )

    found = json.loads(said.out)
    assert "found" == found["end"]
    (suspect,) = found["suspects"]
    assert ("keras", "2.7.0") == (suspect["name"], suspect["after"])
    assert suspect["uploaded"].startswith("2021-11-03")
    assert found["built"] <= 4

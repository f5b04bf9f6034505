"""The example of one Dockerfile over three releases, run as its reader would."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest
from docker import APIClient

from harness.model import Outcome
from tests.real.commandline import Place
from tests.real.leftovers import Leftovers
from tests.real.suites import ROOT

EXAMPLE = ROOT / "examples" / "own-dockerfile"
CELLS = ("own-tf2.11.1-py3.9", "own-tf2.20.0-py3.13", "own-tf2.21.0-py3.13")


@pytest.mark.long
def test_one_dockerfile_is_built_and_verified_over_three_releases(
    engine: APIClient, place: Place, tmp_path: Path
) -> None:
    suite = tmp_path / "own"
    shutil.copytree(EXAMPLE, suite, ignore=shutil.ignore_patterns("contexts"))
    runpy.run_path(str(suite / "fill.py"))["fill"](suite / "contexts")
    left = Leftovers.since_now(engine)
    try:
        said = place.harness("run", "--suite", str(suite))
        assert 0 == said.status, said.text
        run, records = place.recorded()
        assert CELLS == tuple(sorted(cell.id for cell in run.cells))
        assert {Outcome.OK} == {one.outcome for one in records}
        versions = {
            one.cell: value
            for one in records
            for fact, value in one.facts.items()
            if fact.endswith("framework.version")
        }
        assert all(cell.split("-")[1] == f"tf{value}" for cell, value in versions.items())
        assert 3 == len({one.image.id for one in records if one.image})
        again = place.harness("run", "--suite", str(suite), "--cell", CELLS[2])
        assert 0 == again.status, again.text
        assert {"reused"} == {one.image.origin for one in place.recorded()[1] if one.image}
        assert [] == left.found()
    finally:
        for cell in CELLS:
            for image in engine.images(f"harness-cell/{cell}"):
                for name in image["RepoTags"] or ():
                    engine.remove_image(name, force=True)

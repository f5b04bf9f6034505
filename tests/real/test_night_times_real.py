"""A tag that moved to a slower image: the baseline's image is run again in turns, and times are
judged.

The verdict of the rule for rounds depends on how busy the host is. So these tests only require that
both images took their turns and that the rule was applied; `tests/unit` tests its verdicts on
drift.
"""

from __future__ import annotations

import json
import subprocess

import pytest
from docker import APIClient

from harness.commands.baseline import asked_again
from harness.engines.oci.images import inspect_image
from harness.nights.times import OF_BASELINE
from harness.store.store import Store
from tests.real.commandline import PROGRAM, Place
from tests.real.own_images import NO_REGISTRY, image_of
from tests.real.suites import small_suite

pytestmark = pytest.mark.long

PACE = '''"""How long does a step take here?"""
import time

PROBE = {
    "question": "How long does a step take here?",
    "where": "inside",
    "order": 50,
    "timeout_s": 60,
    "frameworks": [],
    "dataset": "",
    "settings": {},
    "natures": [["pace.*_seconds", "timing"]],
    "evidence": []
}


def probe(settings):
    with open("/pace") as told:
        pause = float(told.read())
    steps = []
    for _ in range(3):
        began = time.time()
        time.sleep(pause)
        steps.append(time.time() - began)
    return {"pace.step_seconds": steps}
'''
ROUNDS = ("--rounds", "5")
JUDGED = (0, 1)


def status_of(place: Place, *arguments: str) -> int:
    """The exit status of a command whose verdict depends on how busy the host is."""
    return subprocess.run(
        [PROGRAM, *arguments],
        cwd=place.folder,
        env=place.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=False,
    ).returncode


def test_a_moved_tag_is_timed_beside_the_image_that_it_named_before(
    place: Place, engine: APIClient, home_made_base: str
) -> None:
    with (
        image_of(engine, home_made_base, "RUN echo 0.2 > /pace") as before,
        image_of(engine, home_made_base, "RUN echo 0.4 > /pace") as after,
    ):
        moving = f"{NO_REGISTRY}/moving"
        row = {"id": "x", "image": f"{moving}:1", "interpreter": "python2.7", "level": "L0"}
        suite = small_suite(place.folder / "suite", row, probes=["python", "pace"])
        (suite / "probes").mkdir()
        (suite / "probes" / "pace.py").write_text(PACE, "ascii")
        named = ("--suite", str(suite))
        try:
            engine.tag(before, moving, "1")
            place.harness("run", *named, *ROUNDS)
            place.harness("accept", place.runs()[0], *named)
            quiet = place.harness("run", *named, "--baseline", *ROUNDS)
            assert "0 new, 0 fixed, 0 known, 0 unverified" in quiet.out
            assert 2 == len(place.runs()), "the same image is not run again beside itself"

            engine.tag(after, moving, "1")
            assert status_of(place, "run", *named, "--baseline", *ROUNDS) in JUDGED

            with Store(place.store_path) as store:
                (night,) = [one for one in store.runs() if asked_again(store, one.id)]
                ((run, records),) = asked_again(store, night.id)
            assert {"x", f"x{OF_BASELINE}"} == {one.cell for one in records}
            asked = {one.cell: one.image.id for one in records if one.image}
            images = [inspect_image(engine, name) for name in (before, after)]
            assert [asked[f"x{OF_BASELINE}"], asked["x"]] == [one["Id"] for one in images if one]
            assert 5 == run.rounds

            told = place.folder / "night.json"
            command = ("compare", "--baseline", night.id, *named, "--format", "json")
            assert status_of(place, *command, "--output", str(told)) in JUDGED
            events = json.loads(told.read_text("utf-8"))["night"]["events"]
            titles = [event["title"] for event in events]
            assert not [title for title in titles if "not compared with the baseline's" in title]
            assert [title for title in titles if "pace.step_seconds" in title]
        finally:
            engine.remove_image(f"{moving}:1")

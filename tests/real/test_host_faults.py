"""Faults of the host: no room, two runs at once, signals, kills at any moment."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from harness.model import Outcome
from tests.real.commandline import PROGRAM, Place, wait_until
from tests.real.home_made import HomeMade
from tests.real.private_engine import PrivateEngine
from tests.real.waiting import Told, last_words, outcomes, probing, waiting_suite


@pytest.mark.fault(23, "the disk of the images full in a build")
def test_a_full_disk_of_the_engine_is_infrastructure(
    engine: APIClient,
    home_made: HomeMade,
    home_made_base: str,
    tmp_path: Path,
    happened: Told,
) -> None:
    if os.geteuid():
        pytest.skip("only root can mount a small disk")
    with tempfile.TemporaryDirectory(prefix="eng-", ignore_cleanup_errors=True) as name:
        small = Path(name) / "data"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=420m", "tmpfs", small], check=True)
        private = PrivateEngine(folder=Path(name), data=small)
        try:
            private.start()
            private.give(engine, [home_made_base])
            free = shutil.disk_usage(small).free
            (small / "ballast").write_bytes(bytes(max(0, free - 300_000)))
            place = Place(folder=tmp_path, extra={"DOCKER_HOST": private.url})
            asked = ("run", "--suite", str(home_made.plain(tmp_path / "s")))
            warned = place.harness(*asked, status=4).err
            assert "too little room to build home-plain" in warned
            assert "harness clean --images" in warned
            assert () == place.runs()
            # A budget that the user names takes precedence.
            said = place.harness(*asked, "--disk-budget", "1GiB", status=4)
            assert "the engine's disk may get full" in said.err
            _, (record,) = place.recorded()
            assert Outcome.DISK_FULL is record.outcome, said.text
            assert "no space left on device" in record.reason
            (small / "ballast").unlink()
            place.harness("run", "--suite", str(tmp_path / "s"))
            assert Outcome.OK is place.recorded()[1][0].outcome
        finally:
            private.end()
            subprocess.run(["umount", "--recursive", "--lazy", small], check=False)
    happened(
        "exit status 4 before anything starts; where a budget is named all the same: exit status "
        "4, disk-full; with room again the same run passes"
    )


@pytest.mark.fault(28, "two runs of one suite at once, one store")
def test_two_runs_at_once_are_both_whole(
    there: Place, private: PrivateEngine, home_made_base: str, behind: None, happened: Told
) -> None:
    suite = waiting_suite(there.folder / "suite", home_made_base, seconds=1)
    asked = [PROGRAM, "run", "--suite", str(suite)]
    options: dict[str, Any] = {"cwd": there.folder, "env": there.environment()}
    both = [
        subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=180)[0].decode() for process in both]
    assert [0, 0] == [process.returncode for process in both], said
    runs = there.runs()
    assert 2 == len(runs)
    for run in runs:
        found, records = there.recorded(run)
        assert "complete" == found.state
        assert [Outcome.OK, Outcome.OK] == [one.outcome for one in records]
    happened("two runs in the store, each whole")


@pytest.mark.fault(12, "SIGINT twice in a probe")
def test_a_second_interruption_ends_it_at_once_and_the_next_start_cleans_up(
    there: Place, private: PrivateEngine, waiting: Path, behind: None, happened: Told
) -> None:
    with there.started("run", "--suite", str(waiting)) as process:
        wait_until(probing(there, private.url), process, "the long probe")
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        status, said = last_words(process, there)
    assert 130 == status, said
    assert {"brief": Outcome.OK} == outcomes(there)
    happened("exit status 130; what was recorded is there")


def killed_at_random(
    place: Place, url: str, suite: Path, kills: int, chance: random.Random
) -> tuple[int, int]:
    """Kill runs at random moments and resume each; returns how many were killed during the run, and
    how many before it had begun."""
    began = time.monotonic()
    place.harness("run", "--suite", str(suite))
    whole = time.monotonic() - began
    begun = early = 0
    for _ in range(kills):
        known = set(place.runs()) if place.store_path.exists() else set()
        with place.started("run", "--suite", str(suite)) as process:
            time.sleep(chance.uniform(0, whole))
            process.kill()
        new = set(place.runs()) - known if place.store_path.exists() else set()
        if not new:
            early += 1
            continue
        (run,) = new
        found, before = place.recorded(run)
        begun += found.state != "complete"
        if found.state != "complete":
            place.harness("run", "--suite", str(suite), "--resume", run)
        finished, after = place.recorded(run)
        assert "complete" == finished.state
        assert len(finished.planned()) == len({one.key for one in after}) == len(after)
        assert {one.key: one for one in before}.items() <= {one.key: one for one in after}.items()
    return begun, early


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(20, marks=pytest.mark.fault(11, "the harness killed at 20 random moments")),
        pytest.param(
            200,
            marks=[
                pytest.mark.long,
                pytest.mark.fault(11, "the harness killed at 200 random moments"),
            ],
        ),
    ],
)
def test_killed_at_any_moment_no_record_is_lost_or_doubled(
    there: Place,
    private: PrivateEngine,
    home_made_base: str,
    behind: None,
    happened: Told,
    kills: int,
) -> None:
    suite = waiting_suite(there.folder / "suite", home_made_base, seconds=0.5)
    begun, early = killed_at_random(there, private.url, suite, kills, random.Random(kills))
    assert begun, "none was hit in mid-run"
    happened(
        f"{begun} were hit in mid-run and taken on, {early} before a run had begun, the others "
        "after their end; no record lost or doubled"
    )

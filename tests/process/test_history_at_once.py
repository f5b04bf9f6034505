"""The history is caught up by two processes at once, and by one that is killed meanwhile."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.store.store import Store
from tests.unit.builders import cell, healthy, run

PROGRAM = Path(sys.executable).with_name("harness")
NIGHTS, CELLS, KILLS = 12, 20, 6
ASKED = [str(PROGRAM), "history", "--format", "json"]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with a suite, and a store of which no night is kept for the history."""
    (tmp_path / "matrix.yaml").write_text(
        f"version: 1\nname: {run(cell()).suite}\ncells: [{{id: a, host: python3}}]\n", "utf-8"
    )
    cells = [cell(f"cell{at:02}") for at in range(CELLS)]
    with Store(tmp_path / "store.sqlite3") as store:
        for number in range(NIGHTS):
            name = f"202611{number + 1:02}T020000Z-{number:04x}"
            made = run(*cells, run_id=name, started=f"2026-11-{number + 1:02}T02:00:00Z")
            made = replace(made, state="complete", ended=made.started)
            store.take_in(made, [each for one in cells for each in healthy(one, run_id=name)])
    return tmp_path


def started(here: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "HARNESS_STORE": str(here / "store.sqlite3")}
    return subprocess.Popen(ASKED, cwd=here, env=environment, stdout=subprocess.PIPE)


def series(said: bytes) -> object:
    tree = json.loads(said)
    assert NIGHTS == len(tree["nights"])
    assert {NIGHTS} == {len(one["values"]) for one in tree["series"]}
    return tree["series"]


def test_two_that_catch_up_at_once_tell_the_same(here: Path) -> None:
    both = [started(here), started(here)]
    said = [one.communicate()[0] for one in both]
    assert [0, 0] == [one.returncode for one in both]
    first, second = map(series, said)
    assert first == second
    with Store(here / "store.sqlite3") as store:
        suite = run(cell()).suite
        assert NIGHTS == len(store.history.nights(suite))
        nights = store.history.nights(suite)
        assert NIGHTS == len(store.history.of_cell(suite, "cell03", nights))


def test_one_that_is_killed_leaves_whole_nights_and_the_next_has_them_all(here: Path) -> None:
    rng = random.Random(8)
    kept = 0
    for _ in range(KILLS):
        one = started(here)
        time.sleep(rng.uniform(0.3, 1.5))
        one.kill()
        one.communicate()
        with Store(here / "store.sqlite3") as store:
            suite = run(cell()).suite
            nights = store.history.nights(suite)
            assert kept <= len(nights)
            kept = len(nights)
            for at in range(CELLS):
                assert kept == len(store.history.of_cell(suite, f"cell{at:02}", nights))
    one = started(here)
    said, _ = one.communicate()
    assert 0 == one.returncode
    assert series(said)

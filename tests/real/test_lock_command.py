"""`harness lock` on real engines: what it writes, and what setup code cannot do to the host."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from docker import APIClient

from harness.engines.oci.capabilities import PODMAN, TABLE
from harness.engines.oci.locking import RESOLVING
from harness.engines.oci.specification import processes_limit
from harness.recipes.lockfile import lock_path
from harness.recipes.suite_lock import find_suite_lock, suite_lock_path
from harness.running.session import places
from tests.real.adopting import adopt
from tests.real.commandline import Place
from tests.real.home_made import FLOODING, FORKING, HOGGING, PLAIN, HomeMade
from tests.real.leftovers import Leftovers
from tests.real.podman_service import hand_over, podman_service, why_not


@pytest.fixture
def there(place: Place, home_made: HomeMade) -> Iterator[Place]:
    """A place whose package index has the home-made distributions."""
    with home_made.index() as address:
        yield Place(folder=place.folder, extra={"PIP_INDEX_URL": address})


@pytest.mark.parametrize("engine_name", [row.engine for row in TABLE])
def test_a_cell_is_locked_on_every_container_engine_and_the_relaxation_is_said(
    engine: APIClient,
    there: Place,
    home_made: HomeMade,
    home_made_base: str,
    left: Leftovers,
    engine_name: str,
) -> None:
    suite = home_made.plain(there.folder / "suite")
    path = lock_path(suite, PLAIN)
    before = json.loads(path.read_text("utf-8"))
    path.unlink()
    with ExitStack() as stack:
        if engine_name == PODMAN.engine:
            if why := why_not():
                pytest.skip(why)
            podman = stack.enter_context(podman_service())
            hand_over(engine, podman, home_made_base)
            adopt(podman, places().cache, home_made_base)
        said = there.harness("lock", "--suite", str(suite), "--engine", engine_name)

    locked = json.loads(path.read_text("utf-8"))
    assert before["distributions"] == locked["distributions"]
    assert before["request"] == locked["request"]
    assert "base" not in locked
    assert "relaxed for that: network=host, writable=true" in said.err
    assert [] == left.found()


@pytest.mark.parametrize("engine_name", ["host", "replay"])
def test_an_engine_without_containers_is_refused_before_anything_starts(
    place: Place, engine_name: str
) -> None:
    said = place.harness("lock", "--engine", engine_name, status=2)

    assert f"engine {engine_name} has none" in said.err
    assert "--engine docker or podman" in said.err
    assert not (place.folder / "reports").exists()


def test_what_setup_code_prints_takes_is_and_forks_is_bounded(
    there: Place, home_made: HomeMade, home_made_base: str, left: Leftovers, engine: APIClient
) -> None:
    suite = home_made.suite(there.folder / "suite", FLOODING, FORKING, HOGGING)
    for cell in (FLOODING, FORKING, HOGGING):
        lock_path(suite, cell).unlink()

    said = there.harness("lock", "--suite", str(suite), status=1)

    told = dict(re.findall(r"^(home-[a-z]+): no lock could be resolved \((.*?)\)", said.err, re.M))
    assert "output-limit: more output than its byte budget" == told[FLOODING]
    log = there.folder / "reports" / "logs" / f"{FLOODING}.lock.log"
    assert RESOLVING.output_bytes <= log.stat().st_size < 2 * RESOLVING.output_bytes
    forked = (there.folder / "reports" / "logs" / f"{FORKING}.lock.log").read_text("utf-8")
    (made,) = set(re.findall(r"it made (\d+) processes", forked))
    assert int(made) < processes_limit(RESOLVING, int(engine.info()["NCPU"]))
    assert told[HOGGING].startswith("out-of-memory")
    assert not list(Path(suite).rglob("home-*.json"))
    assert [] == left.found()


def test_the_lock_of_the_suite_has_the_base_and_a_run_says_what_no_longer_fits(
    there: Place, home_made: HomeMade, home_made_base: str, engine: APIClient, left: Leftovers
) -> None:
    suite = home_made.plain(there.folder / "suite")
    there.harness("lock", "--suite", str(suite))
    locked = find_suite_lock(suite)
    assert locked is not None
    (base,) = locked.bases
    layers = engine.inspect_image(home_made_base)["RootFS"]["Layers"]
    told = hashlib.sha256(" ".join(layers).encode()).hexdigest()
    assert f"sha256:{told}" == base.layers
    assert {"python"} == dict(locked.probes).keys()

    there.harness("run", "--suite", str(suite))
    assert [] == [one for one in there.report()["notices"] if "locked" in one]
    path = suite_lock_path(suite)
    text = path.read_text("utf-8").replace(dict(locked.probes)["python"], "0" * 64)
    path.write_text(text.replace(told, "0" * 64), "utf-8")
    there.harness("run", "--suite", str(suite))
    said = [one for one in there.report()["notices"] if "locked" in one]
    assert 2 == len(said)
    assert "probes that changed since they were locked: python" in said[0]
    assert "bases differ from the locked ones" in said[1]
    there.harness("lock", "--inputs", "--suite", str(suite))
    there.harness("run", "--suite", str(suite))
    assert 1 == len([one for one in there.report()["notices"] if "locked" in one])
    assert [] == left.found()


def test_a_lock_of_a_suite_that_is_none_is_refused_before_anything_starts(
    there: Place, home_made: HomeMade
) -> None:
    suite = home_made.plain(there.folder / "suite")
    suite_lock_path(suite).write_text('{"schema": 9}', "utf-8")
    for command in ("run", "lock"):
        said = there.harness(command, "--suite", str(suite), status=2)
        assert "its schema is not 1" in said.err
        assert "harness lock --inputs" in said.err
    assert () == there.runs()

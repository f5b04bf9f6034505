"""What carries tasks, each executor by the same tests: local, and a Ray cluster of two nodes.

The cluster is two raylets of this machine, each with an engine of its own that sleeps.
"""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from harness.model import Attempt, Cell, Outcome, Probe, Record, Run, Suite
from harness.outcomes import INFRASTRUCTURE
from harness.recipes.orders import Order
from harness.running.executor import Executor
from harness.running.local import LocalExecutor
from harness.running.runner import Hearing, PlannedRun, RunInterrupted, execute
from harness.store.store import Store
from tests.process.raylets import PATIENT, RAY, Raylets
from tests.process.sleeping import FOLDER, Sleeping, opened

ROOT = Path(__file__).resolve().parents[2]
NODES = ("left", "right")
PROBES = tuple(
    Probe(name=name, question="?", source="", digest=f"sha256:{name}") for name in ("a", "b")
)
NO_RAY = "Ray is not installed: python -m pip install 'harness[ray]'"


@dataclass
class Carrying:
    """An executor to try, and where its engines keep what they have."""

    name: str
    folder: Path
    opened: Callable[[], object]
    raylets: Raylets | None = None
    told: list[str] = field(default_factory=list)
    taken_back: list[Attempt] = field(default_factory=list)

    def run(self, store: Store, cells: list[str], resumed: Run | None = None, **more: int) -> Run:
        """These cells, each asked both probes."""
        made = tuple(Cell(id=cell, host="python3") for cell in cells)
        plan = PlannedRun(
            suite=Suite(name="s", root="/nowhere", digest="sha256:s", cells=made),
            orders=tuple(Order(cell=cell) for cell in made),
            probes=PROBES,
            rounds=more.get("rounds", 1),
            dataset=None,
            resumed=resumed,
        )
        hearing = Hearing(
            tell=lambda cell, doing: self.told.append(f"{cell}: {doing}"),
            recorded=lambda _: None,
            taken_back=self.taken_back.extend,
        )
        with self.opened() as executor:  # type: ignore[attr-defined]
            return execute(plan, executor, store, hearing)

    def left(self) -> list[str]:
        """What is left over on any engine."""
        return sorted(path.name for path in self.folder.rglob("*.left"))

    def performed(self) -> Counter[tuple[str, int]]:
        """How often each (cell, round) was performed, on all engines."""
        lines = [
            line.split()
            for path in self.folder.rglob("performed")
            for line in path.read_text("utf-8").splitlines()
        ]
        return Counter((cell, int(number)) for cell, number, *_ in lines)


@pytest.fixture(scope="module")
def raylets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Raylets, Path]]:
    """Two nodes, each with a folder of its own for its engine."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip(NO_RAY)
    os.environ.update(PATIENT)
    folder = tmp_path_factory.mktemp("engines")
    # A name of a socket has 107 characters at most, and Ray's lie far below its folder.
    cluster = Raylets(folder=tmp_path_factory.mktemp("r"), variables={"PYTHONPATH": str(ROOT)})
    try:
        started(cluster, folder)
        yield cluster, folder
    finally:
        cluster.stop()


def started(cluster: Raylets, folder: Path) -> None:
    """Both nodes are there, those that were killed again. The head is not the one that is killed,
    nor the first to be given a group, which is the first by name."""
    for name in reversed(NODES):
        if name not in cluster.nodes:
            cluster.start(name, {"harness": 1}, **{FOLDER: str(folder / name)})
            cluster.wait()  # What joins before its head is there may wait for minutes.


@pytest.fixture(params=["local", "ray"])
def carrying(request: pytest.FixtureRequest, tmp_path: Path) -> Carrying:
    if request.param == "local":
        folder = tmp_path / "engines"

        @contextmanager
        def here() -> Iterator[Executor]:
            yield LocalExecutor(Sleeping(folder / "here"))

        return Carrying("local", folder, here)
    cluster, folder = request.getfixturevalue("raylets")
    for path in [*folder.rglob("*.left"), *folder.rglob("performed"), *folder.glob("*.killed")]:
        path.unlink()
    return Carrying("ray", folder, lambda: spread(cluster), cluster)


@contextmanager
def spread(cluster: Raylets) -> Iterator[Executor]:
    from harness.running.cluster.choosing import of_one_class, usable
    from harness.running.cluster.connected import connected
    from harness.running.cluster.executor import RayExecutor
    from harness.running.cluster.seen import NodeSetup

    suite = Suite(name="s", root="/nowhere", digest="sha256:s", cells=())
    setup = NodeSetup(engine="host", suite=suite, opening=opened)
    with connected(cluster.executor) as there:
        nodes = there.nodes()
        found, _ = usable(nodes, there.look(nodes, setup))
        taken, _ = of_one_class(found)
        yield RayExecutor(there, setup, taken)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as made:
        yield made


def keys(records: tuple[Record, ...]) -> list[tuple[str, int, str]]:
    return sorted((one.cell, one.round, one.probe) for one in records)


def test_every_planned_record_is_there_exactly_once_and_nothing_is_left(
    carrying: Carrying, store: Store
) -> None:
    cells = [f"sleeps-0.01-{number}" for number in range(6)]
    run = carrying.run(store, cells)
    records = store.records(run.id)
    assert sorted((cell, 1, probe.name) for cell in cells for probe in PROBES) == keys(records)
    assert {Outcome.OK} == {one.outcome for one in records}
    assert Counter({(cell, 1): 1 for cell in cells}) == carrying.performed()
    assert ("complete", []) == (store.run(run.id).state, carrying.left())


def test_each_record_names_its_host_and_the_run_lists_them(
    carrying: Carrying, store: Store
) -> None:
    run = carrying.run(store, [f"sleeps-0.3-{number}" for number in range(4)])
    hosts = {one.host for one in store.records(run.id)}
    if carrying.name == "local":
        assert (None, {None}) == (run.hosts, hosts)
        return
    assert set(NODES) == hosts
    assert NODES == tuple(one.name for one in run.hosts or ())
    assert run.taken is not None
    assert set(NODES) == {name for _, name in run.taken}
    assert run.taken == store.run(run.id).taken


def test_what_is_compared_over_rounds_takes_turns_on_one_host(
    carrying: Carrying, store: Store
) -> None:
    run = carrying.run(store, ["sleeps-0-a", "sleeps-0-b", "sleeps-0-c"], rounds=2)
    records = store.records(run.id)
    assert 3 * 2 * len(PROBES) == len(records)
    assert 1 == len({one.host for one in records})
    assert 1 == len({one.observed["round.group"] for one in records})
    assert {1, 2, 3} == {one.observed["round.place"] for one in records}


def test_what_is_done_is_told_as_it_is_done(carrying: Carrying, store: Store) -> None:
    carrying.run(store, ["sleeps-1.5"])
    assert any("obtained at once" in line for line in carrying.told)
    assert any("probing a, b" in line for line in carrying.told)


def test_an_interruption_leaves_what_was_said_and_the_rest_is_done_when_it_is_taken_on(
    carrying: Carrying, store: Store
) -> None:
    cells = ["sleeps-0-a", "sleeps-60"]

    def interrupt() -> None:
        until = time.monotonic() + 300
        while time.monotonic() < until:
            if carrying.performed()[("sleeps-60", 1)] and store_has(store, "sleeps-0-a"):
                break
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(RunInterrupted):
        carrying.run(store, cells)
    (listed,) = store.runs()
    run = store.run(listed.id)
    assert "interrupted" == run.state
    assert {"sleeps-0-a"} == {one.cell for one in store.records(run.id)}
    if carrying.name == "ray":
        assert carrying.raylets is not None
        assert [] == [pid for name in NODES for pid in carrying.raylets.workers(name)]
        assert [] == carrying.left(), "each node has removed what the interrupted one left"
        free = carrying.run(store, ["sleeps-0-c", "sleeps-0-d"])
        assert "complete" == free.state, "nothing holds a node any more"


def store_has(store: Store, cell: str) -> bool:
    with Store(store.path, readonly=True) as looked:
        listed = looked.runs()
        return bool(listed and looked.records(listed[0].id, cell))


def test_a_run_is_taken_on_with_what_it_lacks(carrying: Carrying, store: Store) -> None:
    run = carrying.run(store, ["sleeps-0-a", "sleeps-0-b"])
    lost = [one for one in store.records(run.id) if one.cell == "sleeps-0-b"]
    interrupted = replace(run, id=f"{run.id}-again", state="running")
    store.begin(interrupted)
    for one in store.records(run.id):
        if one not in lost:
            store.record(replace(one, run=interrupted.id))
    store.finish(interrupted.id, ended="", state="interrupted")
    again = carrying.run(store, ["sleeps-0-a", "sleeps-0-b"], resumed=store.run(interrupted.id))
    assert 2 * len(PROBES) == len(store.records(again.id))
    assert {("sleeps-0-a", 1): 1, ("sleeps-0-b", 1): 2} == dict(carrying.performed())


# --- what only a cluster can lose -----------------------------------------------------------------


@pytest.fixture
def cluster(raylets: tuple[Raylets, Path]) -> Carrying:
    there, folder = raylets
    for path in [*folder.rglob("*.left"), *folder.rglob("performed"), *folder.glob("*.killed")]:
        path.unlink()
    return Carrying("ray", folder, lambda: spread(there), there)


def test_a_group_whose_process_is_killed_is_asked_again_as_a_whole_with_its_number(
    cluster: Carrying, store: Store
) -> None:
    run = cluster.run(store, ["sleeps-0-a", "kills-once", "sleeps-0-b"])
    records = store.records(run.id)
    assert 3 * len(PROBES) == len(records)
    assert {Outcome.OK} == {one.outcome for one in records}
    attempts = {one.cell: one.observed.get("executor.attempt") for one in records}
    assert {"sleeps-0-a": None, "kills-once": 2, "sleeps-0-b": None} == attempts
    assert any("its process on the node died" in line for line in cluster.told)
    assert [] == cluster.left()


def test_what_was_said_before_a_node_lost_a_group_is_evidence_and_counts_for_nothing(
    cluster: Carrying, store: Store
) -> None:
    # The rounds of the first cell are told before the second one takes its process down.
    run = cluster.run(store, ["sleeps-0-a", "kills-once"], rounds=2)
    records, attempts = store.records(run.id), store.attempts(run.id)
    assert 2 * 2 * len(PROBES) == len(records)
    assert {Outcome.OK} == {one.outcome for one in records}
    assert {2} == {one.observed["executor.attempt"] for one in records}, "the whole group"
    assert {one.record.cell for one in attempts} <= {"sleeps-0-a"}
    assert all(one.reason.startswith("attempt 1 on ") for one in attempts)
    assert len(attempts) == len(cluster.taken_back)


def test_a_cell_that_takes_down_every_process_ends_in_records_that_say_so(
    cluster: Carrying, store: Store
) -> None:
    run = cluster.run(store, ["kills-always", "sleeps-0-a"])
    outcomes = {one.cell: one.outcome for one in store.records(run.id)}
    assert {"kills-always": Outcome.ENGINE_GONE, "sleeps-0-a": Outcome.OK} == outcomes
    assert Outcome.ENGINE_GONE in INFRASTRUCTURE
    assert [] == cluster.left()


@pytest.fixture
def mortal(cluster: Carrying) -> Iterator[Carrying]:
    """A cluster whose first node by name may be killed: it is started again afterwards."""
    assert cluster.raylets is not None
    try:
        yield cluster
    finally:
        started(cluster.raylets, cluster.folder)


def killed_once(
    cluster: Carrying, due: Callable[[], bool], *, workers: int = 0
) -> threading.Thread:
    """Kill so many processes that work on a group, and then the whole first node, as soon as it is
    due each time; running already."""
    raylets = cluster.raylets
    assert raylets is not None

    def kill() -> None:
        until = time.monotonic() + 300
        left = workers
        while time.monotonic() < until:
            working = [pid for name in NODES for pid in raylets.workers(name)]
            if left and working:
                with suppress(ProcessLookupError):
                    os.kill(working[0], signal.SIGKILL)
                    left -= 1
                time.sleep(0.5)
            elif not left and raylets.workers(NODES[0]) and due():
                raylets.kill(NODES[0])
                return
            time.sleep(0.05)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def test_a_node_and_workers_that_are_killed_lose_no_record_and_leave_nothing(
    mortal: Carrying, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    cells = [f"sleeps-1-{number}" for number in range(8)]
    killing = killed_once(mortal, lambda: any(mortal.performed()), workers=2)
    run = mortal.run(store, cells)
    killing.join()
    assert mortal.raylets is not None
    assert NODES[0] not in mortal.raylets.nodes, "it was killed while the run went on"
    records = store.records(run.id)
    assert sorted((cell, 1, probe.name) for cell in cells for probe in PROBES) == keys(records)
    assert {Outcome.OK} == {one.outcome for one in records}
    attempts = {one.cell: int(str(one.observed.get("executor.attempt", 1))) for one in records}
    lost = [line for line in mortal.told if re.search(r": attempt \d on ", line)]
    assert sum(attempts.values()) - len(cells) == len(lost) >= 1, mortal.told
    assert any(f"on {NODES[0]}: " in line for line in lost), "the node that died had one"
    assert "" == capfd.readouterr().out, "what Ray prints of a dead node is in no report"

    started(mortal.raylets, mortal.folder)
    assert "complete" == mortal.run(store, ["sleeps-0-after"]).state
    assert [] == mortal.left(), "what lay on the engine of the dead node went when it came back"


def test_what_a_dead_node_had_said_is_kept_as_evidence_and_the_group_goes_elsewhere(
    mortal: Carrying, store: Store
) -> None:
    # With two rounds it is one group: its first cell has spoken when the node dies in its second.
    cells = ["sleeps-0-a", "sleeps-3-b"]
    killing = killed_once(mortal, lambda: store_has(store, "sleeps-0-a"))
    run = mortal.run(store, cells, rounds=2)
    killing.join()
    records, attempts = store.records(run.id), store.attempts(run.id)
    assert 2 * 2 * len(PROBES) == len(records) == len(set(keys(records)))
    assert {Outcome.OK} == {one.outcome for one in records}
    assert {(NODES[1], 2)} == {(one.host, one.observed["executor.attempt"]) for one in records}
    assert attempts
    assert {NODES[0]} == {one.record.host for one in attempts}
    assert all(one.reason.startswith(f"attempt 1 on {NODES[0]}: ") for one in attempts)


def test_a_node_with_another_harness_is_named_before_anything_starts(
    raylets: tuple[Raylets, Path], tmp_path: Path
) -> None:
    cluster, _ = raylets
    # Ray hands the driver's own search path to its workers, so another folder would not be found.
    started = 'import harness\nharness.__version__ = "0.0.9"\n'
    (tmp_path / "sitecustomize.py").write_text(started, "utf-8")
    cluster.start("odd", {"harness": 1}, PYTHONPATH=f"{tmp_path}:{ROOT}")
    try:
        cluster.wait()
        for command in ("doctor", "run"):
            ended = subprocess.run(
                [RAY.with_name("harness"), command, "--executor", cluster.executor],
                capture_output=True,
                text=True,
                check=False,
                cwd=ROOT,
                env={
                    **os.environ,
                    "HARNESS_STORE": str(tmp_path / "other.sqlite3"),
                    "HARNESS_REPORTS": str(tmp_path / "reports"),
                },
            )
            assert 2 == ended.returncode, ended.stderr
            assert "every node must run what runs here (harness " in ended.stderr
            assert "but odd has harness 0.0.9, Python " in ended.stderr
            assert "help: install the same version of harness" in ended.stderr
        with Store(tmp_path / "other.sqlite3", readonly=True) as looked:
            assert () == tuple(looked.runs())
    finally:
        cluster.kill("odd")
        cluster.wait()

"""A run on a Ray cluster of two raylets on this machine: makespan, losses, cost of a task.

Needs `harness[ray]`. The engine only sleeps (`tests/process/sleeping.py`), so that the two nodes do
not take processors from each other. A killed process leaves a file that names its owner, which a
sweep removes as it would remove containers. Measured in one run:

- makespan: 40 cells that sleep, on two nodes, relative to the ideal (half of their total sleep).
  Ray's processes exist before the clock starts, as on a cluster in use. Limit: 1.05.
- losses: 40 cells, while 20 processes that work on a group and one raylet are killed; the raylet is
  started again. Required: no record lost, none doubled, nothing left over on either engine.
- cost: 40 cells that take no time, over one node of the cluster and over the local executor. Limit:
  20 ms more for each task.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from results_file import arguments, write_result

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.model import Cell, Outcome, Probe, Run, Suite
from harness.recipes.orders import Order
from harness.running.cluster.choosing import of_one_class, usable
from harness.running.cluster.connected import connected
from harness.running.cluster.executor import RayExecutor
from harness.running.cluster.seen import NodeSetup
from harness.running.executor import Executor
from harness.running.local import LocalExecutor
from harness.running.runner import Hearing, PlannedRun, execute
from harness.store.store import Store
from tests.process.raylets import PATIENT, Raylets
from tests.process.sleeping import FOLDER, Sleeping, opened

CELLS = 40
SLEEP_S = 1.5
KILLS = 20
MAKESPAN = 1.05
COST_MS = 20.0
SEED = 20
NODES = ("left", "right")
PROBES = (Probe(name="a", question="?", source="", digest="sha256:a"),)
SUITE = Suite(name="s", root="/nowhere", digest="sha256:s", cells=())


@contextlib.contextmanager
def spread(cluster: Raylets) -> Iterator[Executor]:
    setup = NodeSetup(engine="host", suite=SUITE, opening=opened)
    with connected(cluster.executor) as there:
        nodes = there.nodes()
        found, _ = usable(nodes, there.look(nodes, setup))
        taken, _ = of_one_class(found)
        yield RayExecutor(there, setup, taken)


def carried(executor: Executor, store: Store, cells: list[str]) -> tuple[Run, float, list[str]]:
    """Run these cells; returns the run, the time from its first group to its end, and the progress
    text."""
    made = tuple(Cell(id=cell, host="python3") for cell in cells)
    plan = PlannedRun(
        suite=SUITE,
        orders=tuple(Order(cell=cell) for cell in made),
        probes=PROBES,
        rounds=1,
        dataset=None,
    )
    began: list[float] = []
    ended: list[float] = []
    told: list[str] = []
    hearing = Hearing(
        tell=lambda cell, doing: told.append(f"{cell}: {doing}"),
        recorded=lambda _: ended.append(time.monotonic()),
        began=lambda _: began.append(time.monotonic()),
    )
    run = execute(plan, executor, store, hearing)
    return run, ended[-1] - began[0], told


def check(store: Store, run: Run, cells: list[str]) -> None:
    """Raise SystemExit if a record is lost, doubled, or not what was answered."""
    records = store.records(run.id)
    there = Counter(one.cell for one in records)
    if there != Counter(cells) or {one.outcome for one in records} != {Outcome.OK}:
        raise SystemExit(f"no figure: {there}, {Counter(one.outcome for one in records)}")


def makespan(cluster: Raylets, store: Store) -> dict[str, float]:
    cells = [f"sleeps-{SLEEP_S}-{number}" for number in range(CELLS)]
    with spread(cluster) as executor:
        carried(executor, store, [f"sleeps-0-warm{number}" for number in range(4)])
        run, seconds, _ = carried(executor, store, cells)
    check(store, run, cells)
    ideal = CELLS * SLEEP_S / len(NODES)
    return {
        "seconds": round(seconds, 2),
        "ideal_seconds": ideal,
        "ratio": round(seconds / ideal, 3),
    }


def losses(cluster: Raylets, store: Store, engines: Path) -> dict[str, int]:
    cells = [f"sleeps-{SLEEP_S}-{number}" for number in range(CELLS)]
    chance = random.Random(SEED)
    killed = {"processes": 0, "raylets": 0}
    over = threading.Event()

    def kill() -> None:
        while killed["processes"] < KILLS and not over.wait(SLEEP_S * chance.uniform(0.4, 0.9)):
            working = [pid for name in list(cluster.nodes) for pid in cluster.workers(name)]
            if working:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(working), signal.SIGKILL)
                    killed["processes"] += 1
            if killed["processes"] == KILLS // 2 and not killed["raylets"]:
                cluster.kill(NODES[1])
                killed["raylets"] += 1
                cluster.start(NODES[1], {"harness": 1}, **{FOLDER: str(engines / NODES[1])})

    killer = threading.Thread(target=kill, daemon=True)
    with spread(cluster) as executor:
        killer.start()
        run, _, _ = carried(executor, store, cells)
        over.set()
        killer.join()
    records = store.records(run.id)
    counts = Counter(one.cell for one in records)
    return {
        "kills_of_processes": killed["processes"],
        "kills_of_raylets": killed["raylets"],
        "planned": len(cells),
        "lost": len(set(cells) - set(counts)),
        "not_answered": sum(one.outcome is not Outcome.OK for one in records),
        "doubled": sum(count - 1 for count in counts.values()),
        "asked_again": sum("executor.attempt" in one.observed for one in records),
        "left_over": len(list(engines.rglob("*.left"))),
    }


def cost(cluster: Raylets, folder: Path) -> dict[str, float]:
    """Milliseconds per task, by the cluster with one node, and by the local executor."""
    cells = [f"sleeps-0-{number}" for number in range(CELLS)]
    with Store(folder / "one.sqlite3") as store, spread(cluster) as executor:
        carried(executor, store, [f"sleeps-0-warm{number}" for number in range(4)])
        run, by_ray, _ = carried(executor, store, cells)
        check(store, run, cells)
    with Store(folder / "here.sqlite3") as store:
        run, here, _ = carried(LocalExecutor(Sleeping(folder / "here")), store, cells)
        check(store, run, cells)
    return {
        "ray_ms": round(by_ray * 1000 / CELLS, 1),
        "local_ms": round(here * 1000 / CELLS, 1),
        "more_ms": round((by_ray - here) * 1000 / CELLS, 1),
    }


def main() -> int:
    asked = arguments(__doc__).parse_args()
    os.environ.update(PATIENT)
    with tempfile.TemporaryDirectory(prefix="r") as name:
        folder = Path(name)
        engines = folder / "engines"
        cluster = Raylets(folder=folder, variables={"PYTHONPATH": sys.path[0]})
        try:
            cluster.start(NODES[0], {"harness": 1}, **{FOLDER: str(engines / NODES[0])})
            cluster.wait()
            costs = cost(cluster, folder)
            cluster.start(NODES[1], {"harness": 1}, **{FOLDER: str(engines / NODES[1])})
            cluster.wait()
            with Store(folder / "store.sqlite3") as store:
                spans = makespan(cluster, store)
                lost = losses(cluster, store, engines)
        finally:
            cluster.stop()
    met = (
        spans["ratio"] <= MAKESPAN
        and not (lost["lost"] or lost["doubled"] or lost["not_answered"] or lost["left_over"])
        and lost["kills_of_processes"] == KILLS
        and lost["kills_of_raylets"] == 1
        and costs["more_ms"] <= COST_MS
    )
    figures = {
        "makespan": spans,
        "losses": lost,
        "cost_of_a_task": costs,
        "asked": {"makespan_ratio": MAKESPAN, "more_ms": COST_MS},
        "met": met,
    }
    print(write_result("ray_cluster", asked.date, figures))
    print(json.dumps(figures, indent=1))
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())

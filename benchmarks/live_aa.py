"""Live comparisons of one cell with itself under bursts of load: how many alarm? None may.

Each comparison is what `harness compare A B --rounds auto` does, with the same environment on both
sides, while processes of this program burn every core in bursts of random length. The known noise
comes from a calibration that is made first, without bursts, so the host is busier than when it was
calibrated, which is the harder case. What the rule says about the four primary metrics is counted
even if a report would ignore it because the host was too busy; and for that same reason, a
comparison on such a host goes on to its twelfth round. Thirty comparisons take about an hour.

The cell trains on the shipped subset of MNIST: with MNIST itself in the cache, nothing is compared.
Results are written to `results/live_aa.json` after each comparison, and a second start with the
same settings continues from there.

    python benchmarks/live_aa.py --date 2026-11-29
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from record_rounds import recorded
from results_file import RESULTS, arguments, write_result

from harness.compare.busy import share_taken
from harness.compare.measurement import Measured
from harness.compare.statistics.decision import Decision
from harness.compare.statistics.family import LOOKS
from harness.datasets.dataset import find_dataset
from harness.model import Record, Run
from harness.running.calibrated import CALIBRATIONS, measured_again
from harness.store.store import Store

NAME = "live_aa"
CELL = "tf1.2.1-py2.7"
STEPS = 6
CALIBRATION = 24
STORE = Path(gettempdir()) / "harness_live_aa.sqlite3"
_MANY = 1000
BURST_S = (0.5, 6.0)
PAUSE_S = (1.0, 8.0)


def burn(seed: int) -> None:
    """Load one core in bursts until this process is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    chance = random.Random(seed)
    while True:
        until = time.monotonic() + chance.uniform(*BURST_S)
        while time.monotonic() < until:
            pass
        time.sleep(chance.uniform(*PAUSE_S))


@contextmanager
def bursts() -> Iterator[None]:
    """Bursts of load on every core that this process may use."""
    burners = [
        multiprocessing.Process(target=burn, args=(number,), daemon=True)
        for number in range(len(os.sched_getaffinity(0)))
    ]
    for one in burners:
        one.start()
    try:
        yield
    finally:
        for one in burners:
            one.terminate()
            one.join()


def told(run: Run, records: Sequence[Record], measured: Sequence[Measured]) -> Mapping[str, Any]:
    """What is kept of one comparison."""
    shares = [share for one in records if (share := share_taken(one, run.host.cores)) is not None]
    return {
        "run": run.id,
        "rounds": run.most_rounds,
        "busy_share": round(sum(shares) / len(shares), 3) if shares else None,
        "by_rule": {one.metric.fact: str(one.decided.by_rule) for one in measured},
        "withheld": sorted(one.metric.fact for one in measured if one.decided.withheld),
    }


def figures(settings: Mapping[str, Any], done: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The figures of the comparisons so far."""
    decisions = Counter(
        f"{fact} {decision}" for one in done for fact, decision in one["by_rule"].items()
    )
    alarms = [
        f"comparison {number}: {fact}"
        for number, one in enumerate(done, 1)
        for fact, decision in one["by_rule"].items()
        if decision == Decision.DRIFT
    ]
    busy = [one["busy_share"] for one in done if one["busy_share"] is not None]
    return {
        "settings": settings,
        "comparisons": len(done),
        "limit": 0,
        "alarms": alarms,
        "decisions": dict(sorted(decisions.items())),
        "withheld": sum(len(one["withheld"]) for one in done),
        "rounds": sum(one["rounds"] for one in done),
        "mean_busy_share": round(sum(busy) / len(busy), 3) if busy else None,
        "done": list(done),
    }


def before(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The comparisons that an earlier start of this program with the same settings made."""
    path = RESULTS / f"{NAME}.json"
    if not path.exists():
        return []
    kept = json.loads(path.read_text("utf-8"))
    return list(kept["done"]) if kept.get("settings") == settings else []


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--comparisons", type=int, default=30)
    parser.add_argument("--cell", default=CELL)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--calibration", type=int, default=CALIBRATION, metavar="ROUNDS")
    parser.add_argument("--store", type=Path, default=STORE)
    asked = parser.parse_args()
    os.environ["HARNESS_DOWNLOAD"] = "0"
    os.environ.pop("HARNESS_DATA", None)
    settings = {"cell": asked.cell, "steps": asked.steps, "calibration": asked.calibration}
    done = before(settings)
    path = RESULTS / f"{NAME}.json"
    with Store(asked.store) as store:
        if asked.calibration and all(one.looks for one in store.runs_of(CALIBRATIONS, _MANY)):
            recorded(store, asked.cell, asked.steps, asked.calibration)
    with bursts():
        for number in range(len(done) + 1, asked.comparisons + 1):
            with Store(asked.store) as store:
                run, records = recorded(
                    store, asked.cell, asked.steps, LOOKS[0], LOOKS, allowing=False
                )
            subset = find_dataset("mnist", None, Path("/nowhere"), download=False).digest
            if {one.dataset_digest for one in records} != {subset}:
                raise SystemExit(
                    "the cache has MNIST now, so this would not be the same comparison"
                )
            measured = [one for one in measured_again(run, records) if one.primary]
            done.append(told(run, records, measured))
            found = figures(settings, done)
            path = write_result(NAME, asked.date, found)
            print(
                f"{number} of {asked.comparisons}: {run.most_rounds} rounds, "
                f"{len(found['alarms'])} alarms",
                flush=True,
            )
    alarms = figures(settings, done)["alarms"]
    print(f"{len(alarms)} alarms in {len(done)} comparisons: {path}")
    return 1 if alarms else 0


if __name__ == "__main__":
    raise SystemExit(main())

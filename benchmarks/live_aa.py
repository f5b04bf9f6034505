"""Comparisons of one cell with itself, live, under bursts of load: how many alarm? None may.

Each is what `harness compare A B --rounds auto` does, with the same environment on both sides,
while processes of this program burn both cores in bursts of random length. What the rule says of
the four primary metrics is counted. Thirty of them take one to two hours on two cores.

    python benchmarks/live_aa.py --date 2026-11-29
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from record_rounds import CELL, recorded
from results_file import arguments, write_result

from harness.compare.statistics.decision import Decision
from harness.compare.statistics.family import LOOKS
from harness.machine.load import ELSEWHERE
from harness.running.calibrated import measured_again
from harness.store.store import Store

STEPS = 30
BURST_S = (0.5, 6.0)
PAUSE_S = (1.0, 8.0)


def burn(seed: int) -> None:
    """Work in bursts until this process is ended."""
    chance = random.Random(seed)
    while True:
        until = time.monotonic() + chance.uniform(*BURST_S)
        while time.monotonic() < until:
            pass
        time.sleep(chance.uniform(*PAUSE_S))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--comparisons", type=int, default=30)
    parser.add_argument("--cell", default=CELL)
    parser.add_argument("--calibrated", type=Path, help="a store with calibrations of this host")
    asked = parser.parse_args()
    os.environ["HARNESS_DOWNLOAD"] = "0"
    os.environ.pop("HARNESS_DATA", None)
    cores = len(os.sched_getaffinity(0))
    burners = [
        multiprocessing.Process(target=burn, args=(number,), daemon=True) for number in range(cores)
    ]
    for one in burners:
        one.start()
    told, rounds, busy, alarms = Counter[str](), [], [], []
    try:
        with TemporaryDirectory() as folder:
            path = asked.calibrated or Path(folder) / "store.sqlite3"
            for number in range(1, asked.comparisons + 1):
                with Store(path) as store:
                    run, records = recorded(store, asked.cell, STEPS, LOOKS[0], LOOKS)
                measured = [one for one in measured_again(run, records) if one.primary]
                for one in measured:
                    told[f"{one.metric.fact} {one.decided.decision.value}"] += 1
                    if one.decided.decision is Decision.DRIFT:
                        alarms.append(f"comparison {number}: {one.metric.fact}")
                rounds.append(run.most_rounds)
                busy += [
                    value
                    for record in records
                    if isinstance(value := record.observed.get(ELSEWHERE), float)
                ]
                print(f"{number} of {asked.comparisons}: {run.most_rounds} rounds, {alarms}")
    finally:
        for one in burners:
            one.terminate()
    path = write_result(
        "live_aa",
        asked.date,
        {
            "comparisons": asked.comparisons,
            "alarms": alarms,
            "limit": 0,
            "rounds": rounds,
            "decisions": dict(sorted(told.items())),
            "processors_busy_elsewhere": round(sum(busy) / len(busy), 2) if busy else None,
        },
    )
    print(f"{len(alarms)} alarms in {asked.comparisons} comparisons: {path}")


if __name__ == "__main__":
    main()

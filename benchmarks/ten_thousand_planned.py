"""10,000 planned cells through the executor's interface: the cost of the machinery itself.

A run of 10,000 cells with one probe each goes from its plan to its records in a store on disk:
groups, the local executor, the worker, the store, a log's progress. A fake engine answers at once,
so that only our own cost remains. The processor time of this process is reported beside the wall
time, much of which is spent waiting for the disk, once for each record. Limits: 60 s on two cores,
and at most 1 GiB for the process. The run has a process of its own, so that the peak is its own; it
is repeated with half as many cells, and the ratio shows whether the cost grows linearly.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from io import StringIO
from pathlib import Path

from results_file import arguments, write_result

from harness.model import Cell, Probe, Run, Suite
from harness.recipes.orders import Order
from harness.running.local import LocalExecutor
from harness.running.progress import LineProgress
from harness.running.runner import Hearing, PlannedRun, execute
from harness.store.store import Store

CELLS = 10_000
MOST_SECONDS = 60.0
MOST_GIB = 1.0
ROOT = Path(__file__).resolve().parents[1]


def once(count: int) -> dict[str, float]:
    """One run of `count` cells: seconds, and the largest size of this process, in GiB."""
    sys.path.insert(0, str(ROOT))
    from tests.process.sleeping import Sleeping

    cells = tuple(Cell(id=f"sleeps-0-{number:05}", host="python3") for number in range(count))
    plan = PlannedRun(
        suite=Suite(name="s", root="/nowhere", digest="sha256:s", cells=cells),
        orders=tuple(Order(cell=cell) for cell in cells),
        probes=(Probe(name="a", question="?", source="", digest="sha256:a"),),
        rounds=1,
        dataset=None,
    )
    out = StringIO()
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with (
            Store(Path(folder) / "store.sqlite3") as store,
            Sleeping(Path(folder) / "engine") as engine,
            LineProgress(out) as progress,
        ):
            hearing = Hearing(tell=progress.tell, recorded=progress.recorded, began=progress.begin)
            run: Run = execute(plan, LocalExecutor(engine), store, hearing)
            seconds = time.monotonic() - began
            records = len(store.records(run.id))
    if records != count or run.state != "complete":
        raise SystemExit(f"no figure: {records} of {count} records, {run.state}")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cells": count,
        "seconds": round(seconds, 2),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_gib": round(used.ru_maxrss / 1024**2, 3),
    }


def apart(count: int) -> dict[str, float]:
    """The same in a process of its own."""
    ended = subprocess.run(
        [sys.executable, __file__, "--date", "-", "--once", str(count)],
        stdout=subprocess.PIPE,
        check=True,
    )
    measured: dict[str, float] = json.loads(ended.stdout)
    return measured


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--once", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.once:
        print(json.dumps(once(asked.once)))
        return 0
    half, whole = apart(CELLS // 2), apart(CELLS)
    figures = {
        "whole": whole,
        "half": half,
        "seconds_of_whole_over_half": round(whole["seconds"] / half["seconds"], 2),
        "asked": {"seconds": MOST_SECONDS, "peak_gib": MOST_GIB},
        "met": whole["seconds"] <= MOST_SECONDS and whole["peak_gib"] <= MOST_GIB,
    }
    print(write_result("ten_thousand_planned", asked.date, figures))
    print(json.dumps(figures, indent=1))
    return 0 if figures["met"] else 1


if __name__ == "__main__":
    raise SystemExit(main())

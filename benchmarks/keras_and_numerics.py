"""The time that the probes `keras` and `numerics` take beyond their imports: 60 s a cell at most.

Each cell is asked both probes three times, and nothing else, with the settings of the tag
`nightly`; the figure of a cell is the median of the three. The probes report the time of their
imports (one of `keras`, one or two of `numerics`); the rest of the time between question and answer
counts, including the start of an interpreter. Run it on an otherwise idle machine; `load_before`
says how busy the machine was at the beginning.

    python benchmarks/keras_and_numerics.py --date 2026-11-29 [CELL ...]
"""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from results_file import arguments, write_result

from harness.compare.facts import as_number, as_numbers
from harness.model import Fact, Outcome, Record
from harness.store.store import Store

LIMIT_S = 60
ROUNDS = 3
CELLS = ("tf1.2.1-py2.7", "tf1.14.0-py2.7", "tf2.11.1-py3.9", "tf2.21.0-py3.13")
PROBES = ("keras", "numerics")


def asked(cell: str, folder: Path) -> tuple[Record, ...]:
    """The records of both probes in all rounds of a cell. Ends the benchmark if one did not
    answer."""
    environment = {
        **os.environ,
        "HARNESS_STORE": str(folder / f"{cell}.sqlite3"),
        "HARNESS_REPORTS": str(folder / "reports"),
    }
    probes = [word for probe in PROBES for word in ("--probe", probe)]
    command = [Path(sys.executable).with_name("harness"), "run", "--suite", "standard"]
    command += ["--tag", "nightly", "--cell", cell, "--rounds", str(ROUNDS), *probes]
    subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    with Store(folder / f"{cell}.sqlite3", readonly=True) as store:
        run = store.latest_run()
        records = store.records(run.id) if run is not None else ()
    if len(records) != ROUNDS * len(PROBES) or any(
        one.outcome is not Outcome.OK for one in records
    ):
        raise SystemExit(f"{cell}: {[(one.probe, str(one.outcome)) for one in records]}: no figure")
    return records


def imports(record: Record) -> tuple[float, ...]:
    """The seconds of every import that a probe reported."""
    told: Fact = record.facts[f"{record.probe}.import_seconds"]
    series = as_numbers(told)
    return series if series is not None else (as_number(told) or 0.0,)


def figures_of(records: tuple[Record, ...]) -> dict[str, Any]:
    """The figures of one cell: each round's seconds beyond imports, their median, the number of
    imports."""
    beyond, counts = [], set()
    for number in range(1, ROUNDS + 1):
        mine = [one for one in records if one.round == number]
        every = [seconds for one in mine for seconds in imports(one)]
        counts.add(len(every))
        beyond.append(math.fsum(one.durations["probe"] for one in mine) - math.fsum(every))
    return {
        "seconds": [round(one, 2) for one in beyond],
        "median_seconds": round(statistics.median(beyond), 2),
        "of_limit": round(statistics.median(beyond) / LIMIT_S, 3),
        "imports": max(counts),
        "by_probe": {
            probe: round(
                statistics.median(
                    one.durations["probe"] - math.fsum(imports(one))
                    for one in records
                    if one.probe == probe
                ),
                2,
            )
            for probe in PROBES
        },
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("cells", nargs="*", default=list(CELLS))
    wanted = parser.parse_args()
    began, busy = time.perf_counter(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="harness-benchmark-") as name:
        found = {cell: figures_of(asked(cell, Path(name))) for cell in wanted.cells}
    figures = {
        "limit_seconds": LIMIT_S,
        "load_before": round(busy, 2),
        "took_seconds": round(time.perf_counter() - began),
        "cells": found,
    }
    path = write_result("keras_and_numerics", wanted.date, figures)
    for cell, one in found.items():
        print(f"{cell}: {one['median_seconds']} s of {LIMIT_S} s, {one['imports']} imports")
    print(path)
    within = all(one["median_seconds"] <= LIMIT_S and one["imports"] <= 3 for one in found.values())
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())

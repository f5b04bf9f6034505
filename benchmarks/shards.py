"""How evenly 10,000 cells are distributed over jobs, compared with pytest-split's two algorithms.

Run it with a Python that has pytest-split, which is not a dependency of ours: `PYTHONPATH=.
VENV/bin/python benchmarks/shards.py --date DATE`. The durations are drawn from heavy tails, like
those of cells: most take seconds, some an hour. The cells are distributed over every number of jobs
from 2 to 256. The figure is the worst ratio of the largest job to the lower bound, which is the
larger of an even share and the longest cell. Ours must stay within 1.10. pytest-split's own
functions decide, on items that have only a name; its chunks keep the order of the tests, which ours
need not.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from results_file import arguments, write_result

from harness.suite.dealing import deal

CELLS = 10_000
MOST = 256
ASKED = 1.10
SEED = 18
TAILS: dict[str, Callable[[random.Random], float]] = {
    "Pareto, exponent 1.2": lambda chance: 5 * chance.paretovariate(1.2),
    "Pareto, exponent 1.5": lambda chance: 5 * chance.paretovariate(1.5),
    "lognormal, sigma 1.5": lambda chance: chance.lognormvariate(3, 1.5),
    "Weibull, shape 0.5": lambda chance: chance.weibullvariate(30, 0.5),
}
Dealing = Callable[[Sequence[float], int], Sequence[float]]
"""From durations and a number of jobs to the loads of the jobs."""


@dataclass(frozen=True)
class Item:
    """The part of a test that pytest-split looks at."""

    nodeid: str


def ours(durations: Sequence[float], count: int) -> Sequence[float]:
    loads = [0.0] * count
    for duration, shard in zip(durations, deal(durations, count), strict=True):
        loads[shard - 1] += duration
    return loads


def pytest_split(name: str) -> Dealing:
    from pytest_split.algorithms import Algorithms

    algorithm = Algorithms[name].value

    def dealing(durations: Sequence[float], count: int) -> Sequence[float]:
        items = [Item(f"t{number:05}") for number in range(len(durations))]
        known = {item.nodeid: one for item, one in zip(items, durations, strict=True)}
        return [group.duration for group in algorithm(count, items, known)]

    return dealing


def bound(durations: Sequence[float], count: int) -> float:
    """The lower bound of the largest job."""
    return max(sum(durations) / count, *durations)


def tried(
    dealing: Dealing, durations: Sequence[float], counts: Sequence[int]
) -> dict[str, float | int]:
    ratios, took = {}, []
    for count in counts:
        began = time.perf_counter()
        loads = dealing(durations, count)
        took.append(time.perf_counter() - began)
        assert abs(sum(loads) - sum(durations)) < 1e-6 * sum(durations), "every cell once"
        ratios[count] = max(loads) / bound(durations, count)
    worst = max(ratios, key=lambda count: ratios[count])
    return {
        "worst_ratio": round(ratios[worst], 4),
        "at_jobs": worst,
        "median_ratio": round(statistics.median(ratios.values()), 4),
        "median_seconds": round(statistics.median(took), 4),
        "numbers_of_jobs": len(counts),
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--cells", type=int, default=CELLS, help="fewer, to try this program")
    asked = parser.parse_args()
    every = range(2, MOST + 1)
    # pytest-split lists for each job what it does not run, so all 255 numbers would take an hour.
    some = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256]
    found: dict[str, dict[str, dict[str, float | int]]] = {}
    for tail, draw in TAILS.items():
        chance = random.Random(SEED)
        durations = [draw(chance) for _ in range(asked.cells)]
        found[tail] = {"harness": tried(ours, durations, every)}
        for name in ("least_duration", "duration_based_chunks"):
            found[tail][f"pytest-split {name}"] = tried(pytest_split(name), durations, some)
        for who, told in found[tail].items():
            print(
                f"{tail:<22} {who:<36} worst {told['worst_ratio']:.4f} at {told['at_jobs']} jobs, "
                f"median {told['median_ratio']:.4f}, {told['median_seconds']:.3f} s"
            )
    worst = max(float(told["harness"]["worst_ratio"]) for told in found.values())
    print(f"worst of ours: {worst:.4f}; asked is {ASKED}")
    if asked.cells == CELLS:
        figures = {
            "cells": asked.cells,
            "asked_ratio": ASKED,
            "worst_ratio": worst,
            "pytest_split": version("pytest-split"),
            "tails": found,
        }
        print(write_result("shards", asked.date, figures))
    return int(worst > ASKED)


if __name__ == "__main__":
    sys.exit(main())

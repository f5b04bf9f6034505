"""How long it takes to decide what to ask 1,000 cells if nothing has changed. Limit: 1.5 s.

The input is a suite of 1,000 cells with the standard probes, and a store with the answers of an
earlier run (those of a real cell, from examples/pytest). The timed part is what `harness run
--reuse` does before it asks: read the suite and the probes, select, read the store, and decide for
each of the 6,000 questions whether its answer is repeated. For comparison, the same is timed with
an empty store, where everything must be asked. Each side is a fresh process, started alternately
and in random order, after one uncounted start; the 95 % intervals come from resampling the rounds
2,000 times.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from results_file import arguments, write_result

from harness.machine.hostclass import host_class
from harness.model import Cell, EngineInfo, ImageIdentity, Outcome, Record, Run
from harness.probing.probe import suite_probes
from harness.running.reuse import decisive, known_answers, repeatable
from harness.running.round import question
from harness.store.store import Store
from harness.suite.matrix import load_suite
from harness.suite.selection import select

ROOT = Path(__file__).resolve().parents[1]
ANSWERS = ROOT / "examples" / "pytest" / "recordings" / "tf2.21.0-py3.13" / "round-1"
ENGINE = EngineInfo(name="docker", version="20.10")
CELLS, LIMIT_S, RESAMPLES = 1000, 1.5, 2000


def image_of(cell: Cell) -> str:
    return f"sha256:{cell.id}"


def decide(suite_path: Path, store_path: Path) -> tuple[int, int]:
    """(questions whose answer is repeated, questions to be asked)."""
    suite = load_suite(suite_path)
    cells, probes = select(suite, (), ()), suite_probes(suite)
    static = [probe.name for probe in probes if repeatable(probe)]
    with Store(store_path) as store:
        earlier = store.latest_answers([cell.id for cell in cells], static, [ENGINE.name])
    now = Run(id="now", started="", engine=ENGINE, host=host_class(), cells=cells, probes=())
    known = known_answers(earlier, now)
    repeated = asked = 0
    for cell in cells:
        for probe in probes:
            one = question(cell, probe)
            if decisive(cell, image_of(cell), one.probe.digest, one.settings) in known:
                repeated += 1
            else:
                asked += 1
    return repeated, asked


def prepare(folder: Path) -> None:
    """Create the suite, an empty store, and one with the answers of a complete run."""
    (folder / "matrix.yaml").write_text(
        "version: 1\naxes:\n  - id: 'tf{tensorflow}-py{python}'\n"
        f"    framework: {{tensorflow: {json.dumps([f'2.{n}.0' for n in range(CELLS // 10)])}}}\n"
        f"    python: {json.dumps([f'3.{n}' for n in range(10)])}\n"
        "    image: 'demo:{tensorflow}'\n"
    )
    suite = load_suite(folder / "matrix.yaml")
    cells, probes = select(suite, (), ()), suite_probes(suite)
    assert len(cells) == CELLS, len(cells)
    run = Run(
        id="20261121T000000Z-0000",
        started="2026-11-21T00:00:00Z",
        engine=ENGINE,
        host=host_class(),
        cells=tuple(replace(cell, place=None) for cell in cells),
        probes=tuple(replace(probe, source="") for probe in probes),
        pairs=tuple((cell.id, probe.name) for cell in cells for probe in probes),
    )
    with Store(folder / "empty.sqlite3"):
        pass
    with Store(folder / "full.sqlite3") as store:
        store.begin(run)
        for probe in probes:
            path = ANSWERS / f"{probe.name}.json"
            facts = json.loads(path.read_text("utf-8"))["answer"]["facts"] if path.exists() else {}
            for cell in cells:
                one = question(cell, probe)
                store.record(
                    Record(
                        run=run.id,
                        cell=cell.id,
                        round=1,
                        probe=probe.name,
                        outcome=Outcome.OK,
                        facts={**facts, "cell": cell.id},
                        image=ImageIdentity(id=image_of(cell)),
                        probe_digest=one.probe.digest,
                        settings=dict(one.settings),
                        profile=cell.profile,
                        engine=ENGINE.name,
                        started=run.started,
                    )
                )
        store.finish(run.id, ended=run.started, state="complete")


def timed(folder: Path, side: str) -> dict[str, float]:
    """The figures that one fresh process reports about itself."""
    done = subprocess.run(
        [sys.executable, __file__, "--date", "-", "--decide", str(folder), side],
        capture_output=True,
        check=True,
        env={
            name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
        },
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--decide", nargs=2, metavar=("FOLDER", "SIDE"))
    wanted = parser.parse_args()
    if wanted.decide:
        folder, side = Path(wanted.decide[0]), wanted.decide[1]
        began = time.perf_counter()
        repeated, asked = decide(folder / "matrix.yaml", folder / f"{side}.sqlite3")
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "repeated": repeated, "asked": asked}))
        return 0
    chance = random.Random(0)
    with TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        first = {side: timed(folder, side) for side in ("full", "empty")}
        rounds = []
        for _ in range(wanted.rounds):
            order = chance.sample(["full", "empty"], k=2)
            rounds.append({side: timed(folder, side)["seconds"] for side in order})

    def interval(side: str) -> list[float]:
        medians = sorted(
            statistics.median(one[side] for one in chance.choices(rounds, k=len(rounds)))
            for _ in range(RESAMPLES)
        )
        low, high = medians[int(0.025 * RESAMPLES)], medians[int(0.975 * RESAMPLES) - 1]
        return [round(low, 3), round(high, 3)]

    medians = {side: statistics.median(one[side] for one in rounds) for side in ("full", "empty")}
    path = write_result(
        "decision",
        wanted.date,
        {
            "cells": CELLS,
            "questions": {
                side: {name: int(first[side][name]) for name in ("repeated", "asked")}
                for side in first
            },
            "median_seconds": {side: round(value, 3) for side, value in medians.items()},
            "interval_95": {side: interval(side) for side in medians},
            "rounds": wanted.rounds,
            "ratio": round(medians["full"] / medians["empty"], 2),
            "limit_seconds": LIMIT_S,
        },
    )
    within = medians["full"] <= LIMIT_S
    print(
        f"{CELLS} cells, nothing changed: {first['full']}; decided in {medians['full']:.2f} s "
        f"{interval('full')}, with an empty store in {medians['empty']:.2f} s: "
        f"{'within' if within else 'ABOVE'} the limit of {LIMIT_S} s; {path}"
    )
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())

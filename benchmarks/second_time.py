"""The cost of a run beyond what must be measured again, if nothing has changed.

reuse    nineteen cells, as many as run nightly, `harness run --reuse` of two probes whose answers
         are repeated: limit 3 s for the whole command
timed    the same with a third probe that times something, so that every cell needs a container:
         limit 3 s for the whole command without the time of the containers
read     `harness report` of that run and `harness compare` of both while no engine answers:
         neither waits for one. The only limit is that both end with their answer
run      with --quick: `scripts/run` once more, limit 90 s of which at least 70 s are training; it
         needs the images of the quick cells, and makes them if they are missing

The nineteen cells are home-made: on the base of Python 3.13, with one distribution each and images
of their own, which are removed at the end. Building them is not timed. Store and reports are the
benchmark's own, so that a run finds only what the benchmark has measured.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from results_file import arguments, write_result

from harness import standard
from harness.engines.oci.connection import connect
from harness.model import Lock
from harness.recipes.lockfile import find_lock, lock_path, render_lock
from harness.recipes.recipe import base_of, lock_request_digest
from harness.store.store import Store
from harness.suite.matrix import load_suite

ROOT = Path(__file__).resolve().parents[1]
CELLS = 19
NAME = "second-time"
MODEL = "tf2.21.0-py3.13"
LIMITS_S = {"reuse": 3.0, "timed": 3.0, "run": 90.0}
TRAINING_S = 70.0
NO_ENGINE = "unix:///nonexistent/engine.sock"
TIMED = """PROBE = {
    "question": "How long does nothing take?",
    "natures": [["t.*_seconds", "timing"]],
}


def probe(settings):
    return {"t.whole_seconds": 0.0}
"""


def home_made_suite(folder: Path, count: int) -> Path:
    """A suite of locked cells, each of which installs one small distribution of the model cell."""
    root = Path(standard.default_suite()).parent
    lock = find_lock(root, MODEL)
    assert lock is not None, "the default suite is locked"
    small = min((one for one in lock.distributions if one.is_wheel), key=lambda one: one.size)
    (folder / "probes").mkdir(parents=True)
    (folder / "probes" / "timed.py").write_text(TIMED, encoding="utf-8")
    base = "{python: '3.13', sources: [{debian: trixie, packages: [python3.13]}]}"
    rows = [
        f"  - {{id: {NAME}-{number}, base: py3.13, level: L0, as-of: {lock.as_of},"
        f" install: ['{small.name}=={small.version}'], environment: {{NUMBER: '{number}'}}}}"
        for number in range(count)
    ]
    text = f"version: 1\nprobes: [python, packages, timed]\nbases:\n  py3.13: {base}\ncells:\n"
    (folder / "matrix.yaml").write_text(text + "\n".join(rows) + "\n", encoding="utf-8")
    suite = load_suite(folder / "matrix.yaml")
    for cell in suite.cells:
        request = lock_request_digest(cell, base_of(suite, cell))
        own: Lock = replace(
            lock, cell=cell.id, request=request, distributions=(small,), tools=lock.tools
        )
        path = lock_path(folder, cell.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render_lock(own), encoding="utf-8")
    return folder


def harness(folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> float:
    """Seconds of one command; anything but success ends the benchmark."""
    program = Path(sys.executable).with_name("harness")
    began = time.perf_counter()
    ended = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if ended.returncode != 0:
        raise SystemExit(
            f"harness {' '.join(arguments)}: {ended.returncode}\n{ended.stdout[-3000:]}"
        )
    return seconds


def in_containers(store: Path) -> float:
    """Seconds in the containers of the latest run: each record of a container has its whole
    time."""
    with Store(store) as opened:
        run = max(opened.runs(), key=lambda one: (one.started, one.id))
        records = opened.records(run.id)
    containers = {
        (one.cell, one.round, one.container): one.durations["container"]
        for one in records
        if "container" in one.durations
    }
    return sum(containers.values())


def remove_images() -> None:
    client = connect(timeout_s=600)
    try:
        for number in range(CELLS):
            for image in client.images(name=f"harness-cell/{NAME}-{number}"):
                client.remove_image(image["Id"], force=True)
    finally:
        client.close()


def home_made(cells: int, rounds: int) -> dict[str, dict[str, object]]:
    found: dict[str, list[float]] = {"reuse": [], "timed": [], "report": [], "compare": []}
    with TemporaryDirectory(prefix="harness-benchmark-") as name:
        folder = home_made_suite(Path(name) / "suite", cells)
        store = Path(name) / "store.sqlite3"
        here = {"HARNESS_STORE": str(store), "HARNESS_REPORTS": f"{name}/reports"}
        try:
            harness(folder, ("run",), here)
            static = ("run", "--reuse", "--probe", "python", "--probe", "packages")
            for _ in range(rounds):
                found["reuse"].append(harness(folder, static, here))
                whole = harness(folder, ("run", "--reuse"), here)
                found["timed"].append(whole - in_containers(store))
                away = {**here, "DOCKER_HOST": NO_ENGINE}
                found["report"].append(harness(folder, ("report",), away))
                with Store(store) as opened:
                    ids = [one.id for one in opened.runs()][:2]
                sides = [f"{run}:{NAME}-0" for run in ids]
                found["compare"].append(harness(folder, ("compare", *sides), away))
                print({what: round(seconds[-1], 2) for what, seconds in found.items()}, flush=True)
        finally:
            remove_images()
    return {
        what: {
            "median_seconds": round(statistics.median(seconds), 2),
            "seconds": [round(one, 2) for one in seconds],
            **({"limit_seconds": LIMITS_S[what]} if what in LIMITS_S else {}),
        }
        for what, seconds in found.items()
    }


def quick() -> dict[str, object]:
    """`scripts/run` for the second time, and how much of that was training."""
    with TemporaryDirectory(prefix="harness-benchmark-") as name:
        store = Path(name) / "store.sqlite3"
        environment = {
            **os.environ,
            "CI": "true",
            "HARNESS_STORE": str(store),
            "HARNESS_REPORTS": f"{name}/reports",
        }
        whole = 0.0
        for _ in ("first", "second"):
            began = time.perf_counter()
            ended = subprocess.run(
                [ROOT / "scripts" / "run"], env=environment, stdout=subprocess.DEVNULL, check=False
            )
            whole = time.perf_counter() - began
            if ended.returncode != 0:
                raise SystemExit(f"scripts/run ended with {ended.returncode}: no figure")
        with Store(store) as opened:
            run = max(opened.runs(), key=lambda one: (one.started, one.id))
            records = opened.records(run.id)
        training = sum(one.durations["probe"] for one in records if one.probe == "mnist")
        probes = sum(one.durations["probe"] for one in records)
    return {
        "seconds": round(whole, 1),
        "training_seconds": round(training, 1),
        "other_probes_seconds": round(probes - training, 1),
        "limit_seconds": LIMITS_S["run"],
        "least_training_seconds": TRAINING_S,
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--cells", type=int, default=CELLS, help="fewer, to try it: no figure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="also the quick cells, twice")
    wanted = parser.parse_args()
    figures: dict[str, dict[str, object]] = home_made(wanted.cells, wanted.rounds)
    if wanted.quick:
        figures["run"] = quick()
    for what, told in figures.items():
        print(f"{what}: {json.dumps(told)}")
    if wanted.cells == CELLS:
        print(write_result("second_time", wanted.date, figures))
    above = [
        what
        for what, told in figures.items()
        if float(str(told.get("median_seconds", told.get("seconds")))) > LIMITS_S.get(what, 1e9)
    ]
    print(f"ABOVE the limit: {', '.join(above)}" if above else "within the limits")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())

"""The cost of asking one cell, compared with the engine's own client: three questions, one result.

five   five probes that only start Python, in one cell, compared with five bare `docker run` of the
       same files with the same profile by the client of the engine's own package: at most 0.40 of
       their time
one    one such probe, from the first engine call to the committed record, compared with one such
       `docker run`. It has no limit: one of 1.05 was withdrawn, because nobody notices 30 ms a
       cell. The harness's own start-up (process start to its first engine call, by `harness plan`)
       is not included and reported beside it
real   a cell's real probes, from the first engine call to the last committed record: at most the
       sum of the probes' process times and 0.5 s. There is no training, which would hide a
       constant cost

Ours uses the same functions as `harness run`: an engine is opened, swept, asked and released, and
every record is committed to a store on disk. The sides alternate in random order, after one
uncounted start each. Ratios are of medians; the 95 % intervals come from resampling the rounds
2,000 times. The images must be on the engine: `scripts/run` makes them.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from results_file import arguments, write_result

from harness import standard
from harness.engines.oci.specification import USER
from harness.model import Cell, Profile, Record, Suite
from harness.probing.probe import load_probes
from harness.recipes.orders import orders
from harness.running.local import LocalExecutor
from harness.running.runner import Hearing, PlannedRun, execute
from harness.running.session import CONTAINER_ENGINES, opened_engine, workshop
from harness.store.store import Store
from harness.suite.matrix import load_suite

RESAMPLES = 2000
CLIENT = next((path for path in ("/usr/bin/docker",) if Path(path).is_file()), "docker")
"""The client of the Debian package: PATH may have another one first."""
TRIVIAL = """PROBE = {"question": "Does Python start?"}


def probe(settings):
    return {"up": True}
"""
CORES = len(os.sched_getaffinity(0))
LIMITS = {"five": 0.40, "real": 0.5}
REAL = ("python", "packages", "devices", "libraries", "gpu")


def existing(folder: Path, image: str, interpreter: str, count: int) -> Suite:
    """A suite of one existing image and `count` probes that only start Python."""
    (folder / "probes").mkdir(parents=True)
    names = [f"start{number}" for number in range(count)]
    for name in names:
        (folder / "probes" / f"{name}.py").write_text(TRIVIAL)
    (folder / "matrix.yaml").write_text(
        f"version: 1\nprobes: [{', '.join(names)}]\ncells:\n"
        f"  - {{id: one, image: {image!r}, interpreter: {interpreter}, level: L0}}\n"
    )
    return load_suite(folder / "matrix.yaml")


def ours(
    folder: Path, suite: Suite, cells: Sequence[Cell], names: Sequence[str]
) -> tuple[float, list[Record]]:
    """One whole run: seconds from before the engine is opened until the last record is committed,
    and the records. Raises SystemExit if one of them is not `ok`."""
    folders = (standard.folder("probes"), Path(suite.root) / "probes")
    probes = load_probes(each for each in folders if each.is_dir())
    plan = PlannedRun(
        suite=suite,
        orders=orders(suite, cells),
        probes=tuple(one for one in probes if one.name in names),
        rounds=1,
        dataset=None,
    )
    committed: list[float] = []
    records: list[Record] = []

    def recorded(record: Record) -> None:
        committed.append(time.perf_counter())
        records.append(record)

    with Store(folder / "store.sqlite3") as store:
        began = time.perf_counter()
        with opened_engine(CONTAINER_ENGINES[0], workshop(suite)) as (engine, _):
            hearing = Hearing(tell=lambda *_: None, recorded=recorded)
            execute(plan, LocalExecutor(engine), store, hearing)
    bad = [f"{one.probe}: {one.outcome} {one.reason}" for one in records if one.outcome != "ok"]
    if bad or len(records) != len(names):
        raise SystemExit(f"no figure, since not everything was answered: {bad}")
    return committed[-1] - began, records


def bare(folder: Path, image: str, interpreter: str, names: Sequence[str]) -> None:
    """`docker run` of each file, with the limits of the strict profile."""
    profile = Profile()
    for name in names:
        subprocess.run(
            [
                *(CLIENT, "run", "--rm", "--network", "none", "--init", "--read-only"),
                *("--cap-drop", "ALL", "--security-opt", "no-new-privileges:true"),
                *("--ipc", "private", "--pids-limit", str(profile.processes + 32 * CORES)),
                *("--memory", str(profile.memory_bytes)),
                *("--memory-swap", str(profile.memory_bytes)),
                *("--ulimit", f"nofile={profile.open_files}", "--ulimit", "core=0"),
                *("--ulimit", "nproc=4096", "--oom-score-adj", "500", "--user", f"{USER}:{USER}"),
                *("--tmpfs", f"/scratch-1:rw,noexec,nosuid,nodev,size={profile.scratch_bytes}"),
                *("--log-opt", "max-size=1m", "--log-opt", "max-file=1"),
                *("--volume", f"{folder}:/harness:ro", "--no-healthcheck", "--workdir", "/"),
                *("--entrypoint", interpreter, image, f"/harness/{name}.py"),
            ],
            stdout=subprocess.DEVNULL,
            check=True,
        )


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def rounds(
    sides: Mapping[str, Callable[[], float]], count: int, chance: random.Random
) -> list[dict[str, float]]:
    for side in sides.values():
        side()
    found = []
    for _ in range(count):
        order = chance.sample(sorted(sides), k=len(sides))
        found.append({name: sides[name]() for name in order})
    return found


def ratio(found: Sequence[Mapping[str, float]]) -> float:
    mine, theirs = (statistics.median(one[name] for one in found) for name in ("ours", "bare"))
    return mine / theirs


def interval(
    found: list[dict[str, float]],
    figure: Callable[[Sequence[Mapping[str, float]]], float],
    chance: random.Random,
) -> list[float]:
    """The middle 95 % of the figures of resampled rounds."""
    all_of_them = sorted(figure(chance.choices(found, k=len(found))) for _ in range(RESAMPLES))
    low, high = all_of_them[int(0.025 * RESAMPLES)], all_of_them[int(0.975 * RESAMPLES) - 1]
    return [round(low, 3), round(high, 3)]


def beside(name: str, found: list[dict[str, float]], chance: random.Random) -> dict[str, object]:
    medians = {side: statistics.median(one[side] for one in found) for side in ("ours", "bare")}
    return {
        "median_seconds": {side: round(value, 3) for side, value in medians.items()},
        "rounds": len(found),
        "ratio": round(ratio(found), 3),
        "interval_95": interval(found, ratio, chance),
        **({"limit": LIMITS[name]} if name in LIMITS else {}),
    }


def real(folder: Path, pattern: str, count: int, chance: random.Random) -> dict[str, object]:
    """For the newest quick cell: the cost of a pass beyond the probes' own processes."""
    suite = load_suite(standard.default_suite())
    (cell,) = (one for one in suite.cells if isinstance(one, Cell) and one.id == pattern)
    found = []
    for number in range(count + 1):
        whole, records = ours(folder, suite, [cell], REAL)
        if number:
            found.append({"whole": whole, "probes": sum(one.durations["probe"] for one in records)})

    def over(some: Sequence[Mapping[str, float]]) -> float:
        return statistics.median(one["whole"] - one["probes"] for one in some)

    return {
        "cell": cell.id,
        "probes": list(REAL),
        "median_seconds": {
            name: round(statistics.median(one[name] for one in found), 3)
            for name in ("whole", "probes")
        },
        "rounds": count,
        "over_seconds": round(over(found), 3),
        "interval_95": interval(found, over, chance),
        "limit_seconds": LIMITS["real"],
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--image", required=True, help="an image with a Python, on the engine")
    parser.add_argument("--interpreter", default="python3")
    parser.add_argument("--cell", default="tf2.21.0-py3.13", help="whose real probes are asked")
    wanted = parser.parse_args()
    chance = random.Random(0)
    with TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["HARNESS_REPORTS"] = f"{folder}/reports"
        made = {
            count: existing(folder / str(count), wanted.image, wanted.interpreter, count)
            for count in (1, 5)
        }
        cells = {
            count: [one for one in suite.cells if isinstance(one, Cell)]
            for count, suite in made.items()
        }
        names = [f"start{number}" for number in range(5)]
        files = folder / "5" / "probes"
        five = rounds(
            {
                "ours": lambda: timed(lambda: ours(folder, made[5], cells[5], names)),
                "bare": lambda: timed(lambda: bare(files, wanted.image, wanted.interpreter, names)),
            },
            wanted.rounds,
            chance,
        )
        one = rounds(
            {
                "ours": lambda: ours(folder, made[1], cells[1], names[:1])[0],
                "bare": lambda: timed(
                    lambda: bare(files, wanted.image, wanted.interpreter, names[:1])
                ),
                "start": lambda: timed(
                    lambda: subprocess.run(
                        [Path(sys.executable).with_name("harness"), "plan", "one"],
                        cwd=folder / "1",
                        stdout=subprocess.DEVNULL,
                        check=True,
                    )
                ),
            },
            wanted.rounds,
            chance,
        )
        found: dict[str, object] = {
            "client": subprocess.run(
                [CLIENT, "--version"], capture_output=True, text=True, check=True
            ).stdout.strip(),
            "five": beside("five", five, chance),
            "one": {
                **beside("one", one, chance),
                "start_up_seconds": round(statistics.median(each["start"] for each in one), 3),
            },
            "real": real(folder, wanted.cell, max(3, wanted.rounds // 4), chance),
        }
    print(write_result("one_cell", wanted.date, found))
    kept = True
    for name in ("five", "one", "real"):
        figures: dict[str, object] = found[name]  # type: ignore[assignment]
        value, limit = (
            figures.get("ratio", figures.get("over_seconds")),
            figures.get("limit", figures.get("limit_seconds")),
        )
        told = "no limit"
        if limit is not None:
            within = value <= limit  # type: ignore[operator]
            kept &= within
            told = f"{'within' if within else 'ABOVE'} the limit of {limit}"
        print(f"{name}: {figures['median_seconds']} s, {value} {figures['interval_95']}, {told}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

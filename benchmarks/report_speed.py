"""How long `harness report` takes for the nineteen nightly cells, in each format: 0.7 s at most.

`reports/nightly/records.jsonl` is imported into a store of its own. Then all commands are started
in rounds of random order, so that other load of the machine affects all alike: the report in each
format, Python with nothing but `import harness` (the floor), and the report by an earlier commit of
this repository (`--against COMMIT`). Each is started once before anything counts, so that byte-code
exists, as after any first use.

Wall time is what a user waits; processor time (user and system) stays meaningful if other programs
keep the machine busy. Figures are medians; a ratio's 95 % interval comes from resampling the rounds
2,000 times.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from results_file import arguments, write_result

ROOT = Path(__file__).resolve().parents[1]
RECORDS = ROOT / "reports" / "nightly" / "records.jsonl"
LIMIT_S = 0.7
RESAMPLES = 2000
FORMATS = ("terminal", "markdown", "html", "json")
CALLED = "import sys; sys.argv[0] = 'harness'; from harness.cli import main; main()"
FLOOR = "import harness"
NOW, BEFORE = "now", "before"


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """The duration of one start, in seconds."""

    wall: float
    processor: float


Round = Mapping[str, Taken]


def environment(folder: Path, code: Path) -> dict[str, str]:
    """The environment with a store of its own, and separate byte-code for each version of the
    code."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HARNESS_", "PYTHON"))}
    return {
        **kept,
        "HARNESS_STORE": str(folder / "store.sqlite3"),
        "PYTHONPATH": str(code),
        "PYTHONPYCACHEPREFIX": str(folder / "byte-code" / code.name),
    }


def taken(command: list[str], told: Mapping[str, str]) -> Taken:
    """Start a command and wait for it. A report of cells that fail exits with status 1, which is no
    error."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, env=told, stdout=subprocess.DEVNULL, check=False)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command} ended in {done.returncode}")
    worked = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Taken(wall=wall, processor=worked)


def unpacked(commit: str, folder: Path) -> Path:
    """The package as it was in a commit."""
    code = folder / commit
    code.mkdir()
    archive = folder / f"{commit}.tar"
    subprocess.run(
        ["git", "-C", str(ROOT), "archive", "--output", str(archive), commit, "harness"], check=True
    )
    subprocess.run(["tar", "-xf", str(archive), "-C", str(code)], check=True)
    return code


def interval(rounds: list[Round], one: str, other: str) -> list[float]:
    """The middle 95 % of the ratios of processor times from resampled rounds."""
    chance = random.Random(0)

    def ratio(some: list[Round]) -> float:
        first, second = (
            statistics.median(each[name].processor for each in some) for name in (one, other)
        )
        return first / second

    ratios = sorted(ratio(chance.choices(rounds, k=len(rounds))) for _ in range(RESAMPLES))
    kept = ratios[int(0.025 * RESAMPLES)], ratios[int(0.975 * RESAMPLES) - 1]
    return [round(value, 2) for value in (ratio(rounds), *kept)]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--against", default="", metavar="COMMIT", help="an earlier commit")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        here = environment(folder, ROOT)
        imported = [sys.executable, "-P", "-c", CALLED, "import", str(RECORDS)]
        subprocess.run(imported, cwd=ROOT, env=here, stdout=subprocess.DEVNULL, check=True)
        commands = {"floor": ([sys.executable, "-P", "-c", FLOOR], here)}
        versions = {NOW: here}
        if wanted.against:
            versions[BEFORE] = environment(folder, unpacked(wanted.against, folder))
        for version, told in versions.items():
            for name in FORMATS:
                output = str(folder / f"report.{name}")
                asked = ["report", "latest", "--format", name, "--output", output]
                commands[f"{name} {version}"] = ([sys.executable, "-P", "-c", CALLED, *asked], told)
        for command, told in commands.values():
            taken(command, told)
        chance = random.Random(0)
        rounds: list[Round] = []
        for _ in range(wanted.rounds):
            order = chance.sample(sorted(commands), k=len(commands))
            rounds.append({name: taken(*commands[name]) for name in order})
    figures = {
        name: {
            "wall_seconds": round(statistics.median(each[name].wall for each in rounds), 3),
            "processor_seconds": round(
                statistics.median(each[name].processor for each in rounds), 3
            ),
        }
        for name in commands
    }
    slowest = max(figures[f"{name} {NOW}"]["wall_seconds"] for name in FORMATS)
    least = max(figures[f"{name} {NOW}"]["processor_seconds"] for name in FORMATS)
    told_ratios = {
        name: interval(rounds, f"{name} {NOW}", f"{name} {BEFORE}")
        for name in FORMATS
        if wanted.against
    }
    path = write_result(
        "report_speed",
        wanted.date,
        {
            "rounds": wanted.rounds,
            "figures": figures,
            "against": wanted.against,
            "ratio_of_processor_time_with_interval": told_ratios,
            "slowest_wall_seconds": slowest,
            "most_processor_seconds": least,
            "limit_seconds": LIMIT_S,
        },
    )
    for name, figure in figures.items():
        wall, worked = figure["wall_seconds"], figure["processor_seconds"]
        print(f"{name:<16} {wall:6.3f} s, {worked:6.3f} s of processor")
    print(f"the slowest {slowest:.3f} s, limit {LIMIT_S:g} s; {path}")
    return 0 if slowest <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())

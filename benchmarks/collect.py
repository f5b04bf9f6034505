"""The cost of collecting a matrix beyond pytest's own: at most 2 s for 10,000 tests, 0.5 s by
default.

There are two pairs of commands. Each pair is started alternately and in random order, after one
uncounted start of each command:

many     `pytest --co` of 10,000 tests from an `axes` matrix (100 releases by 20 Pythons by
         5 probes), and of 10,000 of a plain file (2,000 parameters by 5 functions), plugin off
default  `pytest --co` of the default suite in a folder without a conftest.py, and of as many plain
         tests, plugin off

The cost is the difference of the medians; its 95 % interval comes from resampling the pairs.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from results_file import arguments, write_result

ROOT = Path(__file__).resolve().parents[1]
RESAMPLES = 2000
RELEASES, PYTHONS, PROBES = 100, 20, 5
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--co", "-q")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A limit, and the two commands that are compared, each with its working folder."""

    limit_s: float
    tests: int
    ours: tuple[Sequence[str], Path]
    plain: tuple[Sequence[str], Path]


def many(folder: Path) -> Question:
    """10,000 tests from axes, and 10,000 from a plain file."""
    suite = folder / "suite"
    (suite / "probes").mkdir(parents=True)
    names = [f"question{number}" for number in range(PROBES)]
    for name in names:
        text = 'PROBE = {"question": "Is it there?"}\n\n\ndef probe(settings):\n    return {}\n'
        (suite / "probes" / f"{name}.py").write_text(text)
    releases = ", ".join(f'"1.{number}.0"' for number in range(RELEASES))
    pythons = ", ".join(f'"3.{number}"' for number in range(PYTHONS))
    (suite / "matrix.yaml").write_text(
        f"version: 1\nprobes: [{', '.join(names)}]\naxes:\n"
        '  - id: "demo{demo}-py{python}"\n'
        f"    framework: {{demo: [{releases}]}}\n    python: [{pythons}]\n"
        '    image: "demo:{demo}"\n'
    )
    tests = RELEASES * PYTHONS * PROBES
    return Question(
        limit_s=2.0,
        tests=tests,
        ours=((*PYTEST, "matrix.yaml"), suite),
        plain=plain(folder / "plain", RELEASES * PYTHONS, PROBES),
    )


def default(folder: Path) -> Question:
    """The default suite, and as many tests from a plain file."""
    suite = folder / "default"
    for name in ("dockerfiles", "probes"):
        shutil.copytree(ROOT / name, suite / name)
    shutil.copy(ROOT / "matrix.yaml", suite)
    found = subprocess.run([*PYTEST, "matrix.yaml"], cwd=suite, capture_output=True, check=True)
    tests = sum(b"::" in line for line in found.stdout.splitlines())
    return Question(
        limit_s=0.5,
        tests=tests,
        ours=((*PYTEST, "matrix.yaml"), suite),
        plain=plain(folder / "few", tests, 1),
    )


def plain(folder: Path, parameters: int, functions: int) -> tuple[Sequence[str], Path]:
    """A file of `parameters` times `functions` tests, collected by pytest without the plugin."""
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    text = "import pytest\n"
    for number in range(functions):
        text += f'\n\n@pytest.mark.parametrize("one", range({parameters}))\n'
        text += f"def test_{number}(one):\n    assert one >= 0\n"
    (folder / "test_plain.py").write_text(text)
    return (*PYTEST, "-p", "no:harness", "test_plain.py"), folder


def seconds(command: tuple[Sequence[str], Path], expected: int) -> float:
    """How long the command takes; raises if it collects another number of tests than expected."""
    line, folder = command
    unwanted = ("PYTEST_ADDOPTS", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    began = time.perf_counter()
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, check=True)
    took = time.perf_counter() - began
    found = sum(b"::" in one for one in done.stdout.splitlines())
    assert found == expected, f"{found} tests instead of {expected}"
    return took


def difference(pairs: Sequence[Mapping[str, float]]) -> float:
    """The difference of the medians, in seconds."""
    ours, theirs = (statistics.median(pair[name] for pair in pairs) for name in ("ours", "plain"))
    return ours - theirs


def measure(question: Question, count: int, chance: random.Random) -> dict[str, object]:
    sides = {"ours": question.ours, "plain": question.plain}
    for side in sides.values():
        seconds(side, question.tests)
    pairs = []
    for _ in range(count):
        order = chance.sample(sorted(sides), k=2)
        pairs.append({name: seconds(sides[name], question.tests) for name in order})
    cost = sorted(difference(chance.choices(pairs, k=count)) for _ in range(RESAMPLES))
    medians = {name: statistics.median(pair[name] for pair in pairs) for name in sides}
    return {
        "tests": question.tests,
        "median_seconds": {name: round(value, 3) for name, value in medians.items()},
        "pairs": count,
        "cost_seconds": round(difference(pairs), 3),
        "interval_95": [
            round(cost[int(0.025 * RESAMPLES)], 3),
            round(cost[int(0.975 * RESAMPLES) - 1], 3),
        ],
        "ratio": round(medians["ours"] / medians["plain"], 2),
        "limit_seconds": question.limit_s,
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--pairs", type=int, default=8)
    wanted = parser.parse_args()
    chance = random.Random(0)
    with TemporaryDirectory() as folder:
        found = {
            question.__name__: measure(question(Path(folder)), wanted.pairs, chance)
            for question in (many, default)
        }
    path = write_result("collect", wanted.date, found)
    kept = True
    for name, one in found.items():
        within = one["cost_seconds"] <= one["limit_seconds"]  # type: ignore[operator]
        kept &= within
        print(
            f"{name}: {one['tests']} tests, {one['median_seconds']} s, costs "
            f"{one['cost_seconds']} s {one['interval_95']}, "
            f"{'within' if within else 'ABOVE'} the limit of {one['limit_seconds']} s"
        )
    print(path)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

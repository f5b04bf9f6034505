"""How long `harness --help` takes compared with `python -c pass` in the same environment. Limit: 8
times.

Both are started in pairs of random order, so that other load of the machine affects both alike,
after one uncounted start of each. The ratio is that of the medians; its 95 % interval comes from
resampling the pairs 2,000 times.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from results_file import arguments, write_result

LIMIT = 8.0
RESAMPLES = 2000
COMMANDS = {
    "help": [str(Path(sys.executable).with_name("harness")), "--help"],
    "python": [sys.executable, "-c", "pass"],
}


def seconds(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def ratio(pairs: list[dict[str, float]]) -> float:
    medians = {name: statistics.median(pair[name] for pair in pairs) for name in COMMANDS}
    return medians["help"] / medians["python"]


def interval(pairs: list[dict[str, float]], chance: random.Random) -> tuple[float, float]:
    """The middle 95 % of the ratios from resampled pairs."""
    ratios = sorted(ratio(chance.choices(pairs, k=len(pairs))) for _ in range(RESAMPLES))
    return ratios[int(0.025 * RESAMPLES)], ratios[int(0.975 * RESAMPLES) - 1]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--pairs", type=int, default=40)
    wanted = parser.parse_args()
    chance = random.Random(0)
    for command in COMMANDS.values():
        seconds(command)
    pairs = []
    for _ in range(wanted.pairs):
        order = chance.sample(sorted(COMMANDS), k=len(COMMANDS))
        pairs.append({name: seconds(COMMANDS[name]) for name in order})
    found = ratio(pairs)
    low, high = interval(pairs, chance)
    medians = {name: statistics.median(pair[name] for pair in pairs) for name in COMMANDS}
    path = write_result(
        "help_start",
        wanted.date,
        {
            "median_seconds": {name: round(value, 4) for name, value in medians.items()},
            "pairs": wanted.pairs,
            "ratio": round(found, 2),
            "interval_95": [round(low, 2), round(high, 2)],
            "limit": LIMIT,
        },
    )
    verdict = "within" if found <= LIMIT else "ABOVE"
    print(
        f"harness --help {1000 * medians['help']:.0f} ms, python -c pass "
        f"{1000 * medians['python']:.0f} ms: {found:.2f} times ({low:.2f} to {high:.2f}), "
        f"{verdict} the limit of {LIMIT:g}; {path}"
    )
    return 0 if found <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())

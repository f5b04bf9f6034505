"""The rule of the harness and those of other tools on the same rounds: false alarms and power.

Run it with a Python that has asv, pyperf, mlperf-logging and scipy; none of the first three is a
dependency: `PYTHONPATH=. VENV/bin/python benchmarks/verdicts_peers.py --date DATE`. Their own
functions decide, with their usual thresholds. Google benchmark's `compare.py` is not in its wheel;
its rule (two-sided Mann-Whitney U, 5 %, nine repetitions; tools/gbench/report.py) is computed with
the function of scipy. A comparison is of a pair of cells; each tool takes the number of runs it
asks for. Rules that need samples of one process get the steps of rounds, as their users would give
them.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version

from results_file import arguments, write_result
from verdicts_false_alarms import CALIBRATIONS, OF_ROUNDS, paired, spread
from verdicts_rounds import Source, source

from harness.compare.statistics.decision import Decision, decide
from harness.compare.statistics.family import LOOKS, Family
from harness.compare.statistics.noise import noise_of
from harness.compare.statistics.paired import TIMES

SHIFTS = {"unchanged": 1.0, "+5 %": 1.05, "+10 %": 1.10}
STEPS = 20


class Runs:
    """Draws the input of a tool: rounds of both cells, as pairs of neighbours."""

    def __init__(self, told: Source, factor: float, chance: random.Random) -> None:
        self.told, self.factor, self.chance = told, factor, chance

    def pair(self) -> tuple[float, ...]:
        """The differences of one pair of rounds, the second slower by the factor."""
        sign = self.chance.choice((-1, 1))
        one = self.chance.choice(self.told.pairs)
        return (math.log(self.factor) + sign * one[0], *(sign * each for each in one[1:]))

    def samples(self, rounds: int, steps: int) -> tuple[list[float], list[float]]:
        """Steps of `rounds` rounds of either cell, pooled."""
        sides: tuple[list[float], list[float]] = ([], [])
        for side, factor in zip(sides, (1.0, self.factor), strict=True):
            for _ in range(rounds):
                told = self.chance.choice(self.told.steps)
                side += [factor * one for one in self.chance.sample(told, min(steps, len(told)))]
        return sides

    def medians(self, rounds: int) -> tuple[list[float], list[float]]:
        """One median for each of `rounds` rounds of either cell."""
        sides: tuple[list[float], list[float]] = ([], [])
        for side, factor in zip(sides, (1.0, self.factor), strict=True):
            for _ in range(rounds):
                told = sorted(self.chance.choice(self.told.steps))
                side.append(factor * told[len(told) // 2])
        return sides


def ours(runs: Runs) -> bool:
    """An `auto` run of one cell of fifty, on a host with twelve calibrations."""
    family = Family(questions=200)
    quiet = Runs(runs.told, 1.0, runs.chance)
    known = [spread([quiet.pair() for _ in range(OF_ROUNDS)], 0) for _ in range(CALIBRATIONS)]
    values: list[tuple[float, ...]] = []
    for look in LOOKS:
        values += [runs.pair() for _ in range(look - len(values))]
        noise = noise_of([*known, spread(values, 0)])
        found = decide(paired(values, 0), noise, family, TIMES)
        if found.settled:
            return found.decision is Decision.DRIFT
    return False


def pyperf_rule(runs: Runs) -> bool:
    """`pyperf compare_to`: Student's t on pooled values, 20 processes of three."""
    from pyperf._utils import is_significant

    one, other = runs.samples(20, 3)
    return bool(is_significant(one, other)[0])


def asv_rule(runs: Runs) -> bool:
    """`asv compare`: different by its own test, and by a factor of 1.1; two processes."""
    from asv._stats import is_different
    from asv_runner.statistics import compute_stats, get_err

    one, other = runs.samples(2, STEPS)
    (a, stats_a), (b, stats_b) = compute_stats(one, 1), compute_stats(other, 1)
    get_err(a, stats_a)
    apart = max(a, b) / min(a, b) > 1.1
    return apart and bool(is_different(one, other, stats_a, stats_b))


def google_rule(runs: Runs) -> bool:
    """Google benchmark's compare.py: Mann-Whitney U at 5 %, nine repetitions."""
    from scipy.stats import mannwhitneyu

    one, other = runs.medians(9)
    return bool(mannwhitneyu(one, other, alternative="two-sided").pvalue < 0.05)


def mlperf_rule(runs: Runs) -> bool:
    """MLPerf's checker of reference convergence points: one-sided t of ten against twenty."""
    import statistics

    from mlperf_logging.rcp_checker.rcp_checker import RCP_Checker

    submitted, reference = runs.medians(20)[1][:10], runs.medians(20)[0]
    checker = RCP_Checker.__new__(RCP_Checker)
    within, _ = checker._find_p_value(
        statistics.fmean(reference),
        statistics.stdev(reference),
        len(reference),
        statistics.fmean(submitted),
        statistics.stdev(submitted),
        len(submitted),
        0.05,
    )
    return not within


def bare_gate(runs: Runs) -> bool:
    """A gate of 10 % on the medians of one run each, as is common in continuous integration."""
    (one,), (other,) = runs.medians(1)
    return max(one, other) / min(one, other) > 1.1


RULES: dict[str, Callable[[Runs], bool]] = {
    "harness": ours,
    "pyperf": pyperf_rule,
    "asv": asv_rule,
    "google benchmark": google_rule,
    "mlperf rcp": mlperf_rule,
    "10 % gate": bare_gate,
}


def alarms(rule: Callable[[Runs], bool], told: Source, factor: float, trials: int) -> float:
    """The share of comparisons that a rule calls different."""
    return sum(rule(Runs(told, factor, random.Random(one))) for one in range(trials)) / trials


def table(told: Source, trials: int) -> Sequence[dict[str, object]]:
    """A row for each rule: its alarms on unchanged cells, its power, and how often a report of
    fifty unchanged cells would have an alarm."""
    rows: list[dict[str, object]] = []
    for name, rule in RULES.items():
        row: dict[str, object] = {"rule": name}
        for what, factor in SHIFTS.items():
            row[what] = alarms(rule, told, factor, trials)
        share = float(str(row["unchanged"]))
        row["reports_of_50_with_an_alarm"] = round(1 - (1 - share) ** 50, 4)
        rows.append(row)
        print(row, flush=True)
    return rows


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    wanted = parser.parse_args()
    told = source()
    versions = {name: version(name) for name in ("asv", "pyperf", "mlperf-logging", "scipy")}
    rows = table(told, wanted.trials)
    path = write_result(
        "verdicts_peers",
        wanted.date,
        {"rounds": told.told, "trials": wanted.trials, "versions": versions, "rules": rows},
    )
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

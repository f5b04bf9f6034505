"""How often a report on unchanged cells contains an alarm. Limit: 1 % of 1,000 reports.

A report has fifty cells, each compared with its reference by four metrics (200 questions). Each
cell draws pairs of neighbouring rounds with a random sign and continues as an `auto` run does:
steered by step time and accuracy, it uses the noise known from a calibration (`harness calibrate
--rounds 48`: four comparisons of twelve rounds) and from the rounds of all cells that continue. The
report is then judged with the noise of all its cells. The results also show cells that differ in
how noisy they are: simulated rounds whose variances have a prior with few degrees of freedom.
Unchanged cells that are equally noisy (`inf`) may take 2.5 rounds on average.
"""

from __future__ import annotations

import math
import random
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from results_file import arguments, write_result
from verdicts_rounds import METRICS, source

from harness.compare.statistics.decision import Decision, decide
from harness.compare.statistics.family import LOOKS, MOST_ROUNDS, Family
from harness.compare.statistics.noise import Spread, noise_of
from harness.compare.statistics.paired import ACCURACY, TIMES, Paired, Scale

CELLS = 50
LIMIT = 0.01
CALIBRATIONS, OF_ROUNDS = 4, 12
MOST_PER_CELL = 2.5
FLOOR = 100 / 10_000**2
"""A hundred discordant images out of ten thousand."""
STEERING = (0, 3)

Draw = Callable[[], tuple[float, ...]]


def paired(values: Sequence[tuple[float, ...]], metric: int) -> Paired:
    """The pairs of a metric, with a distinct reference value for each round so that no two are
    equal."""
    share = metric == 3
    reference = tuple(0.9 if share else 1 + 1e-6 * place for place in range(len(values)))
    candidate = tuple(
        base + one[metric] if share else base * math.exp(one[metric])
        for base, one in zip(reference, values, strict=True)
    )
    return Paired(
        fact=METRICS[metric],
        scale=Scale.SHARE if share else Scale.RATIO,
        reference=reference,
        candidate=candidate,
        floor=FLOOR if share else 0.0,
    )


def spread(values: Sequence[tuple[float, ...]], metric: int) -> Spread:
    """The noise of a metric, as rounds show it."""
    variance = statistics.variance(one[metric] for one in values)
    return Spread(variance=max(variance, FLOOR if metric == 3 else 0), df=len(values) - 1)


@dataclass(kw_only=True)
class Reports:
    """The results of reports."""

    reports: int = 0
    alarmed: int = 0
    alarms: int = 0
    rounds: list[int] = field(default_factory=list)
    df: list[float] = field(default_factory=list)


def one_report(
    cells: Sequence[Draw], calibrating: Sequence[Draw], family: Family
) -> tuple[int, list[int], float]:
    """(alarms, rounds of each cell, degrees of freedom behind step times) of one report."""
    known = [
        [spread([draw() for _ in range(OF_ROUNDS)], metric) for draw in calibrating]
        for metric in range(4)
    ]
    made: list[list[tuple[float, ...]]] = [[] for _ in cells]
    going = list(range(len(cells)))
    for look in LOOKS:
        for cell in going:
            made[cell] += [cells[cell]() for _ in range(look - len(made[cell]))]
        seen = {
            metric: noise_of([*known[metric], *(spread(made[cell], metric) for cell in going)])
            for metric in STEERING
        }
        going = [
            cell
            for cell in going
            if not all(
                decide(
                    paired(made[cell], metric),
                    seen[metric],
                    family,
                    ACCURACY if metric == 3 else TIMES,
                ).settled
                for metric in STEERING
            )
        ]
    noise = [
        noise_of([*known[metric], *(spread(values, metric) for values in made)])
        for metric in range(4)
    ]
    alarms = sum(
        decide(
            paired(values, metric), noise[metric], family, ACCURACY if metric == 3 else TIMES
        ).decision
        is Decision.DRIFT
        for values in made
        for metric in range(4)
    )
    return alarms, [len(values) for values in made], noise[0].df


def reports(count: int, draws: Callable[[random.Random], tuple[list[Draw], list[Draw]]]) -> Reports:
    """The results of `count` reports; `draws` gives the cells and the calibrations of each."""
    told = Reports()
    family = Family(questions=4 * CELLS)
    for number in range(count):
        cells, calibrating = draws(random.Random(number))
        alarms, rounds, df = one_report(cells, calibrating, family)
        told.reports += 1
        told.alarmed += alarms > 0
        told.alarms += alarms
        told.rounds += rounds
        told.df.append(df)
    return told


def resampled(
    pairs: Sequence[tuple[float, ...]], chance: random.Random
) -> tuple[list[Draw], list[Draw]]:
    def draw() -> tuple[float, ...]:
        sign = chance.choice((-1, 1))
        return tuple(sign * one for one in chance.choice(pairs))

    return [draw] * CELLS, [draw] * CALIBRATIONS


def of_spread(df: float, chance: random.Random) -> tuple[list[Draw], list[Draw]]:
    """Cells with normal noise, whose variances have a prior of `df` degrees of freedom around 3
    %."""

    def cell() -> Draw:
        factor = 1.0 if math.isinf(df) else math.sqrt(df / chance.gammavariate(df / 2, 2))
        return lambda: (
            *(chance.gauss(0, 0.03 * factor) for _ in range(3)),
            chance.gauss(0, 0.0015 * factor),
        )

    return [cell() for _ in range(CELLS)], [cell()] * CALIBRATIONS


def in_spells(length: float, chance: random.Random) -> tuple[list[Draw], list[Draw]]:
    """Like cells whose variances have a prior of 3 degrees of freedom, but here it is the host
    whose noise changes, after `length` rounds on average, during calibrations and cells alike."""

    def cell() -> Draw:
        factor = 1.0

        def draw() -> tuple[float, ...]:
            nonlocal factor
            if chance.random() < 1 / length:
                factor = math.sqrt(3 / chance.gammavariate(1.5, 2))
            return (
                *(chance.gauss(0, 0.03 * factor) for _ in range(3)),
                chance.gauss(0, 0.0015 * factor),
            )

        return draw

    return [cell() for _ in range(CELLS)], [cell()] * CALIBRATIONS


def figures(told: Reports) -> dict[str, object]:
    """The figures of reports, with the 95 % interval of the share that alarmed."""
    from scipy import stats

    interval = stats.binomtest(told.alarmed, told.reports).proportion_ci()
    return {
        "reports": told.reports,
        "alarmed": told.alarmed,
        "alarms": told.alarms,
        "share_alarmed": told.alarmed / told.reports,
        "interval_95": [round(float(interval.low), 5), round(float(interval.high), 5)],
        "rounds_per_cell": round(statistics.fmean(told.rounds), 3),
        "cells_that_needed_all_rounds": sum(one == MOST_ROUNDS for one in told.rounds)
        / len(told.rounds),
        "median_df": min(statistics.median(told.df), 1e6),
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--spread-reports", type=int, default=300)
    wanted = parser.parse_args()
    rounds = source()
    found = {
        "rounds": rounds.told,
        "resampled": figures(
            reports(wanted.reports, lambda chance: resampled(rounds.pairs, chance))
        ),
        "by_prior_df": {
            f"{df:g}": figures(
                reports(wanted.spread_reports, lambda chance, df=df: of_spread(df, chance))
            )
            for df in (3.0, 10.0, 30.0, math.inf)
        },
        "in_spells_of_rounds": {
            f"{length:g}": figures(
                reports(
                    wanted.spread_reports,
                    lambda chance, length=length: in_spells(length, chance),
                )
            )
            for length in (2.0, 6.0)
        },
    }
    path = write_result("verdicts_false_alarms", wanted.date, found)
    share = found["resampled"]["share_alarmed"]
    print(f"{share:.2%} of reports alarmed (limit {LIMIT:.0%}) on {rounds.told}; see {path}")
    per_cell = found["by_prior_df"]["inf"]["rounds_per_cell"]
    print(f"unchanged cells take {per_cell} rounds on average (limit {MOST_PER_CELL})")
    return 0 if share <= LIMIT and per_cell <= MOST_PER_CELL else 1


if __name__ == "__main__":
    sys.exit(main())

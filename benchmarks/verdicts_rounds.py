"""Rounds of one cell against itself, real or simulated, for the benchmarks of verdicts.

Real ones come from a file that `benchmarks/record_rounds.py` wrote: `rounds` is a list of objects
in the order in which they ran, each with a number for every metric and, in `steps`, some single
steps. If there is no such file, rounds are simulated and the results say so: a round's time has the
host's drift over time (first-order autoregressive), noise of its own and, in some rounds, a burst
of load.
"""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass
from pathlib import Path

RECORDED = Path(__file__).with_name("results") / "real_rounds.json"
METRICS = ("step_seconds", "import_seconds", "evaluation_seconds", "test_accuracy")
PATTERNS = tuple(f"*.{name}" for name in METRICS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Pairs of neighbouring rounds to draw from: the differences of all metrics for each pair."""

    told: str
    pairs: tuple[tuple[float, ...], ...]
    """Logarithms of ratios of times; differences of accuracy."""
    steps: tuple[tuple[float, ...], ...]
    """Single steps of rounds, for rules that pool them."""


def source(made: int = 400, sd: float = 0.03, burst: float = 0.05, seed: int = 1) -> Source:
    """The recorded rounds, or else `made` simulated ones with this standard deviation of a pair's
    log ratio and this share of disturbed rounds."""
    if RECORDED.exists():
        rounds = json.loads(RECORDED.read_text("utf-8"))["rounds"]
        return Source(
            told=f"{len(rounds)} real rounds of {RECORDED.name}",
            pairs=tuple(
                _pair(one, other) for one, other in zip(rounds[::2], rounds[1::2], strict=False)
            ),
            steps=tuple(tuple(one["steps"]) for one in rounds),
        )
    chance = random.Random(seed)
    level, rounds = 0.0, []
    for _ in range(made):
        level = 0.95 * level + chance.gauss(0, 0.02)
        extra = chance.expovariate(3) if chance.random() < burst else 0.0
        times = {
            name: math.exp(level + extra + chance.gauss(0, sd / math.sqrt(2)))
            for name in METRICS[:3]
        }
        accuracy = 0.967 + chance.gauss(0, 0.0011 / math.sqrt(2))
        base = times["step_seconds"]
        steps = [base * math.exp(chance.gauss(0, 0.05)) for _ in range(100)]
        rounds.append({**times, "test_accuracy": accuracy, "steps": steps})
    return Source(
        told=f"{made} made rounds: sd {sd:g} of a pair's log ratio, {burst:.0%} disturbed",
        pairs=tuple(
            _pair(one, other) for one, other in zip(rounds[::2], rounds[1::2], strict=True)
        ),
        steps=tuple(tuple(one["steps"]) for one in rounds),
    )


def _pair(one: dict[str, float], other: dict[str, float]) -> tuple[float, ...]:
    times = [math.log(other[name] / one[name]) for name in METRICS[:3]]
    return (*times, other[METRICS[3]] - one[METRICS[3]])

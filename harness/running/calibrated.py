"""Calibrations: runs of a cell against itself, and what they tell of a host's noise.

A calibration is a run like any other, kept under a suite name of its own; it holds for hosts of its
class, and for the kind of engine it ran on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from harness.compare.measured import measure, spreads_of
from harness.compare.measurement import Measured
from harness.compare.rules import run_date
from harness.compare.statistics.family import MOST_ROUNDS
from harness.compare.view import views
from harness.model import HostClass, KnownSpread, Record, Run
from harness.store.store import Store

CALIBRATIONS = "harness calibrate"
"""The suite that calibrations are kept under."""
AGAIN = "-again"
"""What the second name of a calibrated cell ends in."""
COMPARISONS = 4
"""Into so many comparisons of the cell with itself a calibration is divided: how much they vary
among each other, over the time that it takes, is part of what is known of a host's noise. From
three variances on that can be told; the more rounds each has, the better it is known."""
LEAST, MOST = 3, MOST_ROUNDS
"""Rounds of one such comparison: no fewer, and no more than a comparison of an `auto` run has."""
_NEWEST = 40
"""Calibrations that are looked at: a host changes."""


def measured_again(run: Run, records: Sequence[Record]) -> tuple[Measured, ...]:
    """A calibrated cell's metrics, held against its own."""
    seen = views(run, records)
    again = next((one for one in seen if one.cell.id.endswith(AGAIN)), None)
    name = again.cell.id.removesuffix(AGAIN) if again else ""
    first = next((one for one in seen if one.cell.id == name), None)
    if again is None or first is None:
        return ()
    (measured,) = measure([(first, again)], run.rules.expectations, run_date(run))
    return measured


def block_of(rounds: int) -> int:
    """How many rounds each comparison of a calibration of so many rounds has."""
    return min(MOST, max(LEAST, rounds // COMPARISONS))


def blocks_of(run: Run, records: Sequence[Record]) -> tuple[tuple[Measured, ...], ...]:
    """The comparisons of the cell with itself that a calibration's rounds make, block by block.
    Each is judged as a run of so many rounds, which were fixed before."""
    block = block_of(run.rounds)
    return tuple(
        measured_again(
            replace(run, rounds=block),
            [
                replace(one, round=one.round - first + 1)
                for one in records
                if first <= one.round < first + block
            ],
        )
        for first in range(1, run.rounds + 2 - block, block)
    )


def spreads_in(run: Run, records: Sequence[Record]) -> Iterator[KnownSpread]:
    """How much each block of a calibration's rounds varied."""
    for block in blocks_of(replace(run, noise=None), records):
        yield from spreads_of(block)


def known_spreads(store: Store, host: HostClass, engine: str) -> tuple[KnownSpread, ...] | None:
    """What calibrations on hosts of this class tell, the newest first; None: there are none."""
    found: list[KnownSpread] = []
    for run in store.runs_of(CALIBRATIONS, _NEWEST):
        if run.state == "complete" and (run.host, run.engine.name) == (host, engine):
            found += spreads_in(run, store.records(run.id))
    return tuple(found) or None

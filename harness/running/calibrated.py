"""Calibrations: runs that compare a cell with itself, and the host's noise derived from them.

A calibration is stored like any other run, under a suite name of its own. It holds for hosts of
its class, and for the engine it ran on.
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
"""The name of the suite under which calibrations are stored."""
AGAIN = "-again"
"""Suffix of the second name of a calibrated cell."""
COMPARISONS = 4
"""Number of comparisons of the cell with itself into which a calibration is divided.

How much they differ from each other, over the time that the calibration takes, is part of the
host's noise. At least three variances are needed to estimate that; the more rounds each comparison
has, the better the estimate."""
LEAST, MOST = 3, MOST_ROUNDS
"""Fewest and most rounds of one such comparison; the most is what a comparison of an `auto` run
has."""
_NEWEST = 40
"""How many of the newest calibrations are used: a host changes over time."""


def measured_again(run: Run, records: Sequence[Record]) -> tuple[Measured, ...]:
    """Compare the metrics of a calibrated cell with those under its second name.

    Empty if the run does not have both.
    """
    seen = views(run, records)
    again = next((one for one in seen if one.cell.id.endswith(AGAIN)), None)
    name = again.cell.id.removesuffix(AGAIN) if again else ""
    first = next((one for one in seen if one.cell.id == name), None)
    if again is None or first is None:
        return ()
    (measured,) = measure([(first, again)], run.rules.expectations, run_date(run))
    return tuple(measured)


def block_of(rounds: int) -> int:
    """How many rounds each comparison has in a calibration of `rounds` rounds."""
    return min(MOST, max(LEAST, rounds // COMPARISONS))


def blocks_of(run: Run, records: Sequence[Record]) -> tuple[tuple[Measured, ...], ...]:
    """Divide a calibration's rounds into blocks, and compare the cell with itself in each block.

    Each block is judged as a run whose number of rounds was fixed in advance.
    """
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
    """Yield how much the metrics varied in each block of a calibration's rounds."""
    for block in blocks_of(replace(run, noise=None), records):
        yield from spreads_of(block)


def known_spreads(store: Store, host: HostClass, engine: str) -> tuple[KnownSpread, ...] | None:
    """Return the noise that calibrations on this host class and engine measured, newest first.

    None if there are no such calibrations.
    """
    found: list[KnownSpread] = []
    for run in store.runs_of(CALIBRATIONS, _NEWEST):
        if run.state == "complete" and (run.host, run.engine.name) == (host, engine):
            found += spreads_in(run, store.records(run.id))
    return tuple(found) or None

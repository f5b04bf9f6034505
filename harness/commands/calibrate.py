"""`harness calibrate [CELL]`: compare a cell with itself, to measure the noise of this host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.compare.busy import BusyRound, busy_told
from harness.compare.calibration import CalibratedMetric, as_share, calibrated
from harness.compare.statistics.family import LOOKS
from harness.compare.statistics.paired import Scale
from harness.errors import Exit, InfrastructureError, UsageError
from harness.formats.answers import Reply
from harness.model import Cell, Probe, Run, Suite
from harness.probing.probe import applies, suite_probes
from harness.running.calibrated import (
    CALIBRATIONS,
    LEAST,
    blocks_of,
    known_spreads,
    measured_again,
)
from harness.running.perform import perform
from harness.running.progress import Progress
from harness.running.session import AUTO, open_suite, places
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.suite.selection import select

ROUNDS = 24
"""Four comparisons of the cell with itself, of six rounds each."""


def calibrate(
    suite_path: Path | None, cell: str, rounds: int, engine: str, progress: Progress
) -> tuple[Reply, Exit]:
    """Run a cell (by default the reference) as two cells and report how much they differ.

    Raises UsageError, MatrixError, InfrastructureError.
    """
    if rounds < LEAST:
        raise UsageError(
            f"a calibration takes at least {LEAST} rounds, not {rounds}",
            remedy=f"--rounds {ROUNDS}: four comparisons of the cell with itself",
        )
    suite = open_suite(suite_path)
    chosen = _cell(suite, cell)
    alone = replace(
        suite, name=CALIBRATIONS, cells=(chosen,), rules=replace(suite.rules, reference=chosen.id)
    )
    wanted = Wanted(engine=engine or AUTO, rounds=rounds, again=True)
    with Store(places().store) as store:
        run, status = perform(alone, [chosen], _probes(suite, chosen), wanted, store, progress)
        if status is not Exit.OK:
            text = (
                f"a signal ended run {run.id}: nothing was calibrated, and no later run judges by "
                "it\n"
            )
            return Reply(text=text, tree={"run": run.id, "state": run.state}), status
        records = store.records(run.id)
        known = known_spreads(store, run.host, run.engine.name) or ()
    measured = measured_again(run, records)
    if not any(one.decided.rounds for one in measured):
        raise InfrastructureError(
            f"{chosen.id} answered nothing that can be measured, so nothing was calibrated",
            remedy=f"harness report {run.id} says why",
        )
    found = calibrated(measured, blocks_of(run, records), known, _looked_at(rounds))
    timed = next((one for one in measured if one.pairing.metric.scale is Scale.RATIO), None)
    return _reply(run, chosen, found, len(known), timed.pairing.busy if timed else ()), Exit.OK


def _cell(suite: Suite, name: str) -> Cell:
    if not name:
        reference = suite.rules.reference or suite.cells[0].id
        return next(one for one in suite.cells if one.id == reference)
    (cell, *more) = select(suite, [name], [])
    if more:
        raise UsageError(
            f"{name!r} matches several cells", remedy="name one cell to calibrate with"
        )
    return cell


def _probes(suite: Suite, cell: Cell) -> tuple[Probe, ...]:
    """The probes that train; if there are none, all probes of the suite."""
    every = [one for one in suite_probes(suite) if applies(one, cell)]
    return tuple(one for one in every if one.dataset) or tuple(every)


def _looked_at(rounds: int) -> tuple[int, ...]:
    return tuple(sorted({*LOOKS[1:], rounds}))


def _reply(
    run: Run,
    cell: Cell,
    found: Sequence[CalibratedMetric],
    spreads: int,
    busy: tuple[BusyRound, ...],
) -> Reply:
    columns = (
        "metric",
        "one round against itself",
        "false alarms",
        *(f"found by {number} rounds" for number, _ in found[0].smallest),
    )
    rows = [
        (
            one.fact,
            _told(one.scale, as_share(one.scale, one.deviation)),
            f"{one.alarms} of {one.comparisons}",
            *("-" if least is None else _told(one.scale, least) for _, least in one.smallest),
        )
        for one in found
    ]
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in (columns, *rows)
    ]
    weights = ", ".join(f"{one.fact} {_df(one.df)}" for one in found)
    text = "\n".join(
        (
            f"run {run.id}: {cell.id} against itself, {run.rounds} rounds, on {run.engine.name}, "
            f"{run.host.cpu_model}, {run.host.cores} cores",
            "",
            *lines,
            "",
            "Found means: in 95 % of reports on one cell, if 1 % of reports may raise a false "
            "alarm.",
            f"Degrees of freedom known of this host's noise: {weights}. From 20 on, a few rounds "
            "suffice; each further calibration adds to them.",
            *_disturbed(run, busy),
            "",
        )
    )
    tree = {
        "run": run.id,
        "cell": cell.id,
        "rounds": run.rounds,
        "spreads_known": spreads,
        "busy_rounds": [{"round": one.number, "share": one.share} for one in busy],
        "metrics": [
            {
                "fact": one.fact,
                "scale": one.scale.value,
                "deviation": one.deviation,
                "degrees_of_freedom": _df(one.df),
                "false_alarms": one.alarms,
                "comparisons": one.comparisons,
                "smallest_found": {str(number): least for number, least in one.smallest},
            }
            for one in found
        ],
    }
    return Reply(text=text, tree=tree, columns=columns, rows=rows)


def _disturbed(run: Run, busy: tuple[BusyRound, ...]) -> tuple[str, ...]:
    """Sentences about the rounds in which the host was busy with something else."""
    if not busy:
        return ()
    told = busy_told(busy, run.rounds)
    return (
        f"{told[0].upper()}{told[1:]}. These figures hold for a host in that state: calibrate it "
        "when it is as quiet as it will be during comparisons.",
    )


def _told(scale: Scale, share: float) -> str:
    return f"{share:.1%}" if scale is Scale.RATIO else f"{100 * share:.2f} points"


def _df(df: float) -> str:
    if df <= 0:
        return "not known yet"
    return f"{df:.0f}"

"""Finds questions that need not be asked again, because nothing that decides the answer changed.

An answer is repeated only if image, interpreter, probe, settings, profile, GPU, engine and host
class are equal. Probes that time or measure something give a different number each time, and probes
that need data train a model: those are always asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from harness.model import Cell, Nature, Outcome, Probe, Profile, Record, Run
from harness.probing.outside import is_outside
from harness.serial import encode


@dataclass(frozen=True, kw_only=True, slots=True)
class Decisive:
    """Everything that decides a static answer on one engine and one host class."""

    image: str
    probe: str
    """Digest of the probe's source."""
    settings: bytes
    """Canonical JSON."""
    interpreter: str
    gpu: str
    profile: Profile


def decisive(cell: Cell, image: str, digest: str, settings: Mapping[str, object]) -> Decisive:
    """Return what decides the answer of the probe with this digest in a cell's image."""
    return Decisive(
        image=image,
        probe=digest,
        settings=encode(dict(settings)),
        interpreter=cell.interpreter,
        gpu=cell.gpu,
        profile=cell.profile,
    )


def repeatable(probe: Probe) -> bool:
    """Whether a probe's answers stay the same: no times, no measurements, no training, and not
    asked from outside against a running program."""
    if is_outside(probe):
        return False
    passing = {Nature.TIMING, Nature.MEASURED}
    return not probe.dataset and not passing & {nature for _, nature in probe.natures}


def known_answers(earlier: Iterable[tuple[Run, Record]], now: Run) -> dict[Decisive, Record]:
    """Return earlier answers by what decided them.

    Only records whose engine and host class equal those of the same cell in the run `now`.
    """
    known: dict[Decisive, Record] = {}
    cells: dict[str, dict[str, Cell]] = {}
    for run, record in earlier:
        before, here = run.of(record.cell), now.of(record.cell)
        if (before.engine, before.host) != (here.engine, here.host):
            continue
        if run.id not in cells:
            cells[run.id] = {cell.id: cell for cell in run.cells}
        cell = cells[run.id].get(record.cell)
        if cell and record.image and record.outcome is Outcome.OK:
            found = decisive(cell, record.image.id, record.probe_digest, record.settings)
            known[found] = record
    return known


def repeated(record: Record, *, run: str, cell: str, round: int, started: str) -> Record:
    """Return a record for a question that is not asked again; it points at the measured record."""
    return replace(
        record,
        run=run,
        cell=cell,
        round=round,
        started=started,
        durations={},
        observed={},
        container=0,
        noise="",
        repeats=record.repeats or f"{record.run}/{record.round}",
    )

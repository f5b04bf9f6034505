"""Records for a group that no node can take any more: every planned question needs exactly one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.model import Outcome, Profile, Record
from harness.probing.probe import applies, why_not
from harness.running.here import utc_now
from harness.running.task import Task


def given_up(task: Task, engine: str, reason: str) -> Iterator[Record]:
    """Yield the records that a group still lacks, as ended by infrastructure."""
    for order in task.orders:
        cell = order.cell
        for number in range(1, task.rounds_of(cell.id) + 1):
            for probe in task.owes(cell, number):
                record = Record(
                    run=task.run,
                    cell=cell.id,
                    round=number,
                    probe=probe.name,
                    outcome=Outcome.ENGINE_GONE,
                    reason=reason,
                    probe_digest=probe.digest,
                    dataset_digest=task.dataset_digest if probe.dataset else "",
                    profile=cell.profile,
                    engine=engine,
                    started=utc_now(),
                )
                if not applies(probe, cell):
                    record = replace(
                        record,
                        outcome=Outcome.NOT_APPLICABLE,
                        reason=why_not(probe, cell),
                        dataset_digest="",
                        profile=Profile(),
                    )
                yield record

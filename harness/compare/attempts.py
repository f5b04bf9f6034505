"""Notices about attempts that infrastructure ended: they are kept as evidence, and never
counted."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import Attempt

MOST = 20
"""The most notices about attempts in one report."""


def of_attempts(attempts: Iterable[Attempt]) -> tuple[str, ...]:
    """Return a notice for each container of a cell that was lost, up to `MOST`."""
    lost: dict[tuple[str, int, int, str], list[str]] = {}
    for one in attempts:
        record = one.record
        place = (record.cell, record.round, record.container, one.reason)
        lost.setdefault(place, []).append(record.probe)
    notices = [
        f"{cell}: infrastructure ended an attempt in round {number} ({reason}); it is kept as "
        f"evidence and not counted: {', '.join(dict.fromkeys(probes))}"
        for (cell, number, _, reason), probes in lost.items()
    ]
    more = len(notices) - MOST
    if more > 0:
        notices = [*notices[:MOST], f"{more} more attempts that infrastructure ended are kept"]
    return tuple(notices)

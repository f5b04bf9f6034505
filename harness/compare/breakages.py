"""Recognises known breakages in what a failing record says. Their causes and remedies, and the
lines by which they are recognised, are data of `harness check`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.model import Outcome, Record

EXPLICABLE = frozenset({Outcome.RAISED, Outcome.CRASHED, Outcome.NO_ANSWER, Outcome.BUILD_FAILED})
"""Outcomes that say something about their reason."""
UNKNOWN = "no known breakage matches"


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A known breakage, as a finding reports it."""

    id: str
    told: str
    """One line with the id, by which `harness explain` knows it."""
    cause: str
    remedy: str


def breakage_of(record: Record) -> Known | None:
    """Return the first known breakage in what a record says; None where there is none, or where the
    outcome says nothing about its reason."""
    if record.outcome not in EXPLICABLE:
        return None
    raised = record.raised
    texts = [raised.traceback, f"{raised.type}: {raised.message}"] if raised else []
    return known_in((*texts, record.reason, record.noise))


def known_in(texts: Iterable[str]) -> Known | None:
    """Return the first known breakage that texts show; None where they show none."""
    from harness.knowledge.signatures import recognise

    found = recognise(texts)
    if not found:
        return None
    known = found[0].breakage
    return Known(
        id=known.id,
        told=f"a known breakage: harness explain {known.id}",
        cause=f"{known.what}: {known.cause}",
        remedy=known.remedy,
    )

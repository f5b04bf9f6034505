"""Whether a finding of one cell is known: by `accepted.yaml`, or by the baseline itself.

What `accepted.yaml` says of a finding goes before the baseline, so that an acceptance ends on its
day also where the run that became the baseline meanwhile shows the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from harness.compare.kinds import FindingKind
from harness.compare.rules import holds
from harness.nights.seen import SeenCell, SeenFinding, SeenNight
from harness.nights.values import Acceptance, Accepted, Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Cover:
    """How a finding of one cell stands against what was accepted."""

    standing: Standing | None
    """KNOWN, CHANGED or EXPIRED; None: nobody accepted it."""
    acceptance: Acceptance | None = None
    """What says so; None: the baseline does."""
    before: tuple[str, ...] = ()
    """The lines that were known, where they are others now."""
    elsewhere: bool = False
    """It says again, against the reference, what the comparison with the baseline tells."""


def cover(
    one: SeenFinding,
    row: str,
    night: SeenNight,
    baseline: SeenNight,
    accepted: Accepted,
) -> Cover:
    """How a finding that a cell shows on a night stands; acceptances count on the night's day."""
    entries = [each for each in accepted.events if one.id in each.findings]
    mine = next((each for each in entries if row in each.cells), None)
    if mine is not None:
        if not set(one.values) <= set(mine.values):
            return Cover(standing=Standing.CHANGED, acceptance=mine, before=mine.values)
        good = holds(mine.until, _day(night.day))
        return Cover(standing=Standing.KNOWN if good else Standing.EXPIRED, acceptance=mine)
    before = baseline.cells.get(row)
    same = [each for each in before.findings if each.id == one.id] if before else []
    if same and _accounted(one, row, night, before):
        return Cover(standing=Standing.KNOWN)
    if same:
        lines = tuple(dict.fromkeys(line for each in same for line in each.values))
        if set(one.values) <= set(lines):
            return Cover(standing=Standing.KNOWN)
        return Cover(standing=Standing.CHANGED, before=lines)
    if _accounted(one, row, night, before):
        return Cover(standing=Standing.KNOWN, elsewhere=True)
    if entries:
        first = entries[0]
        return Cover(standing=Standing.CHANGED, acceptance=first, before=first.values)
    return Cover(standing=None)


def _accounted(one: SeenFinding, row: str, night: SeenNight, before: SeenCell | None) -> bool:
    """Whether a difference from the reference is no news beside the comparison with the baseline:
    each fact differed from the reference then, or drifts from the baseline tonight, in this cell or
    in the reference; then that is the finding."""
    if not one.of_reference or before is None:
        return False
    places = [night.cells[each] for each in (row, night.reference) if each in night.cells]
    if one.finding.kind is not FindingKind.DIFFERS:
        kinds = (
            each.finding.kind
            for place in places
            for each in place.findings
            if not each.of_reference
        )
        return one.finding.kind in kinds
    moved = {fact for place in places for fact in place.changed}
    return set(one.finding.subject) <= moved | before.drifting(of_reference=True)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

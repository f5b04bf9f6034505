"""Whether a finding of one cell is known, from `accepted.yaml` or from the baseline itself.

`accepted.yaml` takes precedence over the baseline. So an acceptance ends on its last day even where
the run that has since become the baseline shows the same finding.
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
    """How a finding of one cell compares with what was accepted."""

    standing: Standing | None
    """KNOWN, CHANGED or EXPIRED; None where nobody accepted it."""
    acceptance: Acceptance | None = None
    """The acceptance that decides this; None where the baseline does."""
    before: tuple[str, ...] = ()
    """The accepted value lines, where tonight's are others."""
    elsewhere: bool = False
    """Whether it only repeats, against the reference, what the comparison with the baseline
    shows."""


def cover(
    one: SeenFinding,
    row: str,
    night: SeenNight,
    baseline: SeenNight,
    accepted: Accepted,
) -> Cover:
    """Return how a finding that a cell shows on a night stands. Acceptances are judged at the
    night's date."""
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
    """Tell whether a difference from the reference adds nothing to the comparison with the
    baseline.

    That is so when each of its facts differed from the reference in the baseline already, or drifts
    from the baseline tonight in this cell or in the reference; that drift is then the finding.
    """
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

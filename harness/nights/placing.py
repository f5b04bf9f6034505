"""Which findings of a night form one event: those with the same id, and those with the same
cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.compare.judgement import identity
from harness.compare.kinds import FindingKind
from harness.nights.causes import changes_of, has_cause, is_input
from harness.nights.cover import Cover, cover
from harness.nights.inputs import PACKAGE
from harness.nights.onset import Onset, onset
from harness.nights.seen import SeenFinding, SeenNight
from harness.nights.values import Accepted, InputChange, Standing

CHANGED_INPUT = "changed-input"
"""Takes the place of the kind in the id of an event that is identified by the input that
changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """A finding of one cell, and the event it belongs to."""

    row: str
    seen: SeenFinding
    cover: Cover
    onset: Onset
    event: str
    """The event's id."""
    cause: InputChange | None
    candidates: tuple[InputChange, ...]
    unexplained: bool

    @property
    def by_baseline(self) -> bool:
        """Whether the finding is known because the baseline itself has it."""
        return self.cover.standing is Standing.KNOWN and self.cover.acceptance is None


_Open = tuple[str, SeenFinding, Cover, Onset]


def placed(
    tonight: SeenNight, baseline: SeenNight, accepted: Accepted, history: Sequence[SeenNight]
) -> tuple[Placed, ...]:
    """Return every finding of a night with its event, in the order of cells.

    Findings that only repeat, against the reference, what the comparison with the baseline shows
    are left out.
    """
    nights = (baseline, *history, tonight)
    found: list[_Open] = []
    for row, cell in tonight.cells.items():
        for one in cell.findings:
            held = cover(one, row, tonight, baseline, accepted)
            if not held.elsewhere:
                found.append((row, one, held, onset(one, row, nights, baseline)))
    together: dict[tuple[str, int], dict[str, Onset]] = defaultdict(dict)
    for row, one, _, began in found:
        together[one.id, began.first_bad][row] = began
    inputs = _inputs(found, together)
    told = {name for name, _ in inputs}
    changes = {key: changes_of(rows, nights, told) for key, rows in together.items()}
    return tuple(_place(each, changes[each[1].id, each[3].first_bad], inputs) for each in found)


def _inputs(
    found: Sequence[_Open], together: dict[tuple[str, int], dict[str, Onset]]
) -> dict[tuple[str, str], str]:
    """For each input that is itself a finding, in each cell, return the event it belongs to. Inputs
    that changed in the same cells on the same night form one event."""
    members: dict[tuple[int, frozenset[str]], set[str]] = defaultdict(set)
    for _, one, held, began in found:
        if is_input(one) and held.standing is None:
            rows = frozenset(together[one.id, began.first_bad])
            members[began.first_bad, rows].update(one.finding.subject)
    events: dict[tuple[str, str], str] = {}
    for row, one, held, began in found:
        if not is_input(one):
            continue
        if held.standing is None:
            rows = frozenset(together[one.id, began.first_bad])
            id_ = identity(FindingKind.DIFFERS, members[began.first_bad, rows])
        else:
            id_ = held.acceptance.id if held.acceptance else one.id
        for fact in one.finding.subject:
            events[f"package {fact.removeprefix(PACKAGE)}", row] = id_
    return events


def _place(
    each: _Open, changes: tuple[InputChange, ...], inputs: dict[tuple[str, str], str]
) -> Placed:
    row, one, held, began = each
    names = {f"package {fact.removeprefix(PACKAGE)}" for fact in one.finding.subject}
    by_baseline = held.standing is Standing.KNOWN and held.acceptance is None
    cause, unexplained = None, False
    if is_input(one):
        cause = next((change for change in changes if change.what in names), None)
    elif not has_cause(one) and not by_baseline:
        cause = changes[0] if changes else None
        unexplained = not changes and began.last_good is not None
    event = one.id
    if held.acceptance is not None:
        event = held.acceptance.id
    elif is_input(one):
        event = inputs[next(iter(sorted(names))), row]
    elif held.standing is None and cause is not None:
        event = next(
            (inputs[cause.what, cell] for cell in cause.cells if (cause.what, cell) in inputs),
            identity(CHANGED_INPUT, [cause.what]),
        )
    return Placed(
        row=row,
        seen=one,
        cover=held,
        onset=began,
        event=event,
        cause=cause,
        candidates=() if by_baseline else tuple(one for one in changes if one != cause),
        unexplained=unexplained,
    )

"""Events that a night no longer has: from the baseline, from `accepted.yaml`, and from the night
before.

An event counts as gone only where each of its cells was asked the probes it rests on, and answered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.model import Verdict
from harness.nights.onset import rate_of, summed
from harness.nights.placing import Placed, placed
from harness.nights.seen import SeenFinding, SeenNight, lines_of
from harness.nights.values import Acceptance, Accepted, Event, Rate, Standing

_ALARMING = (Verdict.DRIFT, Verdict.FAIL)
_Found = tuple[str, SeenFinding]
"""A row, and a finding that it showed."""


def gone_events(
    tonight: SeenNight, baseline: SeenNight, accepted: Accepted, history: Sequence[SeenNight]
) -> tuple[Event, ...]:
    """Return the events that are gone tonight; `history` holds the nights in between, oldest
    first."""
    return (
        *_from_baseline(tonight, baseline, accepted),
        *_from_accepted(tonight, baseline, accepted, history),
        *_since_last(tonight, baseline, accepted, history),
    )


def unseen(tonight: SeenNight, baseline: SeenNight, accepted: Accepted) -> tuple[Acceptance, ...]:
    """Return the acceptances whose event no longer appears in any of their cells, where each of
    these was judged or has left both the run and the baseline."""
    return tuple(one for one in accepted.events if _is_unseen(one, tonight, baseline))


def _from_baseline(tonight: SeenNight, baseline: SeenNight, accepted: Accepted) -> Iterator[Event]:
    """Yield what the baseline had. Findings that an acceptance covers are left to
    `_from_accepted`."""
    entries = {(id_, row) for one in accepted.events for id_ in one.findings for row in one.cells}
    by_id: dict[str, list[_Found]] = defaultdict(list)
    for row, cell in baseline.cells.items():
        for one in cell.findings:
            if one.finding.verdict in _ALARMING and (one.id, row) not in entries:
                by_id[one.id].append((row, one))
    for id_, found in by_id.items():
        if all(_lacks(tonight, row, one, baseline) for row, one in found):
            yield _fixed(id_, found)


def _is_unseen(one: Acceptance, tonight: SeenNight, baseline: SeenNight) -> bool:
    for row in one.cells:
        if row not in tonight.cells and row not in baseline.cells:
            continue
        cell = tonight.cells.get(row)
        before = baseline.cells.get(row)
        asked = before.probes if before is not None else frozenset()
        if cell is None or not (cell.whole and asked | cell.probes <= cell.answered):
            return False
        if any(each.id in one.findings for each in cell.findings):
            return False
    return True


def _lacks(tonight: SeenNight, row: str, one: SeenFinding, before: SeenNight) -> bool:
    """Tell whether it is certain that a cell no longer shows what it showed before."""
    cell = tonight.cells.get(row)
    return cell is not None and cell.lacks(one, before.cells[row].probes)


def _from_accepted(
    tonight: SeenNight, baseline: SeenNight, accepted: Accepted, history: Sequence[SeenNight]
) -> Iterator[Event]:
    for one in unseen(tonight, baseline, accepted):
        nights = (*reversed(history), baseline)
        yield _fixed(one.id, next(filter(None, (_shown(one, each) for each in nights)), []), one)


def _shown(one: Acceptance, night: SeenNight) -> list[_Found]:
    """Return the findings that an acceptance covers, as a night showed them."""
    return [
        (row, each)
        for row in one.cells
        if row in night.cells
        for each in night.cells[row].findings
        if each.id in one.findings
    ]


def _since_last(
    tonight: SeenNight, baseline: SeenNight, accepted: Accepted, history: Sequence[SeenNight]
) -> Iterator[Event]:
    """Yield the events of the last night that nobody had accepted."""
    if not history:
        return
    *earlier, last = history
    nights = (baseline, *history, tonight)
    members: dict[str, list[Placed]] = defaultdict(list)
    for one in placed(last, baseline, accepted, earlier):
        if one.cover.standing is None and one.seen.finding.verdict in _ALARMING:
            members[one.event].append(one)
    for id_, each in members.items():
        if all(_lacks(tonight, one.row, one.seen, last) for one in each):
            began = nights[min(one.onset.first_bad for one in each)]
            yield _fixed(
                id_,
                [(one.row, one.seen) for one in each],
                began=began,
                flaky=summed([rate_of(one.seen, one.row, nights) for one in each]),
            )


def _fixed(
    id_: str,
    found: Sequence[_Found],
    acceptance: Acceptance | None = None,
    *,
    began: SeenNight | None = None,
    flaky: Rate | None = None,
) -> Event:
    """Return the fixed event for these findings; where no known night shows any, it is described by
    the acceptance."""
    findings = sorted((one.finding for _, one in found), key=lambda one: -one.verdict.severity)
    reason = acceptance.reason if acceptance is not None else ""
    cells = acceptance.cells if acceptance is not None else ()
    return Event(
        id=id_,
        standing=Standing.FIXED,
        verdict=findings[0].verdict if findings else Verdict.DRIFT,
        title=findings[0].title if findings else reason,
        cells=tuple(dict.fromkeys(row for row, _ in found)) or cells,
        findings=tuple(findings),
        values=lines_of(one for _, one in found),
        first_bad=began.run if began is not None else "",
        first_bad_day=began.day if began is not None else "",
        flaky=flaky,
        acceptance=acceptance,
    )

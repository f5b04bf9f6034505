"""The events of a night: findings of many cells, joined into one event for each cause, with its
standing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from shlex import quote

from harness.compare.kinds import FindingKind
from harness.nights.causes import is_input
from harness.nights.gone import gone_events
from harness.nights.onset import rate_of, summed
from harness.nights.placing import Placed, placed
from harness.nights.seen import SeenNight, lines_of
from harness.nights.values import Acceptance, Accepted, Event, Rate, Standing

SOON = timedelta(days=7)
"""An acceptance that ends within this time is announced."""
_CANDIDATES = 5
_NAMED = 5
_WORST_FIRST = (
    Standing.NEW,
    Standing.CHANGED,
    Standing.EXPIRED,
    Standing.OPEN,
    Standing.KNOWN,
    Standing.FIXED,
)


def events_of(
    tonight: SeenNight,
    baseline: SeenNight,
    accepted: Accepted,
    history: Sequence[SeenNight],
    suite: str = "",
) -> tuple[Event, ...]:
    """Return every event of a night, the most important first.

    `history` holds the nights between the baseline and this one, oldest first. `suite` is how a
    command line names the suite; empty where it needs no name.
    """
    there = _there(tonight, baseline, accepted, history, suite)
    gone = gone_events(tonight, baseline, accepted, history)
    kept: dict[str, Event] = {}
    for one in gone:
        if all(one.id != each.id for each in there):
            kept.setdefault(one.id, one)
    return tuple(sorted((*there, *kept.values()), key=_order))


def _order(event: Event) -> tuple[int, int, int, str, str]:
    return (
        _WORST_FIRST.index(event.standing),
        -event.verdict.severity,
        -len(event.cells),
        event.id,
        event.first_bad,
    )


def _there(
    tonight: SeenNight,
    baseline: SeenNight,
    accepted: Accepted,
    history: Sequence[SeenNight],
    suite: str,
) -> list[Event]:
    nights = (baseline, *history, tonight)
    members: dict[tuple[str, int], list[Placed]] = {}
    for one in placed(tonight, baseline, accepted, history):
        # The same input may change twice; what each change broke is an event of its own.
        joined = one.cover.standing is None and one.cause is not None
        members.setdefault((one.event, one.onset.first_bad if joined else -1), []).append(one)
    return [_event(id_, each, nights, suite) for (id_, _), each in members.items()]


def _event(id_: str, members: Sequence[Placed], nights: Sequence[SeenNight], suite: str) -> Event:
    tonight = nights[-1]
    ordered = sorted(members, key=lambda one: -one.seen.finding.verdict.severity)
    worst = ordered[0]
    standing = _standing(members, len(nights) - 1)
    begun = [one for one in members if not one.by_baseline]
    first = min((one.onset for one in begun), key=lambda one: one.first_bad, default=None)
    good = first.last_good if first is not None else None
    acceptance = next((one.cover.acceptance for one in members if one.cover.acceptance), None)
    causes = [one for one in ordered if one.cause is not None]
    cause = causes[0].cause if causes else None
    others = (causes[0] if causes else worst).candidates
    cells = {one.row for one in members}
    return Event(
        id=id_,
        standing=standing,
        verdict=worst.seen.finding.verdict,
        title=_title(ordered),
        cells=tuple(row for row in tonight.cells if row in cells),
        findings=tuple(one.seen.finding for one in ordered),
        values=lines_of(one.seen for one in ordered),
        before=next((one.cover.before for one in members if one.cover.before), ()),
        first_bad=nights[first.first_bad].run if first is not None else "",
        first_bad_day=nights[first.first_bad].day if first is not None else "",
        last_good=nights[good].run if good is not None else "",
        cause=cause,
        candidates=others[:_CANDIDATES],
        unexplained=cause is None and any(one.unexplained for one in members),
        flaky=None if cause is not None else _rate(members, nights),
        acceptance=acceptance,
        expires_soon=standing is Standing.KNOWN and _soon(acceptance, tonight.day),
        reproduce=_command(worst, nights, suite),
    )


def _standing(members: Iterable[Placed], last: int) -> Standing:
    """Return the worst standing among the findings: one that began tonight makes the event new,
    whatever is known of the others."""
    found = set()
    for one in members:
        if one.cover.standing is not None:
            found.add(one.cover.standing)
        else:
            found.add(Standing.NEW if one.onset.first_bad == last else Standing.OPEN)
    return next(one for one in _WORST_FIRST if one in found)


def _title(ordered: Sequence[Placed]) -> str:
    """Return the title of the worst finding, preceded by the change that caused it unless the
    finding is that change itself."""
    worst = ordered[0]
    names = list(dict.fromkeys(one.seen.finding.title for one in ordered))
    if is_input(worst.seen) and len(names) > 1:
        shown = [name.partition(" differs from ")[0] for name in names]
        more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
        return f"{len(shown)} packages differ: {', '.join(shown[:_NAMED])}{more}"
    title = worst.seen.finding.title
    if worst.cause is None or is_input(worst.seen):
        return title
    change = worst.cause
    return f"{change.what} went from {change.before} to {change.after}: {title}"


def _rate(members: Sequence[Placed], nights: Sequence[SeenNight]) -> Rate | None:
    """Return the rate over all its cells; None where one of its findings did not come and go."""
    rates = [rate_of(one.seen, one.row, nights) for one in members if not one.by_baseline]
    return summed(rates)


def _command(worst: Placed, nights: Sequence[SeenNight], suite: str) -> str:
    """Return a command that shows the finding again: a comparison of both nights where they differ,
    otherwise another run of the cell."""
    finding = worst.seen.finding
    cell = quote(worst.row)
    untold = finding.kind is FindingKind.TIME_UNTOLD
    if untold or (finding.kind is FindingKind.DIFFERS and not worst.seen.of_reference):
        sides = (f"{night.run}:{worst.row}" for night in (nights[0], nights[-1]))
        return f"harness compare {' '.join(map(quote, sides))}"
    named = f" --suite {quote(suite)}" if suite else ""
    probes = "".join(f" --probe {quote(one)}" for one in finding.probes)
    return f"harness run{named} --cell {cell}{probes}"


def _soon(acceptance: Acceptance | None, day: str) -> bool:
    if acceptance is None:
        return False
    try:
        left = date.fromisoformat(acceptance.until) - date.fromisoformat(day)
    except ValueError:
        return False
    return timedelta(0) <= left <= SOON

"""The first line of every report of a night."""

from __future__ import annotations

from collections.abc import Iterable

from harness.model import Verdict
from harness.nights.values import Event, NightCount, Standing

APART = (Verdict.UNVERIFIED, Verdict.INFRASTRUCTURE)
"""Verdicts that are counted separately, whether or not the event is known."""


def tally(events: Iterable[Event]) -> NightCount:
    """Count the events of each sort.

    Those that could not be verified and those that infrastructure ended are counted apart: they are
    not new, and accepting them does not make them known.
    """
    told = tuple(events)
    judged = [one for one in told if one.verdict not in APART and not _gone(one)]
    known = [one for one in judged if one.standing is Standing.KNOWN]

    def apart(verdict: Verdict) -> int:
        return sum(one.verdict is verdict and not _gone(one) for one in told)

    def standing(one: Standing) -> int:
        return sum(each.standing is one for each in judged)

    return NightCount(
        new=len(judged) - len(known),
        fixed=sum(_gone(one) and one.flaky is None for one in told),
        known=len(known),
        unverified=apart(Verdict.UNVERIFIED),
        infrastructure=apart(Verdict.INFRASTRUCTURE),
        expiring=sum(one.expires_soon for one in known),
        changed=standing(Standing.CHANGED),
        expired=standing(Standing.EXPIRED),
        open=standing(Standing.OPEN),
    )


def first_line(events: Iterable[Event]) -> str:
    """Return the first line, as in `3 new, 2 fixed, 5 known (2 expire within a week), 1 unverified,
    0 infrastructure.`

    New events that were seen before are counted in brackets, where there are any.
    """
    counted = tally(events)
    again = [
        f"{number} {what}"
        for number, what in (
            (counted.changed, "changed since accepted"),
            (counted.expired, "acceptance expired"),
            (counted.open, "since an earlier night"),
        )
        if number
    ]
    soon = f"{counted.expiring} expire{'s' if counted.expiring == 1 else ''} within a week"
    parts = (
        f"{counted.new} new" + (f" ({', '.join(again)})" if again else ""),
        f"{counted.fixed} fixed",
        f"{counted.known} known" + (f" ({soon})" if counted.expiring else ""),
        f"{counted.unverified} unverified",
        f"{counted.infrastructure} infrastructure",
    )
    return f"{', '.join(parts)}."


def _gone(event: Event) -> bool:
    return event.standing is Standing.FIXED

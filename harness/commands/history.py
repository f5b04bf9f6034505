"""`harness history [CELL] [FACT]`: what cells showed every night, and where it changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from harness.commands.runs import no_runs
from harness.errors import Exit, UsageError
from harness.formats.answers import Reply
from harness.formats.history_text import listed, night_by_night, of_cells
from harness.history.past import SHOWN_NIGHTS, Past
from harness.history.rhythm import missing_between, moment, rhythm_of, span, starts_of, whole_nights
from harness.history.series import FactSeries, ever_changed, primary_series, series_of, tracks_of
from harness.machine.owner import owner_alive
from harness.model import CellNight, KeptNight
from harness.running.here import utc_now
from harness.running.remembering import caught_up
from harness.running.session import NO_SUITE_REMEDY, places, suite_name_here
from harness.store.store import Store
from harness.suite.matrix import FILE_NAME

_SPAN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_NEAR = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryRequest:
    """What the command line asks of a history."""

    cell: str = ""
    """An id or a pattern over ids; if empty, the primary metrics of every cell."""
    fact: str = ""
    """A fact or a pattern over facts; if empty, all metrics and the facts that ever changed."""
    nights: int = 2 * SHOWN_NIGHTS
    """How many of the newest nights are read."""
    expect_within: str = ""
    """How old the newest night may be; if empty, its age is not checked."""


def history(suite_path: Path | None, asked: HistoryRequest) -> tuple[Reply, Exit]:
    """The history of a suite. The status is 1 if an expected night is missing.

    Raises UsageError, MatrixError.
    """
    within = time_span(asked.expect_within)
    if asked.nights < 1:
        raise UsageError("--nights takes a number above zero", remedy="--nights 60")
    name = suite_name_here(suite_path)
    if name is None:
        raise UsageError(f"there is no {FILE_NAME} in this folder", remedy=NO_SUITE_REMEDY)
    where = places().store
    if not where.exists() and within is None:
        raise no_runs(name)
    with Store(where) as store:
        store.interrupted(owner_alive)
        damaged = caught_up(store, name)
        nights = store.history.nights(name, most=asked.nights)
        if not nights and within is None:
            raise no_runs(name, store)
        cells = _cells(store, name, asked.cell) if nights else ()
        found = [one for cell in cells for one in store.history.of_cell(name, cell, nights)]
    past = Past(suite=name, nights=nights, series=_series(found, asked))
    said, late = _alarms(_asked_on(nights, found, asked.cell), within, asked.expect_within)
    said += tuple(f"the run {one} cannot be read from the store and is left out" for one in damaged)
    if asked.fact:
        reply = night_by_night(past, said)
    else:
        reply = of_cells(past, said) if asked.cell else listed(past, said)
    return reply, Exit.FINDINGS if late else Exit.OK


def time_span(text: str) -> timedelta | None:
    """A time span as written in an option: 90m, 36h, 2d. None if the text is empty. Raises
    UsageError."""
    if not text:
        return None
    found = _SPAN.fullmatch(text)
    made = timedelta(**{_UNITS[found[2]]: float(found[1])}) if found else timedelta()
    if not made:
        raise UsageError(
            f"--expect-within takes a time span, not {text!a}",
            remedy="write it as 36h (90m: minutes, 2d: days)",
        )
    return made


def _cells(store: Store, suite: str, pattern: str) -> tuple[str, ...]:
    known = store.history.cells(suite)
    cells = tuple(one for one in known if not pattern or fnmatchcase(one, pattern))
    if not cells and pattern:
        near = get_close_matches(pattern, known, _NEAR, 0) or known[:_NEAR]
        raise UsageError(
            f"no night of the suite {suite} has a cell {pattern!a}",
            remedy=f"similar cells: {', '.join(near)}",
        )
    return cells


def _series(found: list[CellNight], asked: HistoryRequest) -> tuple[FactSeries, ...]:
    tracks = tracks_of(found)
    ordered = sorted(tracks, key=lambda one: one.cell)
    if not asked.cell:
        return tuple(one for track in ordered for one in primary_series(track, tracks[track]))
    told = tuple(
        one
        for track in ordered
        for one in series_of(
            track, tracks[track], lambda fact: not asked.fact or fnmatchcase(fact, asked.fact)
        )
    )
    if asked.fact and not told:
        known = sorted({name for one in found for name in (*one.numbers, *one.facts)})
        near = get_close_matches(asked.fact, known, _NEAR, 0.3) or known[:_NEAR]
        raise UsageError(
            f"no night has a fact {asked.fact!a} of these cells",
            remedy=f"similar facts: {', '.join(near)}; observations are not kept",
        )
    return told if asked.fact else tuple(one for one in told if one.numeric or ever_changed(one))


def _asked_on(
    nights: tuple[KeptNight, ...], found: list[CellNight], cell: str
) -> tuple[KeptNight, ...]:
    """The runs that count as nights: those with the requested cells, or else complete ones."""
    if not cell:
        return whole_nights(nights)
    there = {one.run for one in found}
    return tuple(one for one in nights if one.run in there)


def _alarms(
    nights: tuple[KeptNight, ...], within: timedelta | None, asked: str
) -> tuple[tuple[str, ...], bool]:
    """Notices about a night that is missing now, and whether an expected night is missing."""
    now = moment(utc_now())
    starts = starts_of(nights)
    assert now is not None, "it is a time as we write it"
    if not starts:
        return ((f"no night within {asked}: the store has none",), True) if within else ((), False)
    age = now - starts[-1]
    told = f"the newest, {nights[-1].run}, began {span(age)} ago"
    said = []
    late = within is not None and age > within
    if late:
        said.append(f"no night within {asked}: {told}")
    every = rhythm_of(starts)
    if every is not None and (missing := missing_between(starts[-1], now, every)):
        count = "a night is" if missing == 1 else f"{missing} nights are"
        said.append(f"{count} missing: they come every {span(every)}, and {told}")
    return tuple(said), late

"""Series: one fact of one cell on one kind of host and engine, night after night.

Hosts of different classes never share a series, because a night on one host says nothing about
nights on another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.history.changes import SeriesChange, changed_facts, changed_levels
from harness.model import CellNight, Fact, HostClass


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """What all nights of one series have in common: the cell, the engine and the host class."""

    cell: str
    engine: str
    host: HostClass


@dataclass(frozen=True, kw_only=True, slots=True)
class NightValue:
    """The value of one night."""

    run: str
    started: str
    value: Fact


@dataclass(frozen=True, kw_only=True, slots=True)
class FactSeries:
    """A fact over the nights that have it, oldest first, and where it changed."""

    track: Track
    fact: str
    numeric: bool
    """Whether it is a measurement or a time, whose changes are tested. For other facts, any other
    value is a change."""
    primary: bool
    nights: tuple[NightValue, ...]
    """At least one."""
    changes: tuple[SeriesChange, ...]
    lone: tuple[str, ...] = ()
    """Runs that were set aside as disturbed, because they lie far from the nights on both sides."""

    @property
    def last(self) -> Fact:
        """The value of the newest night."""
        return self.nights[-1].value


def tracks_of(nights: Iterable[CellNight]) -> Mapping[Track, tuple[CellNight, ...]]:
    """Group nights of cells by track; the track with the newest night comes last."""
    found: dict[Track, list[CellNight]] = {}
    for one in nights:
        track = Track(cell=one.cell, engine=one.engine, host=one.host)
        found.setdefault(track, []).append(one)
    ordered = sorted(found.items(), key=lambda each: (each[1][-1].started, each[1][-1].run))
    return {track: tuple(told) for track, told in ordered}


def primary_series(track: Track, nights: Sequence[CellNight]) -> tuple[FactSeries, ...]:
    """Return the series of one track's primary metrics, those of the newest night first."""
    names = dict.fromkeys(name for one in reversed(nights) for name in one.primary)
    return tuple(_of_numbers(track, nights, name) for name in names)


def series_of(
    track: Track, nights: Sequence[CellNight], wanted: Callable[[str], bool]
) -> tuple[FactSeries, ...]:
    """Return the series of every wanted fact: primary metrics first, then other numbers, then other
    facts."""
    primary = dict.fromkeys(name for one in reversed(nights) for name in one.primary)
    numbers = sorted({name for one in nights for name in one.numbers} - primary.keys())
    facts = sorted({name for one in nights for name in one.facts} - primary.keys() - {*numbers})
    return (
        *(_of_numbers(track, nights, name) for name in (*primary, *numbers) if wanted(name)),
        *(_of_facts(track, nights, name) for name in facts if wanted(name)),
    )


def ever_changed(one: FactSeries) -> bool:
    """Tell whether a fact ever changed: it had another value, or was absent, on some night."""
    return bool(one.changes)


def _of_numbers(track: Track, nights: Sequence[CellNight], name: str) -> FactSeries:
    there = [one for one in nights if name in one.numbers]
    changes, lone = changed_levels(name, there)
    return FactSeries(
        track=track,
        fact=name,
        numeric=True,
        primary=any(name in one.primary for one in there),
        nights=tuple(
            NightValue(run=one.run, started=one.started, value=one.numbers[name]) for one in there
        ),
        changes=changes,
        lone=lone,
    )


def _of_facts(track: Track, nights: Sequence[CellNight], name: str) -> FactSeries:
    there = [one for one in nights if name in one.facts]
    return FactSeries(
        track=track,
        fact=name,
        numeric=False,
        primary=False,
        nights=tuple(
            NightValue(run=one.run, started=one.started, value=one.facts[name]) for one in there
        ),
        changes=changed_facts(name, nights),
    )

"""The history of a suite as reports show it: which nights were used, and the series over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.history.series import FactSeries, Track
from harness.model import KeptNight

SHOWN_NIGHTS = 30
"""How many nights a report and one line of a list show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """What reports show of a suite's history. The same nights give the same value."""

    suite: str
    nights: tuple[KeptNight, ...]
    """The runs that were used, oldest first."""
    series: tuple[FactSeries, ...]


def lettered(past: Past) -> Mapping[Track, str]:
    """Assign a letter to each kind of engine and host; empty where there is only one."""
    places = dict.fromkeys((one.track.engine, one.track.host) for one in past.series)
    if len(places) < 2:
        return {}
    letters = {place: _letter(number) for number, place in enumerate(places)}
    return {one.track: letters[(one.track.engine, one.track.host)] for one in past.series}


def _letter(number: int) -> str:
    letter = chr(ord("a") + number % 26)
    return letter if number < 26 else f"{letter}{number // 26}"

"""Forty synthetic nights: does each of twelve injected causes become one event with its first bad
night?

There are thirty cells on three bases, two of them with an existing image. Twelve causes (packages,
bases, a moved tag, driver, kind of host, a probe, the harness) each begin on some night; most end
again, some overlap. In addition, ten packages change every night in cells drawn at random, and
break nothing. Each night is judged as on its morning, with only the nights before as its history. A
cause counts as right if its event first appears on the night the cause began, names that input
first, and is the only event about it. Any other event about drift or failure counts as invented.

Nothing is timed, so the figures do not depend on the machine.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from results_file import arguments, write_result

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness.model import Cell, Verdict  # noqa: E402
from harness.nights.night import Nights  # noqa: E402
from harness.nights.seen import SeenNight  # noqa: E402
from harness.nights.values import Event, Standing  # noqa: E402
from tests.unit.nightly import Injected, accepted, cells_of, injected_night  # noqa: E402

NIGHTS, CELLS, INNOCENT = 40, 30, 10
TAG = "registry.example/tf:1"
SEEDS = (7, 11, 13)
_Key = tuple[str, str]


def cells() -> list[Cell]:
    """The cells, of which two are of one existing image."""
    made = list(cells_of(CELLS))
    for number in (25, 26):
        made[number] = replace(made[number], base="", image=TAG)
    return made


def causes(every: Sequence[Cell]) -> list[Injected]:
    """The twelve causes; packages and bases occur more than once."""
    ids = tuple(one.id for one in every)

    def on(base: str) -> tuple[str, ...]:
        return tuple(one.id for one in every if one.base == base)

    return [
        Injected(what="package keras", begins=2, ends=5, cells=ids[3:7]),
        Injected(what="package numpy", begins=4, ends=40, cells=ids[20:23], accuracy=True),
        Injected(what="base base0", begins=7, ends=9, cells=on("base0")),
        Injected(what=f"image {TAG}", begins=8, ends=11, cells=ids[25:27]),
        Injected(what="driver", begins=12, ends=14, cells=ids),
        Injected(what="probe mnist", begins=15, ends=17, cells=ids),
        Injected(what="host class", begins=18, ends=20, cells=ids),
        Injected(what="harness", begins=21, ends=23, cells=ids),
        Injected(what="package six", begins=24, ends=30, cells=ids[8:10]),
        Injected(what="base base1", begins=26, ends=28, cells=on("base1"), accuracy=True),
        Injected(what="package keras", begins=31, ends=40, cells=ids[10:12]),
        Injected(what="package numpy", begins=35, ends=38, cells=ids[29:30]),
    ]


def morning_after_morning(seed: int) -> tuple[int, int, int]:
    """(events, causes that became one event with the right night and input, invented events)."""
    rng, every = random.Random(seed), cells()
    wanted = causes(every)
    moved: dict[str, dict[str, str]] = {}
    first = injected_night(0, every, wanted, rng, moved, INNOCENT)
    nights, shown = Nights(first, accepted()), []
    found: dict[_Key, tuple[int, Event]] = {}
    for number in range(1, NIGHTS):
        run = injected_night(number, every, wanted, rng, moved, INNOCENT)
        tonight: SeenNight = nights.seen(run)
        for one in nights.night(run.judgement, tonight, tuple(shown)).events:
            alarms = one.verdict in (Verdict.DRIFT, Verdict.FAIL)
            if alarms and one.standing is not Standing.FIXED:
                found.setdefault((one.id, one.first_bad), (number, one))
        shown.append(tonight)
    told = [(night, one.cause.what if one.cause else "") for night, one in found.values()]
    right = sum(told.count((one.begins, one.what)) == 1 for one in wanted)
    known = {(one.begins, one.what) for one in wanted}
    return len(found), right, sum(one not in known for one in told)


def main() -> int:
    asked = arguments(__doc__).parse_args()
    results = []
    for seed in SEEDS:
        events, right, invented = morning_after_morning(seed)
        print(f"seed {seed}: {events} events, {right} of 12 causes right, {invented} invented")
        results.append({"seed": seed, "events": events, "right": right, "invented": invented})
    figures = {"nights": NIGHTS, "cells": CELLS, "causes": 12, "innocent_a_night": INNOCENT}
    write_result("events", asked.date, {**figures, "runs": results})
    return 0 if all((one["right"], one["invented"]) == (12, 0) for one in results) else 1


if __name__ == "__main__":
    sys.exit(main())

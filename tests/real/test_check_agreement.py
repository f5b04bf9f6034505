"""Images, most of them broken by one layer: the predictions agree with what running them shows."""

from __future__ import annotations

import pytest
from docker import APIClient

from harness.check.foreseen import IMPORTS_NOT, foreseen
from harness.check.foreseen import Sign as Shown
from harness.check.reasons import Confidence, Reason, ReuseAnswer, Weight
from tests.real.agreement import agrees, by_rule, held_against
from tests.real.broken_images import LATER, MADE, NAIVE, WHOLE, Broken, at_random
from tests.real.commandline import Place
from tests.real.legacy_registry import LegacyRegistry

MENDED = Reason(weight=Weight.CHANGE, title="x", confidence=Confidence.READ, foresees=IMPORTS_NOT)
ASIDE = Reason(
    weight=Weight.CHANGE,
    title="x",
    confidence=Confidence.READ,
    foresees=foreseen(Shown.PYTHON, "3.5"),
)


@pytest.mark.parametrize(
    ("expected", "answer", "shown", "reason"),
    [
        (True, ReuseAnswer.REUSE, "works", ASIDE),
        (False, ReuseAnswer.REUSE, "fails", ASIDE),
        (False, ReuseAnswer.REUSE, "works with the change", ASIDE),
        (True, ReuseAnswer.NOT, "fails", ASIDE),
        (False, ReuseAnswer.NOT, "works", ASIDE),
        (False, ReuseAnswer.NOT, "works with the change", ASIDE),
        (True, ReuseAnswer.CHANGES, "works with the change", MENDED),
        (False, ReuseAnswer.CHANGES, "works", MENDED),
        (False, ReuseAnswer.CHANGES, "fails", MENDED),
        (True, ReuseAnswer.CHANGES, "works", ASIDE),
        (False, ReuseAnswer.UNTOLD, "works", ASIDE),
        (False, ReuseAnswer.UNTOLD, "fails", ASIDE),
        (True, ReuseAnswer.CPU, "works on the CPU", ASIDE),
        (False, ReuseAnswer.CPU, "not run", ASIDE),
    ],
)
def test_agreeing_is_being_right_and_nothing_else(
    expected: bool, answer: ReuseAnswer, shown: str, reason: Reason
) -> None:
    assert expected is agrees(answer, shown, [reason])


def test_the_images_are_as_many_and_as_random_as_they_are_said_to_be() -> None:
    drawn = tuple(at_random())
    assert drawn == tuple(at_random())
    assert drawn != tuple(at_random(seed=1))
    assert 10 <= len(drawn)
    every = (*NAIVE, *MADE, *drawn)
    assert 30 <= len(every) == len({one.name for one in every})


def test_predictions_are_counted_by_rule() -> None:
    rows = [
        {"predictions": (("holds-inside", "confirmed"), ("no-python", "refuted"))},
        {"predictions": [["holds-inside", "refuted"], ["disk-enough", "not tested"]]},
        {"name": "measured before predictions were kept"},
    ]
    table = by_rule(rows)
    assert {"confirmed": 1, "refuted": 1, "not tested": 0, "share": 0.5} == table["holds-inside"]
    assert (0.0, None) == (table["no-python"]["share"], table["disk-enough"]["share"])
    assert 3 == len(table)


@pytest.mark.long
def test_what_is_foreseen_of_broken_images_is_what_running_shows(
    place: Place, engine: APIClient, registry: LegacyRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in place.environment().items():
        if name.startswith("HARNESS_"):
            monkeypatch.setenv(name, value)
    images = {cell: built(place, cell) for cell in (WHOLE, LATER)}
    chosen: list[Broken] = [one for one in (*MADE, *at_random()) if one.cell in images]
    rows = [held_against(engine, registry, one, images) for one in chosen]
    differ = [row for row in rows if not row.agrees]
    assert [] == [row for row in rows if row.answer == "reuse" and row.shown == "fails"]
    assert len(differ) <= len(rows) * 0.05, differ


def built(place: Place, cell: str) -> str:
    """The image of a cell of the default suite, built unless it is there."""
    place.harness("run", "--suite", "standard", "--cell", cell, "--probe", "python", status=5)
    _, records = place.recorded()
    (image,) = {one.image.id for one in records if one.image}
    return image

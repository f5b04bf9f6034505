"""The probe `files`: when a saved model counts as read, and what is told else."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

PROBE = runpy.run_path(str(Path(__file__).resolve().parents[2] / "probes" / "files.py"))
WANTED = [[0.75, 0.25], [0.125, 0.875]]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (WANTED, ""),
        ([[0.750009, 0.249991], [0.125, 0.875]], ""),
        ([[0.75002, 0.24998], [0.125, 0.875]], "it predicts otherwise, by up to 2e-05"),
        ([[0.25, 0.75], [0.125, 0.875]], "it predicts other classes: [1, 1]"),
        ([[0.75, 0.25]], "another number of things"),
        ([[0.75, 0.25, 0.0], [0.125, 0.875, 0.0]], "another number of things"),
    ],
)
def test_a_file_is_read_where_it_predicts_the_same(found: list[list[float]], said: str) -> None:
    told = PROBE["wrong"](found, WANTED)
    assert said in told
    assert bool(said) is bool(told)


def test_what_is_no_number_is_not_the_same() -> None:
    nan = float("nan")
    assert PROBE["wrong"]([[0.75, nan], [0.125, 0.875]], WANTED)
    assert PROBE["wrong"]([[nan, nan], [nan, nan]], WANTED)


def test_where_nothing_was_written_nothing_is_answered(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no release wrote anything"):
        PROBE["probe"]({"folder": str(tmp_path / "no"), "seconds": 1.0})
    (tmp_path / "2.0.0").mkdir()
    assert {} == PROBE["written_in"](str(tmp_path)), "a folder alone says nothing"
    (tmp_path / "2.0.0" / "written.json").write_text(json.dumps({"formats": {}}), "utf-8")
    assert {"2.0.0": {"formats": {}}} == PROBE["written_in"](str(tmp_path))


def test_releases_are_in_the_order_of_their_numbers() -> None:
    assert ["1.2.1", "1.14.0", "2.4.4", "2.11.1"] == sorted(
        ["2.11.1", "1.14.0", "2.4.4", "1.2.1"], key=PROBE["in_order"]
    )

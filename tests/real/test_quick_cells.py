"""The main path on real images: built, probed, judged, reported; again without changes;
elsewhere."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from harness.model import Outcome, Record
from tests.real.commandline import Place
from tests.real.suites import quick_ids

SAME_LOSS = 1e-4
"""Relative: kernels of different releases and processors add in different orders."""


def facts(records: tuple[Record, ...], name: str) -> dict[str, object]:
    """The fact by cell, for every cell that has it."""
    return {record.cell: record.facts[name] for record in records if name in record.facts}


def test_four_releases_from_2017_to_2026_are_built_and_learn(quick: Place) -> None:
    _, records = quick.recorded(quick.runs()[-1])
    report = quick.report(quick.runs()[-1])
    assert 0 == report["exit_status"]
    assert dict.fromkeys(quick_ids(), ("pass", "L3")) == {
        cell["id"]: (cell["verdict"], cell["level"]) for cell in report["cells"]
    }
    images = {record.cell: record.image for record in records if record.image}
    assert 4 == len({image.id for image in images.values()})
    assert {"built", "reused"} >= {image.origin for image in images.values()}
    assert all(image.layers and image.recipe and image.base for image in images.values())


def test_every_planned_key_has_exactly_one_record(quick: Place) -> None:
    run, records = quick.recorded(quick.runs()[-1])
    assert Counter(run.planned()) == Counter(record.key for record in records)
    assert {Outcome.OK} == {record.outcome for record in records}
    assert 16 <= len(records)


def test_every_release_starts_from_the_same_bits_and_first_computes_the_same(quick: Place) -> None:
    _, records = quick.recorded(quick.runs()[-1])
    weights = facts(records, "mnist.initial_weights_sha256")
    assert set(quick_ids()) == set(weights)
    assert 1 == len(set(weights.values()))
    losses = facts(records, "mnist.loss")
    assert set(quick_ids()) == set(losses)
    firsts = {cell: loss[0] for cell, loss in losses.items() if isinstance(loss, tuple)}
    reference = firsts[quick_ids()[0]]
    assert dict.fromkeys(quick_ids(), pytest.approx(reference, rel=SAME_LOSS)) == firsts


def test_every_release_changes_the_weights_it_starts_from(quick: Place) -> None:
    """Each is compared with itself: whether two releases end with equal bits depends on the
    processor."""
    _, records = quick.recorded(quick.runs()[-1])
    initial = facts(records, "mnist.initial_weights_sha256")
    final = facts(records, "mnist.final_weights_sha256")
    assert set(quick_ids()) == set(initial) == set(final)
    assert [] == [cell for cell in quick_ids() if initial[cell] == final[cell]]


def test_the_report_is_written_in_every_format_and_is_the_same_when_asked_again(
    quick: Place,
) -> None:
    run = quick.runs()[-1]
    for name, ending in (("markdown", "md"), ("json", "json")):
        written = (quick.folder / "reports" / run / f"report.{ending}").read_text("utf-8")
        assert written == quick.harness("report", run, "--format", name).out
    terminal = quick.harness("report", run).out
    for cell in quick_ids():
        assert cell in terminal
        assert cell in written
    assert terminal == quick.harness("report", run).out


def test_a_second_run_reuses_every_image(quick: Place, brief_run: str) -> None:
    ids = [
        {record.cell: record.image.id for record in quick.recorded(run)[1] if record.image}
        for run in (quick.runs()[-1], brief_run)
    ]
    assert set(quick_ids()) == set(ids[0])
    assert ids[0] == ids[1]
    origins = {record.image.origin for record in quick.recorded(brief_run)[1] if record.image}
    assert {"reused"} == origins


def test_an_exported_run_is_the_same_run_elsewhere(quick: Place, tmp_path: Path) -> None:
    run = quick.runs()[-1]
    file = tmp_path / "run.jsonl"
    quick.harness("export", run, str(file))
    assert run in file.read_text("utf-8")
    elsewhere = Place(folder=tmp_path)
    elsewhere.harness("import", str(file))

    assert quick.recorded(run) == elsewhere.recorded(run)
    for name in ("terminal", "markdown", "json"):
        here = quick.harness("report", run, "--format", name).out
        assert here == elsewhere.harness("report", run, "--format", name).out
    sides = [f"{run}:{cell}" for cell in (quick_ids()[0], quick_ids()[-1])]
    compared = quick.harness("compare", *sides, "--format", "json").out
    assert compared == elsewhere.harness("compare", *sides, "--format", "json").out
    assert "comparison" == json.loads(compared)["kind"]

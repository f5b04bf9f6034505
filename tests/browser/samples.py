"""What is opened: the committed nightly run of nineteen cells, two of them, the page of a check."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.compare.comparison import Side, compare_kept
from harness.compare.judge import judge
from harness.formats import render, render_difference, render_page
from harness.history.past import Past
from harness.history.series import FactSeries, primary_series, tracks_of
from harness.history.summary import cell_nights
from harness.model import CellNight, KeptNight, Record, Run
from harness.store.store import Store
from harness.store.transfer import import_file

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "reports" / "nightly" / "records.jsonl"
FAILING = "tf1.2.1-gpu-py3.6"
DRIFTING = "tf2.18.1-cudnn8-py3.12"
PASSING = "tf2.21.0-py3.13"


@cache
def nightly() -> tuple[Run, tuple[Record, ...]]:
    with TemporaryDirectory() as folder, Store(Path(folder) / "store.sqlite3") as store:
        run = import_file(store, RECORDS)
        return store.run(run.id), store.records(run.id)


@cache
def report() -> str:
    return render("html", judge(*nightly()))


@cache
def nights() -> str:
    """The nightly run as the last of thirty nights, of which one was disturbed, and with a step in
    the times of one cell."""
    run, records = nightly()
    told = cell_nights(run, records)
    began = [f"2026-10-{day:02}T02:00:00Z" for day in range(1, 30)] + [run.started]
    kept = [
        KeptNight(run=f"night-{at}" if at < 29 else run.id, started=one, cells=len(told))
        for at, one in enumerate(began)
    ]
    rng = random.Random(4)
    series: list[FactSeries] = []
    for cell in told:
        every = [
            replace(cell, run=one.run, started=one.started, numbers=_numbers(cell, at, rng))
            for at, one in enumerate(kept)
        ]
        for track, each in tracks_of(every).items():
            series += primary_series(track, each)
    past = Past(suite=run.suite, nights=tuple(kept), series=tuple(series))
    return render("html", judge(run, records), past)


def _numbers(cell: CellNight, at: int, rng: random.Random) -> dict[str, float]:
    slow = 1.3 if cell.cell == DRIFTING and at >= 20 else 5.0 if at == 9 else 1.0
    return {
        name: value * (slow * rng.lognormvariate(0, 0.02) if name.endswith("_seconds") else 1.0)
        for name, value in cell.numbers.items()
    }


@cache
def comparison() -> str:
    run, records = nightly()
    sides = (Side(run=run, records=records, cell=one) for one in (PASSING, DRIFTING))
    return render("html", compare_kept(*sides))


@cache
def check() -> str:
    from tests.unit.check_builders import host, page

    return render_page("html", page(where=host(gpu="Tesla P100-PCIE-16GB", capability="6.0")))


@cache
def difference() -> str:
    from tests.unit.test_difference import BASE, OTHER, held, image

    return render_difference("html", held(image(), image(None, BASE, OTHER)))


PAGES = {
    "report": report,
    "nights": nights,
    "comparison": comparison,
    "check": check,
    "difference": difference,
}

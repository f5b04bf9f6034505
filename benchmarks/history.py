"""The history of a year with 1,000 cells a night: its size and speed, compared with asv-style JSON.

The cells are those of the committed nightly run, copied under new names until there are enough:
real probes, with their real numbers of facts. Each night, every measured number gets noise of its
own (3 %, so that nothing compresses away), and in one cell of fifty a package changes for good.

Our side is the store: `keep` of a night in one durable transaction, and a year's series read from
the file by a process that has it open. The other side is what asv keeps: one JSON file for each
night and environment, with all values of that night (asv 0.6, `results/MACHINE/COMMIT-ENV.json`).
It is written once with only the numbers, as asv does, and once with the same facts as ours. Reading
a series there means reading as many files as there are nights. JSON is written for some nights and
multiplied by the nights of the year, since each night has its own files; the series is read from a
whole year.

With `--nights`, only so many nights are written for all cells, and the size of the year is
extrapolated. The series is then read from a whole year of a few cells, since all nights of a cell
are stored together.

The records themselves, which asv does not keep, are measured on one night and multiplied: the
history is stored beside them and derived from them.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from results_file import arguments, write_result

from harness.history.series import primary_series, tracks_of
from harness.history.summary import cell_nights
from harness.model import CellNight, Record, Run
from harness.store.store import Store
from harness.store.transfer import export, import_file

RECORDS = Path(__file__).resolve().parents[1] / "reports" / "nightly" / "records.jsonl"
BEGAN = datetime(2026, 1, 1, 2, tzinfo=UTC)
NIGHTS, CELLS = 365, 1000
MOVED = 50
"""Each night, a package changes in one cell out of so many."""
NOISE = 0.03
FEW = 40
"""If only some nights are written for all cells: the number of cells with a whole year, for
reading."""
JSON_NIGHTS = 3
READ = 200
"""Number of series that are read."""
LISTED = 100
"""Number of cells in a list, for which every primary metric is searched for changes."""
MOST_BYTES, MOST_READ_S, MOST_WRITTEN_S = 0.4e9, 0.005, 2.0


def committed() -> tuple[Run, tuple[Record, ...]]:
    """The committed nightly run."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "store.sqlite3") as store:
        run = import_file(store, RECORDS)
        return store.run(run.id), store.records(run.id)


TEMPLATE, TOLD = committed()
SUITE = TEMPLATE.suite


def renamed(number: int) -> str:
    return f"cell-{number:04}"


class Year:
    """Generates the nights one after the other; the same seed gives the same year."""

    def __init__(self, cells: int, seed: int = 7) -> None:
        told = cell_nights(TEMPLATE, TOLD)
        self._rng = random.Random(seed)
        self._cells = [replace(told[at % len(told)], cell=renamed(at)) for at in range(cells)]

    def night(self, number: int) -> tuple[Run, list[CellNight]]:
        """The run of a night, and what its cells showed."""
        started = (BEGAN + timedelta(days=number)).isoformat().replace("+00:00", "Z")
        name = f"{started[:10].replace('-', '')}T020000Z-{number:04x}"
        for at in self._rng.sample(range(len(self._cells)), max(1, len(self._cells) // MOVED)):
            self._cells[at] = _moved(self._cells[at], number)
        run, cells = bare_run(name, started), []
        for one in self._cells:
            numbers = {
                fact: value * self._rng.lognormvariate(0, NOISE)
                for fact, value in one.numbers.items()
            }
            cells.append(replace(one, run=name, started=started, numbers=numbers))
        return run, cells


def bare_run(name: str, started: str) -> Run:
    """A run with only what the history needs; the rest is measured with the records."""
    return replace(
        TEMPLATE,
        id=name,
        started=started,
        cells=(),
        probes=(),
        pairs=(),
        unasked=None,
        opinions=None,
        notices=(),
    )


def _moved(one: CellNight, number: int) -> CellNight:
    packages = [fact for fact in one.facts if fact.startswith("package.")]
    if not packages:
        return one
    facts = {**one.facts, packages[number % len(packages)]: f"9.{number}"}
    return replace(one, facts=facts, inputs={**one.inputs, "image": f"layers {number:012x}"})


def written_year(path: Path, nights: int, cells: int) -> tuple[list[float], list[float]]:
    """How long keeping each night took, in wall-clock and in processor seconds: on a busy host
    these differ widely."""
    took, busy = [], []
    year = Year(cells)
    with Store(path) as store:
        for number in range(nights):
            run, told = year.night(number)
            store.begin(replace(run, state="running"))
            store.finish(run.id, ended=run.started)
            began, at_work = time.perf_counter(), time.process_time()
            store.history.keep(run, told)
            took.append(time.perf_counter() - began)
            busy.append(time.process_time() - at_work)
            if number % 50 == 0:
                print(f"  night {number}: {took[-1]:.2f} s", flush=True)
    return took, busy


def read_series(path: Path, cells: int) -> list[float]:
    """How long it takes to read a year of one number of one cell, each time of a random cell."""
    rng = random.Random(1)
    took = []
    with Store(path) as store:
        nights = store.history.nights(SUITE)
        for _ in range(READ):
            cell = renamed(rng.randrange(cells))
            began = time.perf_counter()
            told = store.history.of_cell(SUITE, cell, nights, facts=False)
            values = [one.numbers.get(one.primary[0]) for one in told if one.primary]
            took.append(time.perf_counter() - began)
            assert len(values) in (0, len(nights))
    return took


def looked_through(path: Path, cells: int) -> tuple[int, int, float]:
    """(series, changes, seconds) for the primary metrics of some cells over the whole year."""
    began = time.perf_counter()
    found = []
    with Store(path) as store:
        nights = store.history.nights(SUITE)
        for at in range(min(LISTED, cells)):
            told = store.history.of_cell(SUITE, renamed(at), nights)
            for track, each in tracks_of(told).items():
                found += primary_series(track, each)
    seconds = time.perf_counter() - began
    return len(found), sum(len(one.changes) for one in found), seconds


def as_json(one: CellNight, *, facts: bool) -> bytes:
    """What asv would keep of a night: its values by name, and the environment they were run in."""
    tree: dict[str, Any] = {
        "commit_hash": one.run,
        "env_name": one.cell,
        "date": one.started,
        "params": {"machine": one.host.machine, "cpu": one.host.cpu_model},
        "result_columns": ["result"],
        "results": {name: [[value]] for name, value in one.numbers.items()},
        "version": 2,
    }
    if facts:
        tree |= {"facts": dict(one.facts), "inputs": dict(one.inputs)}
    return json.dumps(tree).encode()


def json_figures(folder: Path, cells: int, *, facts: bool) -> dict[str, Any]:
    """Bytes of a year, seconds for a night, seconds for a series."""
    year = Year(cells)
    size, took = 0, []
    for number in range(JSON_NIGHTS):
        _, told = year.night(number)
        began = time.perf_counter()
        for one in told:
            data = as_json(one, facts=facts)
            place = folder / one.cell
            place.mkdir(exist_ok=True)
            (place / f"{one.run}.json").write_bytes(data)
            size += len(data)
        took.append(time.perf_counter() - began)
    paths = []
    single = Year(1, seed=3)
    for number in range(NIGHTS):
        _, told = single.night(number)
        path = folder / f"series-{number}.json"
        path.write_bytes(as_json(told[0], facts=facts))
        paths.append(path)
    read = [_read(paths, told[0].primary[0]) for _ in range(5)]
    return {
        "bytes_a_year": round(size / len(took) * NIGHTS),
        "files_a_year": NIGHTS * cells,
        "seconds_a_night": statistics.median(took),
        "seconds_a_series": statistics.median(read),
    }


def _read(paths: Sequence[Path], name: str) -> float:
    began = time.perf_counter()
    values = [json.loads(path.read_bytes())["results"][name][0][0] for path in paths]
    assert len(values) == len(paths)
    return time.perf_counter() - began


def records_of(cells: int) -> tuple[Run, Iterator[Record]]:
    """One night with all its records."""
    run = TEMPLATE
    by_cell: dict[str, list[Record]] = {}
    for one in TOLD:
        by_cell.setdefault(one.cell, []).append(one)
    pairs: dict[str, list[str]] = {}
    for cell, probe in run.pairs:
        pairs.setdefault(cell, []).append(probe)
    made = [(renamed(at), run.cells[at % len(run.cells)]) for at in range(cells)]
    whole = replace(
        run,
        cells=tuple(replace(one, id=name) for name, one in made),
        pairs=tuple((name, probe) for name, one in made for probe in pairs[one.id]),
        opinions=None,
    )
    rng = random.Random(9)

    def every() -> Iterator[Record]:
        for name, one in made:
            for each in by_cell[one.id]:
                facts = dict(each.facts)
                for fact, value in facts.items():
                    if fact.endswith("_seconds"):
                        facts[fact] = _noisy(value, rng)
                yield replace(each, cell=name, facts=facts)

    return whole, every()


def _noisy(value: Any, rng: random.Random) -> Any:
    if isinstance(value, tuple):
        return tuple(_noisy(one, rng) for one in value)
    return value * rng.lognormvariate(0, NOISE) if isinstance(value, float) else value


def records_figures(folder: Path, cells: int) -> dict[str, Any]:
    """One night of records: bytes, seconds to import it, seconds to summarise it and keep it in the
    history."""
    made, records = records_of(cells)
    told = tuple(records)
    with Store(folder / "made.sqlite3") as store:
        store.take_in(made, told)
        export(store, made.id, folder / "night.jsonl")
    began = time.perf_counter()
    with Store(folder / "records.sqlite3") as store:
        run = import_file(store, folder / "night.jsonl")
        imported = time.perf_counter() - began
        began = time.perf_counter()
        nights = cell_nights(run, told)
        summarised = time.perf_counter() - began
        began = time.perf_counter()
        store.history.keep(run, nights)
        kept = time.perf_counter() - began
    return {
        "records": len(told),
        "bytes_a_night": (folder / "records.sqlite3").stat().st_size,
        "seconds_of_an_import": imported,
        "seconds_of_summarising": summarised,
        "seconds_of_keeping": kept,
    }


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--nights", type=int, default=NIGHTS)
    parser.add_argument("--cells", type=int, default=CELLS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        path = folder / "year.sqlite3"
        took, busy = written_year(path, asked.nights, asked.cells)
        written = path.stat().st_size
        size = round(written * NIGHTS / asked.nights)
        whole, those = path, asked.cells
        if asked.nights < NIGHTS:
            whole, those = folder / "few.sqlite3", min(FEW, asked.cells)
            written_year(whole, NIGHTS, those)
        read = read_series(whole, those)
        series, changes, seconds = looked_through(whole, those)
        both: dict[str, Mapping[str, Any]] = {}
        for kind in ("numbers", "facts"):
            place = folder / kind
            place.mkdir()
            both[kind] = json_figures(place, asked.cells, facts=kind == "facts")
        records = records_figures(folder, asked.cells)
    _, (first, *_) = Year(1).night(0)
    ours = {
        "bytes_written": written,
        "bytes_a_year": size,
        "seconds_a_night_median": statistics.median(took),
        "seconds_a_night_most": max(took),
        "processor_seconds_a_night_median": statistics.median(busy),
        "seconds_a_series_median": statistics.median(read),
        "seconds_a_series_most": max(read),
        "listed_series": series,
        "listed_changes": changes,
        "seconds_of_the_list": seconds,
    }
    numbers, facts = both["numbers"], both["facts"]
    ratios = {
        "bytes_of_asv_numbers_alone": numbers["bytes_a_year"] / size,
        "bytes_of_asv_with_the_same_facts": facts["bytes_a_year"] / size,
        "seconds_a_series_of_asv_numbers_alone": numbers["seconds_a_series"]
        / ours["seconds_a_series_median"],
        "seconds_a_night_of_asv_numbers_alone": numbers["seconds_a_night"]
        / ours["seconds_a_night_median"],
    }
    path = write_result(
        "history",
        asked.date,
        {
            "nights_written": asked.nights,
            "cells": asked.cells,
            "series_read_from_cells": those,
            "numbers_of_a_cell": len(first.numbers),
            "facts_of_a_cell": len(first.facts),
            "limits": {"bytes": MOST_BYTES, "series_s": MOST_READ_S, "night_s": MOST_WRITTEN_S},
            "history": ours,
            "asv_json_numbers_alone": numbers,
            "asv_json_with_the_same_facts": facts,
            "asv_json_to_ours": ratios,
            "records_of_one_night": records,
        },
    )
    print(
        f"history: {size / 1e9:.3f} GB a year of {asked.cells} cells ({asked.nights} nights were "
        f"written), a night "
        f"kept in {ours['seconds_a_night_median']:.2f} s (most {ours['seconds_a_night_most']:.2f}),"
        f" a series read in {1e3 * ours['seconds_a_series_median']:.2f} ms "
        f"(most {1e3 * ours['seconds_a_series_most']:.2f})"
    )
    print(f"{series} series of a year looked through in {seconds:.1f} s: {changes} changes")
    for told, one in (("numbers alone", numbers), ("the same facts", facts)):
        print(
            f"asv-style JSON, {told}: {one['bytes_a_year'] / 1e9:.2f} GB in {one['files_a_year']} "
            f"files, a night in {one['seconds_a_night']:.2f} s, a series in "
            f"{1e3 * one['seconds_a_series']:.1f} ms"
        )
    print("to ours: " + ", ".join(f"{name} {value:.1f}" for name, value in ratios.items()))
    print(
        f"records of one night: {records['bytes_a_night'] / 1e6:.0f} MB, of a year "
        f"{records['bytes_a_night'] * NIGHTS / 1e9:.1f} GB; {path}"
    )
    held = (
        size <= MOST_BYTES,
        ours["seconds_a_series_median"] <= MOST_READ_S,
        ours["seconds_a_night_median"] <= MOST_WRITTEN_S,
    )
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())

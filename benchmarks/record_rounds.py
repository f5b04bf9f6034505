"""Record real rounds of one cell against itself, from which the benchmarks of verdicts draw.

The cell trains as two cells that take turns, on the shipped subset of the data so that a round is
short; every difference between the two is noise. The rounds are written to
`results/real_rounds.json` in the order in which they ran, each with its times, its accuracy, some
single steps, and how busy other work kept the host. The default of 200 rounds takes about 25
minutes on two quiet cores; on a busy host, `busy_elsewhere` in the file shows it.

    python benchmarks/record_rounds.py --date 2026-11-29
"""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from results_file import arguments, write_result

from harness import standard
from harness.compare.facts import as_number, as_numbers
from harness.errors import Exit
from harness.model import Cell, Outcome, Record, Run, Suite
from harness.probing.probe import suite_probes
from harness.running.calibrated import AGAIN, CALIBRATIONS
from harness.running.perform import perform
from harness.running.progress import progress_for
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.suite.matrix import load_suite
from harness.suite.selection import select

CELL = "tf2.21.0-py3.13"
STEPS = 60
SINGLE_STEPS = 20
TIMES = ("step_seconds", "import_seconds", "evaluation_seconds", "first_step_seconds")
DIGITS = 6


def short(cell: Cell, steps: int) -> Cell:
    """The cell with this number of training steps."""
    return replace(cell, settings=(*cell.settings, ("mnist", (("steps", steps),))))


def alone(cell_id: str, steps: int) -> tuple[Suite, Cell]:
    """The default suite with that cell alone, under the name that calibrations have."""
    suite = load_suite(standard.default_suite())
    cell = short(select(suite, [cell_id], [])[0], steps)
    rules = replace(suite.rules, reference=cell.id)
    return replace(suite, name=CALIBRATIONS, cells=(cell,), rules=rules), cell


def recorded(
    store: Store,
    cell_id: str,
    steps: int,
    rounds: int,
    looks: tuple[int, ...] | None = None,
    *,
    allowing: bool = True,
) -> tuple[Run, tuple[Record, ...]]:
    """A run of the cell as two, and its records. Without `allowing`, no rule of the suite that lets
    times differ applies. Raises SystemExit if a signal ended it, because then the measurement is
    incomplete."""
    suite, cell = alone(cell_id, steps)
    if not allowing:
        suite = replace(suite, rules=replace(suite.rules, expectations=()))
    wanted = Wanted(rounds=rounds, looks=looks, again=True)
    probes = suite_probes(suite, ["mnist"])
    run, status = perform(suite, [cell], probes, wanted, store, progress_for(sys.stderr))
    if status is not Exit.OK:
        raise SystemExit(status)
    return run, store.records(run.id)


def round_of(record: Record) -> Mapping[str, Any]:
    """One round, as the file has it."""
    facts = record.facts
    told: dict[str, Any] = {
        "round": record.round,
        "side": "again" if record.cell.endswith(AGAIN) else "first",
        "place": record.observed.get("round.place"),
        "busy_elsewhere": record.observed.get("host.busy_elsewhere"),
        "stolen": record.observed.get("host.stolen"),
    }
    for name in TIMES:
        value = facts.get(f"mnist.{name}")
        series = as_numbers(value)
        number = statistics.median(series) if series else as_number(value)
        told[name] = None if number is None else round(number, DIGITS)
    told["test_accuracy"] = facts.get("mnist.test_accuracy")
    single = as_numbers(facts.get("mnist.step_seconds")) or ()
    told["steps"] = [round(one, DIGITS) for one in single[:SINGLE_STEPS]]
    return told


def in_order(records: Sequence[Record]) -> list[Record]:
    """The answers in the order in which they were given, without rounds that only one side has."""
    answers = [one for one in records if one.outcome is Outcome.OK]
    sides: dict[int, int] = {}
    for one in answers:
        sides[one.round] = sides.get(one.round, 0) + 1
    whole = [one for one in answers if sides[one.round] > 1]
    return sorted(whole, key=lambda one: (one.round, int(one.observed["round.place"] or 0)))


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="of each of the two sides")
    parser.add_argument("--cell", default=CELL)
    parser.add_argument("--steps", type=int, default=STEPS)
    asked = parser.parse_args()
    os.environ["HARNESS_DOWNLOAD"] = "0"
    os.environ.pop("HARNESS_DATA", None)
    with TemporaryDirectory() as folder, Store(Path(folder) / "rounds.sqlite3") as store:
        run, records = recorded(store, asked.cell, asked.steps, asked.rounds)
    rounds = [round_of(one) for one in in_order(records)]
    busy = [one["busy_elsewhere"] for one in rounds if one["busy_elsewhere"] is not None]
    path = write_result(
        "real_rounds",
        asked.date,
        {
            "cell": asked.cell,
            "steps_trained": asked.steps,
            "engine": run.engine.name,
            "host_flags": len(run.host.cpu_flags),
            "busy_elsewhere_median": statistics.median(busy) if busy else None,
            "rounds": rounds,
        },
    )
    print(f"{len(rounds)} rounds in {path}")


if __name__ == "__main__":
    main()

"""Injected drifts among innocent differences: is each found by name, and nothing else?

Needs Docker and the images of two cells of the default suite (`harness run --suite standard`). From
one of them, an image is made as a team would have it (the platform). From that, an innocent image
is made, with differences that this team's rules let pass or that no probe shows; and from that, one
image for each drift. The harness runs all of them; some drifts are injected into the records of the
rounds instead. A drift counts as found only if a finding of the intended kind has it in its
subject. Findings that the innocent differences raise on their own are false. Rows are kept by name,
so the whole can be measured in parts. Limits: all found, none false. About half an hour on two
quiet cores.

    python benchmarks/injected_drifts.py --date 2026-11-29
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from injected_changes import CHANGES, Change
from injected_platform import (
    INNOCENT,
    NAME,
    PYTHON,
    RULES,
    VERSION,
    changed,
    innocent,
    platform,
)
from injected_records import INJECTED, Injected
from injected_rows import FALSE, as_written, passed, row
from results_file import RESULTS, arguments, write_result

sys.path.append(str(Path(__file__).resolve().parents[1]))

from harness.compare.judge import judge
from harness.engines.oci.connection import connect
from harness.errors import Exit
from harness.machine.load import ELSEWHERE
from harness.model import Record, Run
from harness.probing.probe import suite_probes
from harness.running.perform import perform
from harness.running.progress import progress_for
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.suite.matrix import load_suite
from tests.real.suites import small_suite

WRITTEN = "injected_drifts"
PLATFORM, INNOCENTS = "platform", "innocent"
STEPS = {False: 10, True: 20}
"""Training steps, by whether rounds are compared."""
PROBES = {
    False: ["python", "packages", "libraries", "mnist"],
    True: ["python", "limits", "packages", "mnist"],
}
ROUNDS = 8
LEAST_INNOCENT = 20


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A run and its records."""

    run: Run
    records: tuple[Record, ...]


def ran(images: Mapping[str, str], folder: Path, store: Store, rounds: int) -> Ran:
    """Run the platform, the innocent image and those with a drift, as a suite."""
    over_rounds = rounds > 1
    cells = [
        {
            "id": name,
            "image": image,
            "interpreter": PYTHON,
            "framework": {"tensorflow": VERSION},
            "level": "L1",
            "settings": {"mnist": {"steps": STEPS[over_rounds]}},
        }
        for name, image in images.items()
    ]
    rules = [dict(one) for one in RULES]
    suite = load_suite(
        small_suite(folder, *cells, name="injected", reference=PLATFORM, expectations=rules)
    )
    wanted = Wanted(rounds=rounds)
    probes = suite_probes(suite, PROBES[over_rounds])
    run, ended = perform(suite, suite.cells, probes, wanted, store, progress_for(sys.stderr))
    if ended is not Exit.OK:
        raise SystemExit(int(ended))
    return Ran(run=run, records=store.records(run.id))


def rows_of(
    done: Ran, changes: Iterable[Change], injected: Iterable[Injected]
) -> list[dict[str, Any]]:
    """The rows of one run: first the images, then what is injected into the innocent image's
    records."""
    judged = {one.row: one for one in judge(done.run, done.records).cells}
    control = judged[INNOCENTS].findings
    rows = [row(one, judged[one.name], control) for one in changes]
    own = [one for one in done.records if one.cell == INNOCENTS]
    others = [one for one in done.records if one.cell != INNOCENTS]
    for one in injected:
        again = judge(done.run, [*others, *one.into(own)])
        (found,) = (cell for cell in again.cells if cell.row == INNOCENTS)
        rows.append(row(one, found, control))
    return rows


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--only", default="*", help="a glob of drifts; others keep their rows")
    parser.add_argument(
        "--part", choices=("one-round", "rounds"), help="those that show in one round, or others"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of those that need rounds")
    parser.add_argument("--store", type=Path, help="keeps the runs; else they are not kept")
    parser.add_argument("--keep", action="store_true", help="leave the images on the engine")
    asked = parser.parse_args()
    os.environ["HARNESS_DOWNLOAD"] = "0"
    os.environ.pop("HARNESS_DATA", None)
    client = connect(timeout_s=600)
    try:
        base = platform(client)
        common = {PLATFORM: base, INNOCENTS: innocent(client, base)}
        with (
            TemporaryDirectory() as folder,
            Store(asked.store or Path(folder) / "store.sqlite3") as store,
        ):
            for part, over_rounds in (("one-round", False), ("rounds", True)):
                wanted = [
                    one
                    for one in CHANGES
                    if one.over_rounds is over_rounds and fnmatchcase(one.name, asked.only)
                ]
                injected = [one for one in INJECTED if fnmatchcase(one.name, asked.only)]
                injected = injected if over_rounds else []
                if asked.part not in (None, part) or not (wanted or injected):
                    continue
                made = {
                    one.name: changed(client, one.name, common[INNOCENTS], one.files, one.lines)
                    for one in wanted
                }
                rounds = asked.rounds if over_rounds else 1
                found = ran({**common, **made}, Path(folder) / part, store, rounds)
                told = kept()
                told["rows"].update({one["name"]: one for one in rows_of(found, wanted, injected)})
                told["innocent"][part] = alone(found)
                write(asked.date, told)
    finally:
        if not asked.keep:
            remove(client)
        client.close()
    return report(kept())


def kept() -> dict[str, dict[str, Any]]:
    """The existing rows by name, and the findings about the innocent image by part."""
    path = RESULTS / f"{WRITTEN}.json"
    document = json.loads(path.read_text("utf-8")) if path.exists() else {}
    rows = {one["name"]: one for one in document.get("rows", ())}
    return {"rows": rows, "innocent": document.get("of_the_innocent_image", {})}


def alone(done: Ran) -> dict[str, Any]:
    """The findings about the image that has only innocent differences."""
    (found,) = (one for one in judge(done.run, done.records).cells if one.row == INNOCENTS)
    return {
        "facts_let_pass": passed(found),
        "false": [as_written(one) for one in found.findings if one.verdict in FALSE],
        "left_open": [as_written(one) for one in found.findings if one.verdict not in FALSE],
        "rounds": done.run.rounds,
        "busy_elsewhere": _busy(done.records),
    }


def _busy(records: Iterable[Record]) -> float | None:
    """How many processors other processes kept busy while it ran: the median over the rounds."""
    seen = [one.observed.get(ELSEWHERE) for one in records]
    numbers = [one for one in seen if isinstance(one, float | int)]
    return round(statistics.median(numbers), 2) if numbers else None


def remove(client: Any) -> None:
    """Remove the images that were made."""
    for image in client.images():
        for name in image["RepoTags"] or ():
            if name.startswith(f"{NAME}-"):
                client.remove_image(name, force=True)


def figures_of(told: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The content of the results file."""
    order = [one.name for one in (*CHANGES, *INJECTED)]
    rows = [told["rows"][name] for name in order if name in told["rows"]]
    innocent = told["innocent"]
    false = sum(len(one["false"]) for one in innocent.values())
    return {
        "drifts": len(rows),
        "found": sum(one["found"] for one in rows),
        "by_changing_an_image": sum(one["by"] == "an image" for one in rows),
        "not_measured": [name for name in order if name not in told["rows"]],
        "innocent_differences": len(INNOCENT),
        "least_innocent_facts": min((one["innocent_facts"] for one in rows), default=0),
        "false_findings": false + sum(one["of_innocents"] for one in rows),
        "of_the_innocent_image": innocent,
        "innocent": [one.told for one in INNOCENT],
        "rows": rows,
    }


def write(date: str, told: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the results so far."""
    write_result(WRITTEN, date, figures_of(told))


def report(told: Mapping[str, Mapping[str, Any]]) -> int:
    """Print what was found; returns the exit status."""
    figures = figures_of(told)
    for one in figures["rows"]:
        mark = "found " if one["found"] else "MISSED"
        said = (one["finding"] or {}).get("headline", "")
        print(f"{mark} {one['area']:11} {one['name']}: {said}")
    held = (
        figures["found"] == figures["drifts"]
        and not figures["not_measured"]
        and not figures["false_findings"]
        and figures["least_innocent_facts"] >= LEAST_INNOCENT
    )
    print(
        f"{figures['found']} of {figures['drifts']} drifts found by name "
        f"({figures['by_changing_an_image']} of them by changing an image), each among "
        f"{figures['innocent_differences']} innocent differences, at least "
        f"{figures['least_innocent_facts']} of which probes tell; "
        f"{figures['false_findings']} false findings; {len(figures['not_measured'])} not measured; "
        f"{'within' if held else 'BEYOND'} the limits"
    )
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())

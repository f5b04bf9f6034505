"""Two nights of 10,000 cells with 200 facts each: from the store to events, HTML, JSON, Markdown.

Limits: 5 s and 1 GiB, and a page of at most 2 MB that Chromium opens within 2 s.

The records come from `many_cells` (which explains what is shared between cells and which numbers
differ in each) and are put into a store. Then one fresh process reads both nights, checks that the
baseline is the accepted one, judges, compares tonight with it, and writes the three reports with
the pages of single cells; it reports its own times (of a clock, and of the processor, which other
work on the machine changes less) and its largest resident size. The same run also
measures the floor for anything that looks at every value: the time to only read the facts as JSON.
`--measured` makes more of the 200 facts numbers that differ in each cell and night. Debian's
Chromium opens the page offline, until its `load` event and the first paint.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import many_cells
from results_file import arguments, write_result

LIMIT_S, LIMIT_MIB, LIMIT_PAGE_MB, LIMIT_OPEN_S = 5.0, 1024, 2.0, 2.0
BROWSER = Path("/usr/bin/chromium")
REPORTS = (("html", "html"), ("json", "json"), ("markdown", "md"))


def filled(path: Path, count: int, measured: int) -> None:
    """Create a store with both nights, each written in one transaction."""
    from harness.store.database import Database
    from harness.store.rows import put_first_record, put_run

    cells = many_cells.cells_of(count)
    broken = many_cells.broken_of(cells)
    database = Database(path)
    for number in (0, 1):
        run, records = many_cells.night(number, cells, broken, measured)
        with database.writing() as connection:
            put_run(connection, run, owner="", imported=False)
            for record in records:
                put_first_record(connection, record)
            connection.execute(
                "UPDATE runs SET ended = ?, state = 'complete' WHERE id = ?", (run.ended, run.id)
            )
    database.close()


def measure(store: Path, folder: Path) -> dict[str, Any]:
    """The time of each part in a fresh process; must be called in one."""
    parts: dict[str, float] = {}
    processor: dict[str, float] = {}
    began = last = time.perf_counter()
    used = time.process_time()

    def done(part: str) -> None:
        nonlocal last, used
        now, so_far = time.perf_counter(), time.process_time()
        parts[part], processor[part] = round(now - last, 3), round(so_far - used, 3)
        last, used = now, so_far

    import gc

    gc.set_threshold(200_000, 20, 20)  # As the command line does.
    from harness.commands.baseline import KnownBaseline, held_night
    from harness.compare.judge import judge
    from harness.formats import pages_beside, render
    from harness.nights.telling import first_line
    from harness.nights.values import Accepted, Baseline
    from harness.store.store import Store
    from harness.store.transfer import export_is

    done("imports")
    with Store(store) as opened:
        first, tonight = (opened.run(one.id) for one in reversed(opened.runs()))
        accepted = json.loads((folder / "accepted.json").read_text("utf-8"))
        baseline = Baseline(run=first.id, export=accepted)
        assert export_is(opened, first.id, accepted), "it is another export"
        done("the baseline is the accepted one")
        before, records = opened.records(first.id), opened.records(tonight.id)
        done("records read")
        judgement = judge(tonight, records)
        done("tonight judged")
        known = KnownBaseline(accepted=Accepted(baseline=baseline), run=first, records=before)
        night = held_night(known, judgement, records, opened)
        done("held against the baseline")
    sizes = {}
    for name, ending in REPORTS:
        text = render(name, night)
        (folder / f"report.{ending}").write_text(text, "utf-8")
        sizes[name] = round(len(text.encode()) / 1e6, 3)
        done(name)
    count = 0
    for place, text in pages_beside(night):
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_text(text, "utf-8")
        count += 1
    done("pages of single cells")
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "first_line": first_line(night.events),
        "seconds": round(time.perf_counter() - began, 3),
        "processor_seconds": round(usage.ru_utime + usage.ru_stime, 3),
        "largest_mib": usage.ru_maxrss // 1024,
        "parts": parts,
        "processor_parts": processor,
        "megabytes": sizes,
        "pages": count,
    }


def floor(store: Path) -> float:
    """Seconds to read every fact of both nights as JSON once, and to do nothing else."""
    began = time.perf_counter()
    connection = sqlite3.connect(store)
    for (body,) in connection.execute(
        "SELECT facts.body FROM records JOIN facts ON facts.digest = records.facts"
    ):
        json.loads(body)
    connection.close()
    return round(time.perf_counter() - began, 3)


def opened(page: Path) -> dict[str, float] | None:
    """How long Chromium takes to open the page; None if there is no Chromium."""
    if not BROWSER.is_file():
        return None
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(BROWSER), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(offline=True)
        tab = context.new_page()
        tab.goto("about:blank")
        began = time.perf_counter()
        tab.goto(page.as_uri(), wait_until="load")
        loaded = time.perf_counter() - began
        tab.screenshot()
        shown = time.perf_counter() - began
        browser.close()
    return {"load_seconds": round(loaded, 3), "shown_seconds": round(shown, 3)}


def main() -> int:
    if len(sys.argv) == 4 and sys.argv[1] == "--in-one-process":
        print(json.dumps(measure(Path(sys.argv[2]), Path(sys.argv[3]))))
        return 0
    parser = arguments(__doc__)
    parser.add_argument("--cells", type=int, default=10_000)
    parser.add_argument("--measured", type=int, default=many_cells.MEASURED)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        store = folder / "store.sqlite3"
        filled(store, wanted.cells, wanted.measured)
        from harness.store.store import Store
        from harness.store.transfer import export_digest

        with Store(store, readonly=True) as kept:
            digest = export_digest(kept, kept.runs()[-1].id)
        (folder / "accepted.json").write_text(json.dumps(digest), "utf-8")
        least = floor(store)
        command = [sys.executable, __file__, "--in-one-process", str(store), str(folder)]
        told = subprocess.run(
            command, stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONHASHSEED": "0"}
        )
        figures = json.loads(told.stdout)
        browser = opened(folder / "report.html")
    page = figures["megabytes"]["html"]
    within = {
        "seconds": figures["seconds"] <= LIMIT_S,
        "memory": figures["largest_mib"] <= LIMIT_MIB,
        "page": page <= LIMIT_PAGE_MB,
        "open": browser is not None and browser["shown_seconds"] <= LIMIT_OPEN_S,
    }
    path = write_result(
        "ten_thousand_cells",
        wanted.date,
        {
            "cells": wanted.cells,
            "facts_of_a_cell": many_cells.FACTS,
            "measured_facts_of_a_cell": wanted.measured,
            **figures,
            "floor_seconds": least,
            "chromium": browser,
            "limits": {
                "seconds": LIMIT_S,
                "mib": LIMIT_MIB,
                "page_mb": LIMIT_PAGE_MB,
                "open_seconds": LIMIT_OPEN_S,
            },
            "within": within,
        },
    )
    print(json.dumps({**figures, "floor": least, "chromium": browser, "within": within}, indent=1))
    print(path)
    return 0 if all(within.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

"""`harness run`: select or take on, perform, judge, report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.commands.runs import find_run
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.errors import Exit, HarnessError, worst
from harness.formats import render
from harness.machine.files import atomic_write, check_folder
from harness.machine.owner import owner_alive
from harness.probing.probe import suite_probes
from harness.running.aloud import aloud
from harness.running.perform import perform
from harness.running.progress import Progress
from harness.running.resume import resumable
from harness.running.session import open_suite, places
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.suite.selection import select


def run(wanted: Wanted, progress: Progress) -> tuple[Judgement, Exit]:
    """Run the selection and judge it; reports are written beside.

    An interrupted run is judged as far as it went, with its own exit status. Raises HarnessError
    where nothing was started, or the store failed.
    """
    suite = open_suite(wanted.suite)
    check_folder(places().reports)
    with Store(places().store) as store:
        if wanted.resume:
            store.interrupted(owner_alive)
            named, _ = find_run(store, wanted.resume, suite.name)
            resumed = resumable(named, suite, wanted)
            wanted = replace(wanted, engine=resumed.run.engine.name, rounds=resumed.run.rounds)
            cells, probes, taken = resumed.cells, resumed.probes, resumed.run
        else:
            cells = select(suite, wanted.cells, wanted.tags)
            probes, taken = suite_probes(suite, wanted.probes), None
        finished, status = perform(suite, cells, probes, wanted, store, progress, taken)
        records, attempts = store.records(finished.id), store.attempts(finished.id)
    with aloud(f"judging run {finished.id}"):
        judgement = judge(
            finished, records, attempts=attempts, require_verified=wanted.require_verified
        )
        judgement = replace(
            judgement,
            own=True,
            suite=str(wanted.suite or ""),
            exit=judgement.exit if status is Exit.OK else status,
        )
        try:
            write_reports(judgement)
        except (HarnessError, OSError) as error:
            # The report itself is not lost with its copies.
            why = error.message if isinstance(error, HarnessError) else str(error)
            told = f"the copies of this report could not be written: {why}"
            judgement = replace(
                judgement,
                notices=(*judgement.notices, told),
                exit=worst((judgement.exit, Exit.INFRASTRUCTURE)),
            )
    return judgement, judgement.exit


def write_reports(judgement: Judgement) -> tuple[Path, ...]:
    """The run's reports as Markdown and JSON; where they lie."""
    folder = places().reports / judgement.run.id
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, ending in (("markdown", "md"), ("json", "json")):
        path = folder / f"report.{ending}"
        atomic_write(path, render(name, judgement).encode())
        written.append(path)
    return tuple(written)

"""`harness run`: select cells or resume a run, perform it, judge it and report; with a baseline, as
a night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from harness.commands.baseline import held_night, known_of
from harness.commands.output import written_beside
from harness.commands.runs import find_run
from harness.commands.times import run_again
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.errors import Exit, HarnessError, StoreError, UsageError, worst
from harness.formats import pages_beside, render
from harness.machine.files import atomic_write, check_folder
from harness.machine.owner import owner_alive
from harness.model import Cell, Record, Run, Suite
from harness.nights.values import Night
from harness.probing.probe import suite_probes
from harness.running.aloud import aloud
from harness.running.perform import perform
from harness.running.progress import Progress
from harness.running.remembering import remember
from harness.running.resume import resumable
from harness.running.session import open_suite, places
from harness.running.wanted import Wanted
from harness.store.store import Store
from harness.suite.selection import select, tags_of, with_tags


def run(
    wanted: Wanted, progress: Progress, *, baseline: bool = False
) -> tuple[Judgement | Night, Exit]:
    """Run the selection and judge it; with `baseline`, compare it with the suite's. Copies of the
    report are written as well.

    An interrupted run is judged as far as it went and keeps its own exit status. Raises
    HarnessError if nothing was started, or if the store failed.
    """
    if wanted.shard is not None and baseline:
        raise UsageError(
            "a shard by itself is not compared with the baseline: it lacks the other shards' cells",
            remedy="merge the shards first, then: harness compare --baseline",
        )
    suite = open_suite(wanted.suite)
    check_folder(places().reports)
    with Store(places().store) as store:
        known = known_of(suite, store) if baseline else None
        if wanted.resume:
            store.interrupted(owner_alive)
            named, _ = find_run(store, wanted.resume, suite.name)
            resumed = resumable(named, suite, wanted)
            wanted = replace(wanted, engine=resumed.run.engine.name, rounds=resumed.run.rounds)
            cells, probes, taken = resumed.cells, resumed.probes, resumed.run
        else:
            suite = with_tags(suite, tags_of(suite, wanted.cells, wanted.tags))
            cells = select(suite, wanted.cells, wanted.tags)
            probes, taken = suite_probes(suite, wanted.probes, cells), None
        finished, status = perform(suite, cells, probes, wanted, store, progress, taken)
        records, attempts = store.records(finished.id), store.attempts(finished.id)
        with aloud(f"judging run {finished.id}"):
            judgement = judge(
                finished, records, attempts=attempts, require_verified=wanted.require_verified
            )
        judgement = replace(judgement, own=True, suite=str(wanted.suite or ""))
        told: Judgement | Night = judgement
        if known is not None:
            asked = missed(known.run.cells, suite, wanted)
            if status is Exit.OK:
                status = run_again(known, (finished, records), suite, wanted, store, progress)
            told = held_night(known, judgement, records, store, asked)
        if status is Exit.OK:
            told = remembered(told, store, finished, records)
    told = replace(told, exit=told.exit if status is Exit.OK else status)
    with aloud(f"writing the reports of run {finished.id}"):
        try:
            write_reports(told)
        except (HarnessError, OSError) as error:
            # The report itself must not be lost with its copies.
            why = error.message if isinstance(error, HarnessError) else str(error)
            told = replace(
                told,
                notices=(*told.notices, f"the copies of this report could not be written: {why}"),
                exit=worst((told.exit, Exit.INFRASTRUCTURE)),
            )
    return told, told.exit


def remembered(
    told: Judgement | Night, store: Store, run: Run, records: Sequence[Record]
) -> Judgement | Night:
    """The same, with a notice if the run could not be written to the history; the next `harness
    history` makes up for it."""
    try:
        remember(store, run, records)
    except StoreError as error:
        notice = f"this run could not be added to the history yet: {error.message}"
        return replace(told, notices=(*told.notices, notice))
    return told


def missed(cells: Sequence[Cell], suite: Suite, wanted: Wanted) -> frozenset[str]:
    """The cells of the baseline that this selection would have taken. If the run does not have
    them, they have vanished."""
    tags = wanted.tags or (() if wanted.cells else suite.default)
    return frozenset(
        one.id
        for one in cells
        if (not wanted.cells or any(fnmatchcase(one.id, glob) for glob in wanted.cells))
        and (not tags or any(tag in one.tags for tag in tags))
    )


def write_reports(judged: Judgement | Night) -> tuple[Path, ...]:
    """The run's reports as Markdown, JSON and a page; where they lie."""
    run = judged.judgement.run if isinstance(judged, Night) else judged.run
    folder = places().reports / run.id
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, ending in (("markdown", "md"), ("json", "json"), ("html", "html")):
        path = folder / f"report.{ending}"
        atomic_write(path, render(name, judged).encode())
        written.append(path)
    written_beside(pages_beside(judged), folder / "report.html")
    return tuple(written)

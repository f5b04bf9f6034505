"""`harness run`: plan, perform, judge, report."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.datasets.dataset import DataSet, find_dataset
from harness.engines import Engine
from harness.errors import Exit, UsageError
from harness.formats import render
from harness.machine.files import atomic_write
from harness.machine.owner import owner_alive
from harness.model import Cell, Probe, Run, Suite
from harness.probing.probe import applies, suite_probes
from harness.running.progress import Progress
from harness.running.resume import check_same, resumable
from harness.running.runner import Interrupted, Plan, execute
from harness.running.session import (
    AUTO,
    REPLAY,
    check_settings,
    open_suite,
    opened_engine,
    orders,
    places,
    workshop,
)
from harness.store.store import Store
from harness.suite.selection import select
from harness.suite.words import Complaint, size_in_bytes

REUSED = "answers that nothing can have changed are repeated from earlier runs (--reuse)"
BUDGET_VARIABLE = "HARNESS_DISK_BUDGET"


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What the command line asks of a run."""

    suite: Path | None = None
    cells: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    rounds: int = 1
    engine: str = AUTO
    refresh_bases: bool = False
    offline: bool = False
    require_verified: bool = False
    recordings: Path | None = None
    """What the engine replay answers from."""
    record_to: Path | None = None
    """Where what the engine says is recorded."""
    disk_budget: str = ""
    """What images may take on the engine's disk; else HARNESS_DISK_BUDGET, else what is free."""
    reuse: bool = False
    """Answers that nothing can have changed are repeated from earlier runs."""
    resume: str = ""
    """An interrupted run, or its beginning: only what it lacks is done."""


def run(wanted: Wanted, progress: Progress) -> tuple[Judgement, Exit]:
    """Run the selection and judge it; reports are written beside.

    An interrupted run is judged as far as it went, with its own exit status. Raises HarnessError
    where nothing was started, or the store failed.
    """
    suite = open_suite(wanted.suite)
    with Store(places().store) as store:
        if wanted.resume:
            store.interrupted(owner_alive)
            resumed = resumable(store.resolve(wanted.resume), suite, wanted)
            wanted = replace(wanted, engine=resumed.run.engine.name, rounds=resumed.run.rounds)
            cells, probes, taken = resumed.cells, resumed.probes, resumed.run
        else:
            cells = select(suite, wanted.cells, wanted.tags)
            probes, taken = suite_probes(suite, wanted.probes), None
        finished, status = perform(suite, cells, probes, wanted, store, progress, taken)
        records = store.records(finished.id)
    judgement = judge(finished, records, require_verified=wanted.require_verified)
    write_reports(judgement)
    return judgement, status if status is not Exit.OK else judgement.exit


def perform(
    suite: Suite,
    cells: Sequence[Cell],
    probes: Sequence[Probe],
    wanted: Wanted,
    store: Store,
    progress: Progress,
    resumed: Run | None = None,
) -> tuple[Run, Exit]:
    """Everything between a selection and a finished run in the store.

    The status is OK, or that of the signal that ended it. With `resumed`, that run is taken on.
    """
    if wanted.rounds < 1:
        raise UsageError(f"--rounds must be at least 1, not {wanted.rounds}")
    if wanted.offline and wanted.refresh_bases:
        raise UsageError(
            "--refresh-bases fetches what --offline forbids", remedy="leave one of them away"
        )
    name = _engine_name(wanted, cells)
    asking = [one for one in probes if any(applies(one, cell) for cell in cells)]
    dataset = None if name == REPLAY else dataset_for(asking, offline=wanted.offline)
    check_settings(cells, suite_probes(suite))
    planned = orders(suite, cells)
    store.interrupted(owner_alive)
    shop = workshop(
        suite,
        refresh_bases=wanted.refresh_bases,
        offline=wanted.offline,
        recordings=wanted.recordings,
        disk_budget=disk_budget(wanted.disk_budget, os.environ),
    )
    began: list[Run] = []
    with opened_engine(name, shop) as (engine, said), progress:
        if name == REPLAY:
            dataset, said = _recorded(engine)
        if wanted.record_to is not None:
            engine = _recording(engine, wanted.record_to, dataset)
        notices: tuple[str, ...] = (dataset.notice,) if dataset and dataset.notice else ()
        notices += (REUSED,) if wanted.reuse else ()
        for notice in (*notices, *said):
            progress.notice(notice)
        plan = Plan(
            suite=suite,
            orders=planned,
            probes=tuple(probes),
            rounds=wanted.rounds,
            dataset=dataset,
            notices=(*notices, *said),
            reuse=wanted.reuse,
            resumed=resumed,
        )
        if resumed is not None:
            check_same(resumed, store.records(resumed.id), planned, engine, dataset)

        def begin(made: Run) -> None:
            began.append(made)
            progress.begin(made)

        try:
            finished = execute(
                plan, engine, store, tell=progress.tell, recorded=progress.recorded, began=begin
            )
        except Interrupted as interruption:
            return store.run(began[0].id), Exit(128 + interruption.signal)
    return finished, Exit.OK


def disk_budget(option: str, environment: Mapping[str, str]) -> int | None:
    """Bytes that the option, else the environment names; None: neither. Raises UsageError."""
    for named, text in (
        ("--disk-budget", option),
        (BUDGET_VARIABLE, environment.get(BUDGET_VARIABLE, "")),
    ):
        if text:
            try:
                return size_in_bytes(text)
            except Complaint as complaint:
                raise UsageError(
                    f"{named}: {text!r}: {complaint.message}", remedy=complaint.remedy
                ) from None
    return None


def _engine_name(wanted: Wanted, cells: Sequence[Cell]) -> str:
    """The engine to take; no container engine is needed for interpreters of this host alone."""
    if wanted.engine == AUTO and cells and all(cell.host for cell in cells):
        return "host"
    if wanted.recordings is not None and wanted.engine != REPLAY:
        raise UsageError(
            f"only the engine replay answers from recordings, not {wanted.engine}",
            remedy="--engine replay --recordings DIR",
        )
    if wanted.record_to is not None and wanted.engine == REPLAY:
        raise UsageError(
            "what is replayed cannot be recorded again",
            remedy="take another engine, or no --record-to",
        )
    if wanted.reuse and (wanted.record_to is not None or wanted.engine == REPLAY):
        raise UsageError(
            "answers are repeated from runs of a real engine, and cannot be recorded again",
            remedy="leave --reuse away",
        )
    return wanted.engine


def _recorded(engine: Engine) -> tuple[DataSet | None, tuple[str, ...]]:
    """The data set of a replay, and what must be said of it."""
    from harness.engines.replay import ReplayEngine

    assert isinstance(engine, ReplayEngine), "replay is one"
    return engine.data(), (engine.notice(),)


def _recording(engine: Engine, folder: Path, dataset: DataSet | None) -> Engine:
    from harness.engines.recording import RecordingEngine
    from harness.engines.recordings import RecordedData

    data = None
    if dataset is not None:
        data = RecordedData(name=dataset.name, digest=dataset.digest, notice=dataset.notice)
    return RecordingEngine(engine, folder, data)


def dataset_for(probes: Sequence[Probe], *, offline: bool) -> DataSet | None:
    """The data set the probes ask for; None where none does. Raises UsageError."""
    names = sorted({probe.dataset for probe in probes if probe.dataset})
    if not names:
        return None
    if len(names) > 1:
        raise UsageError(f"probes of one run share one data set, not {', '.join(names)}")
    where = places()
    download = not offline and os.environ.get("HARNESS_DOWNLOAD", "1") != "0"
    return find_dataset(names[0], where.data, where.cache / "data", download)


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

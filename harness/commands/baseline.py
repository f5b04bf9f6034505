"""The baseline of a suite: reading accepted.yaml, finding its records, comparing runs with it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.errors import UsageError
from harness.history.rhythm import gap_before
from harness.model import KeptNight, Record, Run, Suite
from harness.nights.accepted import FILE_NAME
from harness.nights.night import MOST_NIGHTS, JudgedRun, Nights
from harness.nights.seen import SeenNight
from harness.nights.times import kept_under
from harness.nights.values import Accepted, Baseline, Night
from harness.running.accepted_here import AcceptedFile, accepted_file
from harness.running.aloud import aloud
from harness.store.store import Store
from harness.store.transfer import export_digest, export_is, read_export


@dataclass(frozen=True, kw_only=True, slots=True)
class KnownBaseline:
    """What is accepted for a suite, with the records of its baseline."""

    accepted: Accepted
    run: Run
    records: Sequence[Record]


def known_of(suite: Suite, store: Store) -> KnownBaseline:
    """What is accepted for a suite; commands that need it call this before anything starts. Raises
    AcceptedError, and UsageError if nothing is accepted or the baseline's records cannot be
    found."""
    file = accepted_file(suite)
    if file is None:
        raise UsageError(
            f"there is no {FILE_NAME} beside the matrix.yaml of the suite {suite.name}: it has no "
            "baseline",
            remedy="`harness accept RUN` makes a run the baseline",
        )
    with aloud(f"finding the baseline {file.accepted.baseline.run}"):
        run, records = _records(file, store)
    if run.suite != suite.name:
        raise UsageError(
            f"the baseline {run.id} belongs to the suite {run.suite}, not to {suite.name}",
            remedy="`harness accept RUN` makes a run of this suite the baseline",
        )
    return KnownBaseline(accepted=file.accepted, run=run, records=records)


def _records(file: AcceptedFile, store: Store) -> tuple[Run, Sequence[Record]]:
    """The baseline and its records, from the store or else from the export beside the file. Either
    must equal the export that was accepted."""
    baseline = file.accepted.baseline
    looked = []
    try:
        run = store.run(baseline.run)
    except UsageError:
        looked.append(f"the store {store.path} has no run {baseline.run}")
    else:
        if export_is(store, run.id, baseline.export):
            return run, store.records(run.id)
        looked.append(
            f"the run {run.id} in the store {store.path} is not the one that was accepted"
        )
    beside = file.path.with_name(f"{baseline.run}.jsonl")
    if not beside.is_file():
        looked.append(f"there is no {beside}")
    elif _digest(beside) != baseline.export:
        looked.append(f"{beside} is not the export that was accepted")
    else:
        return read_export(beside)
    raise UsageError(
        f"the records of the baseline were not found: {'; '.join(looked)}",
        remedy=f"run `harness export {baseline.run} {beside.name}` where the run was made, and put "
        f"that file beside {FILE_NAME} or `harness import` it; or accept another run",
    )


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as opened:
            while block := opened.read(1024**2):
                digest.update(block)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from None
    return digest.hexdigest()


def held_night(
    known: KnownBaseline,
    judgement: Judgement,
    records: Sequence[Record],
    store: Store,
    asked: Collection[str] | None = None,
) -> Night:
    """Compare a judged run with the baseline and with the nights between that the store has.

    `asked` names the cells of the baseline that the run was supposed to have; None: all of them.
    """
    base = judge(known.run, known.records, whole=False)
    nights = Nights(JudgedRun(judgement=base, records=known.records), known.accepted)
    run = judgement.run
    with aloud(f"comparing run {run.id} with the baseline {known.run.id}"):
        again = asked_again(store, run.id)
        tonight = nights.seen(JudgedRun(judgement=judgement, records=records, again=again), asked)
        history: list[SeenNight] = []
        notices = _gap(store, run)
        for earlier in store.runs_between(run.suite, known.run.started, run.started):
            if earlier.shard is not None:
                continue  # A shard is not a night; the merged run is.
            if nights.suffices(tonight, history):
                break
            if len(history) == MOST_NIGHTS:
                notices.append(
                    f"only the newest {MOST_NIGHTS} nights since the baseline were read: an event "
                    "that all of them have may have begun earlier"
                )
                break
            told = store.records(earlier.id)
            again = asked_again(store, earlier.id)
            one = JudgedRun(judgement=judge(earlier, told, whole=False), records=told, again=again)
            # A run of only some cells, made meanwhile, was never supposed to have the others, so
            # none of them counts as missing.
            whole = {cell.id for cell in run.cells} <= {cell.id for cell in earlier.cells}
            history.insert(0, nights.seen(one, asked if whole else ()))
        return nights.night(judgement, tonight, history, notices)


def _gap(store: Store, run: Run) -> list[str]:
    """A notice if nights are missing before this one; else an empty list."""
    begun = store.history.begun(run.suite, until=run.started, most=MOST_NIGHTS)
    tonight = KeptNight(run=run.id, started=run.started, cells=len(run.cells))
    told = gap_before((*(one for one in begun if one.run != run.id), tonight))
    return [told] if told else []


def asked_again(store: Store, run: str) -> tuple[tuple[Run, tuple[Record, ...]], ...]:
    """The complete runs, imported ones included, that measured cells of a run in turns with the
    baseline's image, each with its records, newest first."""
    found = store.runs_between(kept_under(run), "", _EVER)
    return tuple((one, store.records(one.id)) for one in found)


_EVER = "~"
"""Sorts after every start time of a run."""


def as_baseline(store: Store, run: Run) -> Baseline:
    """The entry in accepted.yaml for a run that becomes the baseline."""
    return Baseline(run=run.id, export=export_digest(store, run.id))

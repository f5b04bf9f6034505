"""Merging: imports the runs of several exports and stores into one store.

Runs that are in the store already stay as they are; the shards of one plan become the one run that
they were planned as. Every file is checked before anything is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.errors import UsageError
from harness.model import Attempt, MergedShard, Record, Run, SecondOpinion
from harness.store.joining import Part, joined, missing_shards
from harness.store.store import Store
from harness.store.transfer import MAX_PLANNED, read_entries

_SQLITE = b"SQLite format 3\0"

Entry = Record | Attempt | SecondOpinion


@dataclass(frozen=True, kw_only=True, slots=True)
class MergeResult:
    """The result of a merge."""

    run: Run | None
    """The run that the shards were planned as; None if there were no shards."""
    others: tuple[Run, ...] = ()
    """The other runs, oldest first."""

    @property
    def missing(self) -> tuple[MergedShard, ...]:
        """The shards of the plan that no file had."""
        return missing_shards(self.run) if self.run is not None else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _RunFound:
    """A run in a file; its entries are read when it is imported."""

    run: Run
    source: str
    entries: Callable[[], Iterable[Entry]]


def merge(store: Store, paths: Sequence[Path]) -> MergeResult:
    """Import every run of these files (exports and stores); shards become the run they belong to.

    The order of the files makes no difference, nor does naming a file twice or merging it again.
    UsageError, with nothing imported, if a file is neither an export nor a store, or if shards do
    not belong together; StoreError if two files have different records of one run.
    """
    found = [one for path in dict.fromkeys(paths) for one in _runs_of(path)]
    shards = [one for one in found if one.run.shard is not None]
    run = joined([Part(run=one.run, source=one.source) for one in shards]) if shards else None
    if run is not None and run.most_rounds * len(run.pairs) > MAX_PLANNED:
        raise UsageError(
            f"{shards[0].source}: its plan has more than {MAX_PLANNED} records",
            remedy="merge the shards of a smaller selection",
        )
    others = {}
    for one in sorted(found, key=lambda each: (each.run.started, each.run.id)):
        if one.run.shard is None:
            others[one.run.id] = store.take_in(one.run, one.entries())
    if run is not None:
        run = store.take_in(run, _renamed(run.id, shards))
    return MergeResult(run=run, others=tuple(others.values()))


def _runs_of(path: Path) -> Iterator[_RunFound]:
    """Yield the one run of an export, or every run of a store."""
    try:
        with path.open("rb") as opened:
            is_store = opened.read(len(_SQLITE)) == _SQLITE
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror or error}",
            remedy="name files of harness export, or stores",
        ) from None
    if not is_store:
        run, entries = read_entries(path)
        yield _RunFound(run=run, source=str(path), entries=lambda: entries)
        return
    with Store(path, readonly=True) as other:
        runs = [other.run(summary.id) for summary in other.runs()]
    for run in runs:
        yield _RunFound(run=run, source=str(path), entries=_StoredRun(path, run))


@dataclass(frozen=True, slots=True)
class _StoredRun:
    """Yields, when called, everything that a store has of a run."""

    path: Path
    run: Run

    def __call__(self) -> Iterator[Entry]:
        with Store(self.path, readonly=True) as store:
            yield from store.records(self.run.id)
            yield from store.attempts(self.run.id)
        yield from self.run.opinions or ()


def _renamed(run: str, shards: Iterable[_RunFound]) -> Iterator[Entry]:
    """Yield the entries of the shards, moved to the run that the shards become."""
    for shard in shards:
        for one in shard.entries():
            if isinstance(one, Record):
                yield replace(one, run=run)
            elif isinstance(one, Attempt):
                yield replace(one, record=replace(one.record, run=run))
            else:
                yield one

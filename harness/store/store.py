"""Runs, their planned keys and records: written once, found again.

A record that `record` returned from is on the disk: it survives a kill, a full disk, another
writer. Writing the same again changes nothing; something else under the same key is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from harness.errors import InternalError, StoreError, UnreadableRunError, UsageError
from harness.machine.owner import owner_token
from harness.model import Attempt, Facts, Record, Run, SecondOpinion
from harness.serial import decode, storable
from harness.store import queries
from harness.store.database import PATIENCE_S, Database
from harness.store.history import History, forget
from harness.store.listing import RunSummary, listed, summaries
from harness.store.rows import (
    facts_of,
    holds,
    missing,
    opinions_of,
    put_attempt,
    put_first_record,
    put_further,
    put_opinion,
    put_record,
    put_run,
    put_running,
    read_facts,
    rounds_of,
    take_back,
    was_attempted,
)

_LISTED = 5


class Store:
    """The only persistence. The constructor does no I/O; the first call opens the file.

    Every method raises StoreError, with cause and remedy, where the file cannot be used.
    """

    def __init__(
        self, path: Path, *, readonly: bool = False, patience_s: float = PATIENCE_S
    ) -> None:
        self.path = path
        self._database = Database(path, readonly=readonly, patience_s=patience_s)
        self._lately: dict[str, Facts] = {}
        """The facts that were read last, by digest: the next night says most of them again."""
        self.history = History(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    # --- writing -------------------------------------------------------------------------------

    def begin(self, run: Run, *, owner: str | None = None) -> None:
        """Write down a run and its planned keys; it belongs to `owner` (default: this process).

        StoreError where another run has its id; the same run again changes nothing.
        """
        with self._database.writing() as connection:
            token = owner_token() if owner is None else owner
            put_run(connection, run, owner=token, imported=False)

    def record(self, record: Record) -> None:
        """Acknowledge a record: once this returns, it is kept.

        StoreError where the key has another record; InternalError where it was not planned.
        """
        with self._database.writing() as connection:
            put_record(connection, record)

    def further(self, run: Run) -> None:
        """Plan the further rounds that a run has by now whose number of rounds was left open."""
        with self._database.writing() as connection:
            put_further(connection, run)

    def attempt(self, attempt: Attempt) -> None:
        """Keep what an attempt left that infrastructure ended. It is no record of its key."""
        with self._database.writing() as connection:
            put_attempt(connection, attempt)

    def take_back(self, attempts: Sequence[Attempt]) -> None:
        """These records are evidence from now on, and their keys are owed again: all or none."""
        with self._database.writing() as connection:
            for attempt in attempts:
                take_back(connection, attempt)

    def opinion(self, run_id: str, opinion: SecondOpinion) -> None:
        """Keep what the files of a cell of the run say; the first that is kept stays."""
        with self._database.writing() as connection:
            put_opinion(connection, run_id, opinion)

    def finish(self, run_id: str, *, ended: str, state: str = "complete") -> None:
        """End a run as `complete` or `interrupted`.

        InternalError for `complete` while a planned key has no record.
        """
        with self._database.writing() as connection:
            if state == "complete" and (lacking := missing(connection, run_id)):
                raise InternalError(f"run {run_id} is not complete: {lacking} records are missing")
            found = connection.execute(
                "UPDATE runs SET ended = ?, state = ? WHERE id = ?",
                (storable(ended), state, storable(run_id)),
            )
            if not found.rowcount:
                raise InternalError(f"run {run_id} was never begun")

    def reopen(self, run_id: str, lost: Sequence[Attempt] = ()) -> Run:
        """Take a run on, as this process's; the run, running again.

        `lost` are records of it that infrastructure ended: they become attempts, and their keys
        are owed again. UsageError where the run is imported, still somebody's, or complete with
        nothing lost.
        """
        with self._database.writing() as connection:
            put_running(connection, run_id, owner=owner_token(), losing=bool(lost))
            forget(connection, run_id)
            for attempt in lost:
                take_back(connection, attempt)
        return self.run(run_id)

    def interrupted(self, owner_alive: Callable[[str], bool]) -> tuple[str, ...]:
        """Mark the runs whose owner died while they ran as interrupted; returns their ids."""
        with self._database.writing() as connection:
            running = connection.execute(
                "SELECT id, owner FROM runs WHERE state = 'running' ORDER BY started, id"
            ).fetchall()
            dead = tuple(str(run_id) for run_id, owner in running if not owner_alive(owner))
            connection.executemany(
                "UPDATE runs SET state = 'interrupted' WHERE id = ?", [(run_id,) for run_id in dead]
            )
        return dead

    def take_in(self, run: Run, entries: Iterable[Record | Attempt | SecondOpinion]) -> Run:
        """Keep a run made elsewhere with all its entries, or, if anything raises, nothing.

        A run that was still going when it was exported counts as interrupted. Taking in a later
        export of the same run adds what is new; a record is replaced only where the export knows
        it as an attempt. A run that was made here is never added to.
        """
        if run.state == "running":
            run = replace(run, state="interrupted")
        with self._database.writing() as connection:
            imported = put_run(connection, run, owner="", imported=True)
            if imported:
                forget(connection, run.id)
            others: list[Record] = []
            for entry in entries:
                if isinstance(entry, SecondOpinion):
                    new = put_opinion(connection, run.id, entry)
                elif isinstance(entry, Attempt):
                    keep = take_back if imported else put_attempt
                    new = keep(connection, entry)
                elif was_attempted(connection, entry):
                    new = False  # An older export does not know that it became an attempt.
                elif not imported:
                    new = put_record(connection, entry)
                else:
                    new = put_first_record(connection, entry)
                    if not new and not holds(connection, entry):
                        others.append(entry)
                if new and not imported:
                    raise StoreError(f"run {run.id} was made here and has no such record")
            for record in others:
                put_record(connection, record)
            lacking = missing(connection, run.id)
            if imported and (lacking or run.state == "complete"):
                connection.execute(
                    "UPDATE runs SET state = ?, ended = ? WHERE id = ?",
                    (
                        "interrupted" if lacking else "complete",
                        storable(run.ended),
                        storable(run.id),
                    ),
                )
        return self.run(run.id)

    # --- reading -------------------------------------------------------------------------------

    def run(self, run_id: str) -> Run:
        """The run with exactly this id; UsageError where there is none."""
        return self._found(run_id, exact=True)

    def resolve(self, prefix: str) -> Run:
        """The run whose id is `prefix`, else the only one whose id begins with it.

        UsageError, listing candidates, where there is none or more than one.
        """
        return self._found(prefix, exact=False)

    def _found(self, prefix: str, *, exact: bool) -> Run:
        wanted = storable(prefix)
        with self._database.reading() as connection:
            rows = queries.beginning_with(connection, wanted, exact=exact)
            newest = queries.newest_ids(connection, _LISTED)
        rows = [row for row in rows if row[0] == wanted] or rows
        if len(rows) == 1:
            return self._whole(self._run(rows[0]))
        if rows:
            candidates = listed((row[0], row[1]) for row in rows[:_LISTED])
            raise UsageError(
                f"{len(rows)} runs begin with {prefix!a}", remedy=f"one of: {candidates}"
            )
        remedy = f"the newest runs: {listed(newest)}" if newest else "make one with: harness run"
        raise UsageError(f"no run {prefix!a} in the store {self.path}", remedy=remedy)

    def runs(self) -> tuple[RunSummary, ...]:
        """All runs, newest first; also those that cannot be read back, which say so."""
        with self._database.reading() as connection:
            rows = queries.every_run(connection)
        return summaries(rows, self._run)

    def latest_run(self) -> Run | None:
        """The newest run that was made here (imported ones do not count)."""
        with self._database.reading() as connection:
            row = queries.latest_run(connection)
        return self._whole(self._run(row)) if row else None

    def newest_run(self, suite: str | None = None) -> tuple[Run, bool] | None:
        """The newest run (of the suite with this name), and whether it is an imported one."""
        with self._database.reading() as connection:
            found = queries.newest_run(connection, suite)
        return (self._whole(self._run(found[0])), found[1]) if found else None

    def runs_of(self, suite: str, most: int) -> Iterator[Run]:
        """The newest runs made here of the suite with this name, each read when it is asked for;
        without those that cannot be read back."""
        with self._database.reading() as connection:
            rows = queries.runs_of(connection, suite, most)
        yield from self._readable(rows)

    def runs_between(self, suite: str, after: str, before: str) -> Iterator[Run]:
        """The complete runs of the suite with this name, imported ones too, that began between two
        times (as runs write them); newest first, each read when it is asked for; without those
        that cannot be read back."""
        with self._database.reading() as connection:
            rows = queries.runs_between(connection, suite, after, before)
        yield from self._readable(rows)

    def made_here(self, run_id: str) -> bool:
        """Whether a run was made here, and not taken in."""
        with self._database.reading() as connection:
            return queries.made_here(connection, run_id)

    def whole_answers(self, suite: str, cell: str) -> Iterator[tuple[Run, tuple[Record, ...]]]:
        """The runs made here of the suite with this name in which every planned key of `cell` has
        its record, and these records; newest first, each read when it is asked for; without those
        that cannot be read back.

        Whether they are an answer to what is asked now, `harness.running.answering` decides.
        """
        with self._database.reading() as connection:
            rows = queries.whole_cells(connection, suite, cell)
        for row in rows:
            with suppress(UnreadableRunError):
                yield self._whole(self._run(row)), self.records(row[0], cell)

    def latest_answers(
        self, cells: Sequence[str], probes: Sequence[str], engines: Sequence[str]
    ) -> tuple[tuple[Run, Record], ...]:
        """The newest record of each of these cells and probes on each of these engines, of complete
        runs made here; without those that cannot be read back."""
        with self._database.reading() as connection:
            rows = queries.latest_answers(connection, cells, probes, engines)
        runs = {}
        for name in dict.fromkeys(row[0] for row in rows):
            with suppress(UnreadableRunError):
                runs[name] = self.run(name)
        with self._database.undamaged(""):
            return tuple(
                (runs[name], replace(decode(Record, body.encode()), facts=facts_of(digest, facts)))
                for name, body, facts, digest in rows
                if name in runs
            )

    def records(self, run_id: str, cell: str | None = None) -> tuple[Record, ...]:
        """A run's records (of one cell), in the order in which they were planned."""
        return tuple(record for record, _ in self._entries("records", "''", run_id, cell))

    def record_texts(self, run_id: str) -> Iterator[tuple[str, str]]:
        """(record without its facts, its facts) of a run, as they are kept, in planned order."""
        with self._database.reading() as connection:
            yield from queries.record_texts(connection, run_id)

    def attempts(self, run_id: str) -> tuple[Attempt, ...]:
        """What attempts left that infrastructure ended, in planned order, then by time."""
        rows = self._entries("attempts", "reason", run_id, None, "started, attempts.digest")
        return tuple(Attempt(record=record, reason=reason) for record, reason in rows)

    def _entries(
        self, table: str, reason: str, run_id: str, cell: str | None, order: str = "position"
    ) -> list[tuple[Record, str]]:
        wanted = {"run": storable(run_id), "cell": None if cell is None else storable(cell)}
        with self._database.reading() as connection:
            facts = connection.execute(
                f"SELECT digest, body FROM facts WHERE digest IN (SELECT facts FROM {table}"
                " WHERE run = :run AND (:cell IS NULL OR cell = :cell))",
                wanted,
            ).fetchall()
            rows = connection.execute(
                f"SELECT {table}.body, {table}.facts, {reason}"
                f" FROM planned JOIN {table} USING (run, cell, round, probe)"
                " WHERE planned.run = :run AND (:cell IS NULL OR planned.cell = :cell)"
                f" ORDER BY position, {order}",
                wanted,
            ).fetchall()
        with self._database.undamaged(run_id):
            known = self._lately = read_facts(facts, self._lately)
            return [
                (replace(decode(Record, body.encode()), facts=known[digest]), text)
                for body, digest, text in rows
            ]

    def _whole(self, run: Run) -> Run:
        """A run with what is kept beside it: opinions, how many rounds its cells have, and where
        they were asked."""
        with self._database.reading() as connection, self._database.undamaged(run.id):
            if run.hosts is not None:
                run = run.placed(queries.hosts_of_cells(connection, run.id))
            return replace(
                run,
                opinions=opinions_of(connection, run.id) or None,
                cell_rounds=rounds_of(connection, run),
            )

    def _readable(self, rows: Iterable[queries.RunRow]) -> Iterator[Run]:
        """The runs of these rows, without those that cannot be read back."""
        for row in rows:
            with suppress(UnreadableRunError):
                yield self._whole(self._run(row))

    def _run(self, row: tuple[str, str, str, str]) -> Run:
        run_id, state, ended, body = row
        with self._database.undamaged(run_id):
            return replace(decode(Run, body.encode()), state=state, ended=ended)

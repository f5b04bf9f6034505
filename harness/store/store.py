"""The store: writes runs, their planned keys and their records, and reads them back.

When `Store.record` returns, the record survives a kill, a full disk and a second writer. Writing
the same record again changes nothing; a different record under its key is refused.
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
from harness.serial import storable
from harness.store import queries
from harness.store.database import PATIENCE_S, Database
from harness.store.history import History, forget
from harness.store.listing import DecodedRuns, RunSummary, listed, summaries
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
    read_record,
    rounds_of,
    take_back,
    was_attempted,
)

_LISTED = 5


class Store:
    """Runs and records in one SQLite file. The constructor does no I/O; the first call opens it.

    Every method raises StoreError, with cause and remedy, if the file cannot be used.
    """

    def __init__(
        self, path: Path, *, readonly: bool = False, patience_s: float = PATIENCE_S
    ) -> None:
        self.path = path
        self._database = Database(path, readonly=readonly, patience_s=patience_s)
        self._lately: dict[str, Facts] = {}
        """The facts that were read last, by digest: most of them recur in the next night's run."""
        self._runs = DecodedRuns()
        self.history = History(self._database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    # --- writing -------------------------------------------------------------------------------

    def begin(self, run: Run, *, owner: str | None = None) -> None:
        """Write a run and its planned keys; the run belongs to `owner` (default: this process).

        Writing the same run again changes nothing. StoreError if another run has its id.
        """
        with self._database.writing() as connection:
            token = owner_token() if owner is None else owner
            put_run(connection, run, owner=token, imported=False)

    def record(self, record: Record) -> None:
        """Write a record; once this returns, it is on the disk.

        StoreError if its key already has a different record; InternalError if it was not planned.
        """
        with self._database.writing() as connection:
            put_record(connection, record)

    def further(self, run: Run) -> None:
        """Plan the rounds that were added to a run whose number of rounds was left open."""
        with self._database.writing() as connection:
            put_further(connection, run)

    def attempt(self, attempt: Attempt) -> None:
        """Keep an attempt that infrastructure ended, as evidence. It is no record of its key."""
        with self._database.writing() as connection:
            put_attempt(connection, attempt)

    def take_back(self, attempts: Sequence[Attempt]) -> None:
        """Turn records into attempts, all or none; their keys then need a record again."""
        with self._database.writing() as connection:
            for attempt in attempts:
                take_back(connection, attempt)

    def opinion(self, run_id: str, opinion: SecondOpinion) -> None:
        """Keep the second opinion on a cell of the run; if the cell has one already, that stays."""
        with self._database.writing() as connection:
            put_opinion(connection, run_id, opinion)

    def finish(self, run_id: str, *, ended: str, state: str = "complete") -> None:
        """End a run as `complete` or `interrupted`.

        InternalError if the run is unknown, or for `complete` if a planned key has no record.
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
        """Resume a run: it is running again and belongs to this process. Returns the run.

        `lost` are its records that infrastructure ended: they become attempts, and their keys need
        a record again. UsageError if the run is imported, is still running, or is complete with
        nothing lost.
        """
        with self._database.writing() as connection:
            put_running(connection, run_id, owner=owner_token(), losing=bool(lost))
            forget(connection, run_id)
            for attempt in lost:
                take_back(connection, attempt)
        return self.run(run_id)

    def interrupted(self, owner_alive: Callable[[str], bool]) -> tuple[str, ...]:
        """Mark running runs whose owner is dead as interrupted; return the ids of those runs."""
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
        """Import a run that was made elsewhere, with all its entries; if anything raises, nothing.

        A run that was still going when it was exported counts as interrupted. Importing a later
        export of the same run adds what is new; a record is replaced only if the export has that
        record as an attempt. A run that was made here never gets anything added.
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
                    new = False  # This export is older: there it is still a record, not an attempt.
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
        """Return the run with exactly this id; UsageError if there is none."""
        return self._found(run_id, exact=True)

    def run_text(self, run_id: str) -> str:
        """Return a run as it was stored when it began, as JSON. UsageError if it is not there."""
        return self._runs.text(self.run(run_id).id)

    def resolve(self, prefix: str) -> Run:
        """Return the run whose id is `prefix`, else the only one whose id begins with it.

        UsageError, listing candidates, if there is none or more than one.
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
        """Return a summary of every run, newest first; a run that cannot be read back says why."""
        with self._database.reading() as connection:
            rows = queries.every_run(connection)
        return summaries(rows, self._run)

    def latest_run(self) -> Run | None:
        """Return the newest run that was made here (imported ones do not count)."""
        with self._database.reading() as connection:
            row = queries.latest_run(connection)
        return self._whole(self._run(row)) if row else None

    def newest_run(self, suite: str | None = None) -> tuple[Run, bool] | None:
        """Return the newest run (of the suite with this name), and whether it was imported."""
        with self._database.reading() as connection:
            found = queries.newest_run(connection, suite)
        return (self._whole(self._run(found[0])), found[1]) if found else None

    def runs_of(self, suite: str, most: int) -> Iterator[Run]:
        """Yield the `most` newest runs made here of the suite with this name. Each is read
        when it is asked for; a run that cannot be read back is skipped."""
        with self._database.reading() as connection:
            rows = queries.runs_of(connection, suite, most)
        yield from self._readable(rows)

    def runs_between(self, suite: str, after: str, before: str) -> Iterator[Run]:
        """Yield the complete runs, also imported ones, of the suite with this name that began
        between two times (as in `Run.started`, both excluded), newest first. Each is read when it
        is asked for; a run that cannot be read back is skipped."""
        with self._database.reading() as connection:
            rows = queries.runs_between(connection, suite, after, before)
        yield from self._readable(rows)

    def made_here(self, run_id: str) -> bool:
        """Whether the store has this run and it was made here, not imported."""
        with self._database.reading() as connection:
            return queries.made_here(connection, run_id)

    def whole_answers(self, suite: str, cell: str) -> Iterator[tuple[Run, tuple[Record, ...]]]:
        """Yield the runs of a suite made here in which every planned key of `cell` has a record,
        and these records, newest first. Each run is read when it is asked for; a run that cannot be
        read back is skipped. Whether they answer a question, `harness.running.answering` decides.
        """
        with self._database.reading() as connection:
            rows = queries.whole_cells(connection, suite, cell)
        for row in rows:
            with suppress(UnreadableRunError):
                yield self._whole(self._run(row)), self.records(row[0], cell)

    def latest_answers(
        self, cells: Sequence[str], probes: Sequence[str], engines: Sequence[str]
    ) -> tuple[tuple[Run, Record], ...]:
        """Return the newest record of each of these cells and probes on each of these engines, with
        its run. Only complete runs made here that can be read back count."""
        with self._database.reading() as connection:
            rows = queries.latest_answers(connection, cells, probes, engines)
        runs = {}
        for name in dict.fromkeys(row[0] for row in rows):
            with suppress(UnreadableRunError):
                runs[name] = self.run(name)
        with self._database.undamaged(""):
            return tuple(
                (runs[name], read_record(body, facts_of(digest, facts)))
                for name, body, facts, digest in rows
                if name in runs
            )

    def records(self, run_id: str, cell: str | None = None) -> tuple[Record, ...]:
        """Return a run's records (or those of one cell) in the order in which they were planned."""
        return tuple(record for record, _ in self._entries("records", "''", run_id, cell))

    def record_texts(self, run_id: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield (record without its facts, its facts) as stored JSON, in planned order."""
        with self._database.reading() as connection:
            yield from queries.record_texts(connection, run_id)

    def attempts(self, run_id: str) -> tuple[Attempt, ...]:
        """Return the attempts of a run that infrastructure ended, in planned order, by time."""
        rows = self._entries("attempts", "reason", run_id, None, "started, attempts.digest")
        return tuple(Attempt(record=record, reason=reason) for record, reason in rows)

    def _entries(
        self, table: str, reason: str, run_id: str, cell: str | None, order: str = "position"
    ) -> list[tuple[Record, str]]:
        wanted = {"run": storable(run_id), "cell": None if cell is None else storable(cell)}
        with self._database.reading() as connection:
            facts = queries.facts_of_entries(connection, table, wanted)
            rows = connection.execute(
                f"SELECT {table}.body, {table}.facts, {reason}"
                f" FROM planned JOIN {table} USING (run, cell, round, probe)"
                " WHERE planned.run = :run AND (:cell IS NULL OR planned.cell = :cell)"
                f" ORDER BY position, {order}",
                wanted,
            ).fetchall()
        with self._database.undamaged(run_id):
            known = self._lately = read_facts(facts, self._lately)
            return [(read_record(body, known[digest]), text) for body, digest, text in rows]

    def _whole(self, run: Run) -> Run:
        """Add to a run what other tables hold of it: second opinions, the number of rounds of its
        cells, and the hosts that they ran on."""
        with self._database.reading() as connection, self._database.undamaged(run.id):
            if run.hosts is not None:
                run = run.placed(queries.hosts_of_cells(connection, run.id))
            return replace(
                run,
                opinions=opinions_of(connection, run.id) or None,
                cell_rounds=rounds_of(connection, run),
            )

    def _readable(self, rows: Iterable[queries.RunRow]) -> Iterator[Run]:
        """Yield the runs of these rows; skip those that cannot be read back."""
        for row in rows:
            with suppress(UnreadableRunError):
                yield self._whole(self._run(row))

    def _run(self, row: tuple[str, str, str, str]) -> Run:
        run_id, state, ended, body = row
        with self._database.undamaged(run_id):
            run = self._runs.decoded(run_id, body)
        return replace(run, state=state, ended=ended)

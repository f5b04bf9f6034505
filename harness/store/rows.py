"""Writes runs, records and attempts as rows of the store, each at most once, and reads them.

Facts are stored separately under the digest of their content, so that facts which a thousand
records repeat are stored once. All functions work inside a transaction of the caller.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import replace

from harness.errors import InternalError, StoreError, UsageError
from harness.model import Attempt, Facts, Key, Record, Run, SecondOpinion
from harness.serial import UnreadableError, decode, decode_facts, encode, storable

_HAS_OPINIONS = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'opinions'"


def put_run(connection: sqlite3.Connection, run: Run, *, owner: str, imported: bool) -> bool:
    """Write a run and its planned keys; return whether the store has the run as imported.

    StoreError if another run has its id.
    """
    body = encode(_without_progress(run)).decode()
    new = connection.execute(
        "INSERT INTO runs (id, started, ended, state, owner, imported, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (*map(storable, (run.id, run.started, run.ended, run.state, owner)), imported, body),
    )
    if new.rowcount:
        _put_planned(connection, run)
        return imported
    (held_body, held_imported) = connection.execute(
        "SELECT body, imported FROM runs WHERE id = ?", (storable(run.id),)
    ).fetchone()
    if held_body != body:
        raise StoreError(
            f"the store holds another run with the id {run.id!a}",
            remedy="start again: a new run gets a new id",
        )
    if held_imported and imported and run.looks is not None:
        put_further(connection, run)  # A later export may have had further rounds.
    return bool(held_imported)


def put_running(connection: sqlite3.Connection, run_id: str, *, owner: str, losing: bool) -> None:
    """Mark a run as running again, for this owner; with `losing`, also a run that is complete.

    UsageError if it is imported, is still running, or is complete without `losing`.
    """
    found = connection.execute(
        "SELECT state, imported FROM runs WHERE id = ?", (storable(run_id),)
    ).fetchone()
    state, imported = found or ("unknown", 0)
    if imported or (state != "interrupted" and not (state == "complete" and losing)):
        why = "was made elsewhere" if imported else f"is {state}"
        raise UsageError(
            f"run {run_id} cannot be resumed: it {why}", remedy="start a new one: harness run"
        )
    connection.execute(
        "UPDATE runs SET state = 'running', ended = '', owner = ? WHERE id = ?",
        (owner, storable(run_id)),
    )


def put_record(connection: sqlite3.Connection, record: Record) -> bool:
    """Write a record; return False if it was there already.

    StoreError if its key has a different record; InternalError if it was not planned.
    """
    new = put_first_record(connection, record)
    if not new and not holds(connection, record):
        raise another_record(record)
    return new


def put_first_record(connection: sqlite3.Connection, record: Record) -> bool:
    """Write a record; return False if its key has one already, equal or not.

    InternalError if it was not planned.
    """
    body, facts = _put_content(connection, record)
    return _planned_only(
        connection,
        record.key,
        "INSERT INTO records (run, cell, round, probe, facts, body) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run, cell, round, probe) DO NOTHING",
        (facts, body),
    )


def holds(connection: sqlite3.Connection, record: Record) -> bool:
    """Whether the store has exactly this record."""
    held = connection.execute(
        "SELECT body, facts FROM records WHERE run = ? AND cell = ? AND round = ? AND probe = ?",
        _columns(record.key),
    ).fetchone()
    return bool(held == _put_content(connection, record))


def another_record(record: Record) -> StoreError:
    """The error for a record whose key already has a different one."""
    return StoreError(
        f"run {record.run!a} already has another record for cell "
        f"{record.cell!a}, round {record.round}, probe {record.probe!a}",
        remedy="the first one is kept; a repeated measurement needs a new run",
    )


def take_back(connection: sqlite3.Connection, attempt: Attempt) -> bool:
    """Write an attempt, and delete the record if the store has the same content as a record.

    Return whether the attempt is new.
    """
    new = put_attempt(connection, attempt)
    if holds(connection, attempt.record):
        connection.execute(
            "DELETE FROM records WHERE run = ? AND cell = ? AND round = ? AND probe = ?",
            _columns(attempt.record.key),
        )
    return new


def was_attempted(connection: sqlite3.Connection, record: Record) -> bool:
    """Whether the store has exactly this record as an attempt."""
    body, facts = _put_content(connection, record)
    return (
        connection.execute(
            "SELECT 1 FROM attempts WHERE run = ? AND cell = ? AND round = ? AND probe = ?"
            " AND body = ? AND facts = ?",
            (*_columns(record.key), body, facts),
        ).fetchone()
        is not None
    )


def put_attempt(connection: sqlite3.Connection, attempt: Attempt) -> bool:
    """Write an attempt; return False if it was there already. InternalError if it was not
    planned."""
    body, facts = _put_content(connection, attempt.record)
    return _planned_only(
        connection,
        attempt.record.key,
        "INSERT INTO attempts (run, cell, round, probe, facts, body, reason, digest, started)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (run, cell, round, probe, digest) DO NOTHING",
        (
            facts,
            body,
            storable(attempt.reason),
            hashlib.sha256(encode(attempt)).hexdigest(),
            storable(attempt.record.started),
        ),
    )


def missing(connection: sqlite3.Connection, run_id: str) -> int:
    """How many planned keys of the run have no record."""
    (count,) = connection.execute(
        "SELECT (SELECT count(*) FROM planned WHERE run = :run)"
        " - (SELECT count(*) FROM records WHERE run = :run)",
        {"run": storable(run_id)},
    ).fetchone()
    return int(count)


def facts_of(digest: str, body: str) -> Facts:
    """Decode stored facts. UnreadableError if they do not match the digest that names them."""
    if hashlib.sha256(body.encode()).hexdigest() != digest:
        raise UnreadableError("the content is not what its digest says", f"facts {digest[:12]}")
    return decode_facts(body.encode())


def read_record(body: str, facts: Facts) -> Record:
    """Decode a stored record and put its facts in their place. UnreadableError if it is damaged."""
    record = decode(Record, body.encode())
    # Nobody has seen it yet: to make a second one of twenty-five fields would take as long again.
    object.__setattr__(record, "facts", facts)
    return record


def read_facts(rows: Iterable[tuple[str, str]], lately: Mapping[str, Facts]) -> dict[str, Facts]:
    """Return stored facts by digest; those in `lately` are returned as the same objects."""
    return {
        digest: lately[digest] if digest in lately else facts_of(digest, body)
        for digest, body in rows
    }


def _without_progress(run: Run) -> Run:
    """Reduce a run to what stays the same from begin to end, with probes by digest, not by text."""
    probes = tuple(replace(probe, source="") for probe in run.probes)
    run = replace(run, state="running", ended="", probes=probes, opinions=None, cell_rounds=None)
    return run.placed({})


def _put_planned(connection: sqlite3.Connection, run: Run) -> None:
    keys = run.planned()
    if len(set(keys)) != len(keys):
        raise InternalError(f"run {run.id!a} plans the same cell and probe twice")
    connection.executemany(
        "INSERT INTO planned (run, cell, round, probe, position) VALUES (?, ?, ?, ?, ?)",
        ((*_columns(key), position) for position, key in enumerate(keys)),
    )


def put_further(connection: sqlite3.Connection, run: Run) -> None:
    """Plan the keys that a stored run has beyond those already planned; none is removed."""
    (first,) = connection.execute(
        "SELECT coalesce(max(position), -1) + 1 FROM planned WHERE run = ?", (storable(run.id),)
    ).fetchone()
    connection.executemany(
        "INSERT INTO planned (run, cell, round, probe, position) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (run, cell, round, probe) DO NOTHING",
        ((*_columns(key), first + position) for position, key in enumerate(run.planned())),
    )


def rounds_of(connection: sqlite3.Connection, run: Run) -> tuple[tuple[str, int], ...] | None:
    """Return (cell, rounds) of the cells whose number of planned rounds is not the run's `rounds`,
    in the run's order; None if there are none or the number of rounds is fixed."""
    if run.looks is None:
        return None
    most = dict(
        connection.execute(
            "SELECT cell, max(round) FROM planned WHERE run = ? GROUP BY cell", (storable(run.id),)
        ).fetchall()
    )
    found = ((cell.id, most.get(storable(cell.id), run.rounds)) for cell in run.cells)
    return tuple((cell, rounds) for cell, rounds in found if rounds != run.rounds) or None


def put_opinion(connection: sqlite3.Connection, run_id: str, opinion: SecondOpinion) -> bool:
    """Write the second opinion on a cell; return False if the cell has one already, equal or
    not."""
    body, facts = _put_content(connection, opinion)
    return (
        connection.execute(
            "INSERT INTO opinions (run, cell, facts, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (run, cell) DO NOTHING",
            (storable(run_id), storable(opinion.cell), facts, body),
        ).rowcount
        > 0
    )


def opinions_of(connection: sqlite3.Connection, run_id: str) -> tuple[SecondOpinion, ...]:
    """Return the second opinions on a run's cells, sorted by cell. UnreadableError if one is
    damaged."""
    if not connection.execute(_HAS_OPINIONS).fetchone():
        return ()  # A store of an earlier version, opened for reading only.
    rows = connection.execute(
        "SELECT opinions.body, facts.digest, facts.body FROM opinions"
        " JOIN facts ON facts.digest = opinions.facts WHERE run = ? ORDER BY cell",
        (storable(run_id),),
    ).fetchall()
    return tuple(
        replace(decode(SecondOpinion, body.encode()), facts=facts_of(digest, facts))
        for body, digest, facts in rows
    )


def _put_content(connection: sqlite3.Connection, record: Record | SecondOpinion) -> tuple[str, str]:
    """Write the facts if they are new; return (body without facts, digest of the facts)."""
    facts = encode(record.facts)
    digest = hashlib.sha256(facts).hexdigest()
    connection.execute(
        "INSERT INTO facts (digest, body) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING",
        (digest, facts.decode()),
    )
    return encode(replace(record, facts={})).decode(), digest


def _planned_only(
    connection: sqlite3.Connection, key: Key, statement: str, values: tuple[str, ...]
) -> bool:
    try:
        return connection.execute(statement, (*_columns(key), *values)).rowcount > 0
    except sqlite3.IntegrityError as error:
        raise InternalError(
            f"a record of run {key.run!a} was not planned: cell {key.cell!a}, "
            f"round {key.round}, probe {key.probe!a}"
        ) from error


def _columns(key: Key) -> tuple[str, str, int, str]:
    return storable(key.run), storable(key.cell), key.round, storable(key.probe)

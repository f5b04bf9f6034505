"""SQL queries on stored runs, such as the newest of a suite and those that could be reused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from harness.serial import storable

RunRow = tuple[str, str, str, str]
"""id, state, ended, body."""
ListedRow = tuple[str, str, str, str, str, int, int, int]
"""A `RunRow`; when the run began, whether it was imported, how many keys it planned and how many
records it has."""


def beginning_with(connection: sqlite3.Connection, wanted: str, *, exact: bool) -> list[RunRow]:
    """The run with this id and, unless `exact`, the runs whose ids begin with it, newest first."""
    return connection.execute(
        "SELECT id, state, ended, body FROM runs"
        " WHERE id = :id OR (:begins AND :id <> '' AND substr(id, 1, length(:id)) = :id)"
        " ORDER BY started DESC, id DESC",
        {"id": wanted, "begins": not exact},
    ).fetchall()


def newest_ids(connection: sqlite3.Connection, most: int) -> list[tuple[str, str]]:
    """(id, state) of the newest runs."""
    return connection.execute(
        "SELECT id, state FROM runs ORDER BY started DESC, id DESC LIMIT ?", (most,)
    ).fetchall()


def every_run(connection: sqlite3.Connection) -> list[ListedRow]:
    """Every run, newest first."""
    return connection.execute(
        "SELECT id, state, ended, body, started, imported,"
        " (SELECT count(*) FROM planned WHERE run = id),"
        " (SELECT count(*) FROM records WHERE run = id)"
        " FROM runs ORDER BY started DESC, id DESC"
    ).fetchall()


def latest_run(connection: sqlite3.Connection) -> RunRow | None:
    """The newest run that was made here."""
    row: RunRow | None = connection.execute(
        "SELECT id, state, ended, body FROM runs WHERE NOT imported"
        " ORDER BY started DESC, id DESC LIMIT 1"
    ).fetchone()
    return row


def newest_run(connection: sqlite3.Connection, suite: str | None) -> tuple[RunRow, bool] | None:
    """The newest run (of the suite with this name), and whether it is an imported one."""
    row = connection.execute(
        "SELECT id, state, ended, body, imported FROM runs"
        " WHERE :suite IS NULL OR json_extract(body, '$.suite') = :suite"
        " ORDER BY started DESC, id DESC LIMIT 1",
        {"suite": None if suite is None else storable(suite)},
    ).fetchone()
    return (row[:4], bool(row[4])) if row else None


def runs_of(connection: sqlite3.Connection, suite: str, most: int) -> list[RunRow]:
    """The newest runs made here of the suite with this name."""
    return connection.execute(
        "SELECT id, state, ended, body FROM runs"
        " WHERE NOT imported AND json_extract(body, '$.suite') = ?"
        " ORDER BY started DESC, id DESC LIMIT ?",
        (storable(suite), most),
    ).fetchall()


def runs_between(
    connection: sqlite3.Connection, suite: str, after: str, before: str
) -> list[RunRow]:
    """The complete runs of the suite with this name, imported ones too, that began between two
    times, both excluded; newest first."""
    return connection.execute(
        "SELECT id, state, ended, body FROM runs"
        " WHERE state = 'complete' AND json_extract(body, '$.suite') = :suite"
        " AND started > :after AND started < :before ORDER BY started DESC, id DESC",
        {"suite": storable(suite), "after": storable(after), "before": storable(before)},
    ).fetchall()


def whole_cells(connection: sqlite3.Connection, suite: str, cell: str) -> list[RunRow]:
    """The runs made here of a suite in which every planned key of a cell has its record, newest
    first."""
    return connection.execute(
        "SELECT id, state, ended, body FROM runs WHERE NOT imported"
        " AND id IN (SELECT run FROM planned WHERE cell = :cell)"
        " AND json_extract(body, '$.suite') = :suite"
        " AND NOT EXISTS (SELECT 1 FROM planned LEFT JOIN records USING (run, cell, round, probe)"
        "  WHERE planned.run = id AND planned.cell = :cell AND records.body IS NULL)"
        " ORDER BY started DESC, id DESC",
        {"cell": storable(cell), "suite": storable(suite)},
    ).fetchall()


def latest_answers(
    connection: sqlite3.Connection,
    cells: Sequence[str],
    probes: Sequence[str],
    engines: Sequence[str],
) -> list[tuple[str, str, str, str]]:
    """(run, body, facts, digest of the facts) of the newest record of each of these cells, probes
    and engines, in complete runs made here."""
    rows = connection.execute(
        "SELECT run, records.body, facts.body, facts.digest, max(runs.started || runs.id)"
        " FROM records JOIN runs ON runs.id = run JOIN facts ON facts.digest = facts"
        " WHERE NOT imported AND state = 'complete'"
        " AND json_extract(records.body, '$.engine') IN (SELECT value FROM json_each(:engines))"
        " AND cell IN (SELECT value FROM json_each(:cells))"
        " AND probe IN (SELECT value FROM json_each(:probes))"
        " GROUP BY cell, probe, json_extract(records.body, '$.engine') ORDER BY cell, probe",
        {
            "cells": json.dumps([*map(storable, cells)]),
            "probes": json.dumps([*map(storable, probes)]),
            "engines": json.dumps([*map(storable, engines)]),
        },
    ).fetchall()
    return [row[:4] for row in rows]


def took(connection: sqlite3.Connection, run_id: str) -> dict[str, float]:
    """Seconds that each cell of a run took: running its containers and obtaining its environment.

    Every record of a container states the whole time of that container, so each container counts
    once. Cells whose records only repeat earlier ones took no time.
    """
    rows = connection.execute(
        "SELECT cell, sum(container) + max(obtain) FROM"
        " (SELECT cell, max(coalesce(json_extract(body, '$.durations.container'), 0)) AS container,"
        "  max(coalesce(json_extract(body, '$.durations.obtain'), 0)) AS obtain"
        "  FROM records WHERE run = ?"
        "  GROUP BY cell, round, json_extract(body, '$.observed.\"container.ordinal\"'))"
        " GROUP BY cell",
        (storable(run_id),),
    ).fetchall()
    return {cell: float(seconds) for cell, seconds in rows}


def made_here(connection: sqlite3.Connection, run_id: str) -> bool:
    """Whether the store has a run of this id that was not imported."""
    found = connection.execute("SELECT imported FROM runs WHERE id = ?", (run_id,)).fetchone()
    return found is not None and not found[0]


def record_texts(connection: sqlite3.Connection, run_id: str) -> Iterator[tuple[bytes, bytes]]:
    """(body, facts) of a run's records as JSON, in the order in which they were planned."""
    yield from connection.execute(
        "SELECT CAST(records.body AS BLOB), CAST(facts.body AS BLOB) FROM planned"
        " JOIN records USING (run, cell, round, probe) JOIN facts ON facts.digest = records.facts"
        " WHERE planned.run = ? ORDER BY position",
        (storable(run_id),),
    )


def facts_of_entries(
    connection: sqlite3.Connection, table: str, wanted: dict[str, str | None]
) -> list[tuple[str, str]]:
    """(digest, text) of all facts of the records or attempts (`table`) of a run, or of one cell of
    it, each once."""
    return connection.execute(
        f"SELECT digest, body FROM facts WHERE digest IN (SELECT facts FROM {table}"
        " WHERE run = :run AND (:cell IS NULL OR cell = :cell))",
        wanted,
    ).fetchall()


def hosts_of_cells(connection: sqlite3.Connection, run_id: str) -> dict[str, str]:
    """The name of the host on which each cell was asked; cells whose records name none are left
    out."""
    rows = connection.execute(
        "SELECT cell, max(json_extract(body, '$.host')) FROM records WHERE run = ? GROUP BY cell",
        (storable(run_id),),
    ).fetchall()
    return {str(cell): str(host) for cell, host in rows if host is not None}

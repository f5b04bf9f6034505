"""What is asked of stored runs, as SQL: the newest of a suite, and those that could answer."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from harness.serial import storable

RunRow = tuple[str, str, str, str]
"""id, state, ended, body."""


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
    """(run, body, facts, their digest) of the newest record of each cell and probe in complete
    runs made here, of records of these engines."""
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


def made_here(connection: sqlite3.Connection, run_id: str) -> bool:
    """Whether the store has a run of this id that was not imported."""
    found = connection.execute("SELECT imported FROM runs WHERE id = ?", (run_id,)).fetchone()
    return found is not None and not found[0]

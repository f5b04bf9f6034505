"""The tables of the store, as one list of statements for each schema version, oldest first.

SQLite's `user_version` counts how many of these lists were applied to a file. A released list is
never edited; a change is a new list.
"""

from __future__ import annotations

APPLICATION_ID = 0x68726E73
"""`hrns`, in the header of every store; distinguishes a store from other programs' databases."""

_VERSION_1 = (
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        started TEXT NOT NULL,
        ended TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('running', 'complete', 'interrupted')),
        owner TEXT NOT NULL,
        imported INTEGER NOT NULL CHECK (imported IN (0, 1)),
        body TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE planned (
        run TEXT NOT NULL REFERENCES runs (id),
        cell TEXT NOT NULL,
        round INTEGER NOT NULL,
        probe TEXT NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (run, cell, round, probe)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX planned_cell ON planned (cell, run)",
    """
    CREATE TABLE facts (
        digest TEXT PRIMARY KEY,
        body TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE records (
        run TEXT NOT NULL,
        cell TEXT NOT NULL,
        round INTEGER NOT NULL,
        probe TEXT NOT NULL,
        facts TEXT NOT NULL REFERENCES facts (digest),
        body TEXT NOT NULL,
        PRIMARY KEY (run, cell, round, probe),
        FOREIGN KEY (run, cell, round, probe) REFERENCES planned (run, cell, round, probe)
    )
    """,
    """
    CREATE TABLE attempts (
        run TEXT NOT NULL,
        cell TEXT NOT NULL,
        round INTEGER NOT NULL,
        probe TEXT NOT NULL,
        facts TEXT NOT NULL REFERENCES facts (digest),
        body TEXT NOT NULL,
        reason TEXT NOT NULL,
        digest TEXT NOT NULL,
        started TEXT NOT NULL,
        PRIMARY KEY (run, cell, round, probe, digest),
        FOREIGN KEY (run, cell, round, probe) REFERENCES planned (run, cell, round, probe)
    )
    """,
)

_VERSION_2 = (
    """
    CREATE TABLE opinions (
        run TEXT NOT NULL REFERENCES runs (id),
        cell TEXT NOT NULL,
        facts TEXT NOT NULL REFERENCES facts (digest),
        body TEXT NOT NULL,
        PRIMARY KEY (run, cell)
    ) WITHOUT ROWID
    """,
)
"""Second opinions: what the files of an environment say, read from outside, once for each cell."""

_VERSION_3 = (
    """
    CREATE TABLE nights (
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL UNIQUE REFERENCES runs (id),
        suite TEXT NOT NULL,
        started TEXT NOT NULL,
        cells INTEGER NOT NULL,
        kept INTEGER NOT NULL CHECK (kept IN (0, 1))
    )
    """,
    "CREATE INDEX nights_started ON nights (suite, started, run)",
    """
    CREATE TABLE contents (
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        body BLOB NOT NULL
    )
    """,
    """
    CREATE TABLE tracks (
        id INTEGER PRIMARY KEY,
        suite TEXT NOT NULL,
        cell TEXT NOT NULL,
        engine TEXT NOT NULL,
        host INTEGER NOT NULL REFERENCES contents (id),
        UNIQUE (suite, cell, engine, host)
    )
    """,
    """
    CREATE TABLE cell_nights (
        track INTEGER NOT NULL REFERENCES tracks (id),
        night INTEGER NOT NULL REFERENCES nights (id),
        shape INTEGER NOT NULL REFERENCES contents (id),
        numbers BLOB NOT NULL,
        parts BLOB NOT NULL,
        PRIMARY KEY (track, night)
    ) WITHOUT ROWID
    """,
)
"""The history of nights: derived from records, and derived again where it is missing."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (_VERSION_1, _VERSION_2, _VERSION_3)

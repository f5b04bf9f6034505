"""The history: a compact summary of every night, kept beside its records and read as series.

All of it is derived from records, and is derived again where it is missing. A night of a cell is
one row: its numbers, packed in the order that its `shape` names them, and references to its facts,
which are grouped by the first part of their name. Shapes and groups of facts are stored once by
content: a package whose version changed adds one small content, and a night on which nothing
changed adds none.
"""

from __future__ import annotations

import sqlite3
import struct
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from harness.errors import StoreError
from harness.model import CellNight, Fact, Facts, HostClass, KeptNight, Run
from harness.serial import UnreadableError, decode, encode, storable
from harness.store import queries
from harness.store.contents import KeptContents
from harness.store.database import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class _NumberNames:
    """The names of a night's numbers, and which of them are primary metrics."""

    numbers: tuple[str, ...]
    primary: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _KeptPart:
    """One group of a night's facts, or the night's inputs."""

    facts: Facts = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


class History:
    """The summaries of nights in a store. Every method raises StoreError as `Store` does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, run: Run, cells: Sequence[CellNight]) -> None:
        """Keep the nights of a run's cells, in place of what was kept of that run before.

        Does nothing if the run is not complete: it may have been resumed in the meantime.
        """
        with self._database.writing() as connection:
            found = connection.execute(
                "SELECT state FROM runs WHERE id = ?", (storable(run.id),)
            ).fetchone()
            if found == ("complete",):
                _put(connection, run, cells)

    def unkept(self, suite: str, *, until: str | None = None) -> tuple[str, ...]:
        """Return the ids of a suite's complete runs whose nights are not kept yet, newest first.

        With `until`, only runs that did not begin after that time.
        """
        self._known()
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT run FROM nights WHERE suite = :suite AND NOT kept"
                " AND (:until IS NULL OR started <= :until) ORDER BY started DESC, run DESC",
                {"suite": storable(suite), "until": None if until is None else storable(until)},
            ).fetchall()
        return tuple(run for (run,) in rows)

    def nights(
        self, suite: str, *, until: str | None = None, most: int | None = None
    ) -> tuple[KeptNight, ...]:
        """Return the newest nights that are kept of a suite, at most `most`, oldest first.

        With `until` (a time as in `Run.started`), only runs that did not begin after it.
        """
        with self._database.reading() as connection:
            return _nights(connection, suite, until, most, kept=True)

    def begun(self, suite: str, *, until: str, most: int) -> tuple[KeptNight, ...]:
        """Return a suite's newest complete runs that did not begin after `until`, oldest first,
        whether their nights are kept or not."""
        self._known()
        with self._database.reading() as connection:
            return _nights(connection, suite, until, most, kept=False)

    def _known(self) -> None:
        """Add complete runs that are new to the table of nights. A run's body is large, so it is
        read only this once, also for runs of other suites."""
        with self._database.reading() as connection:
            if not connection.execute(f"SELECT EXISTS (SELECT 1 {_UNKNOWN})").fetchone()[0]:
                return
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO nights (run, suite, started, cells, kept)"
                " SELECT id, coalesce(json_extract(body, '$.suite'), ''), started,"
                f" coalesce(json_array_length(body, '$.cells'), 0), 0 {_UNKNOWN}"
            )

    def took(self, run_id: str) -> dict[str, float]:
        """Return the seconds that each cell of a run took, including obtaining its environment."""
        with self._database.reading() as connection:
            return queries.took(connection, run_id)

    def cells(self, suite: str) -> tuple[str, ...]:
        """Return the ids of the suite's cells that have nights, sorted."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT cell FROM tracks WHERE suite = ? ORDER BY cell", (storable(suite),)
            ).fetchall()
        return tuple(cell for (cell,) in rows)

    def of_cell(
        self, suite: str, cell: str, among: Sequence[KeptNight], *, facts: bool = True
    ) -> tuple[CellNight, ...]:
        """Return what is kept of a cell for some nights, in their order; without `facts`, only the
        numbers."""
        with self._database.reading() as connection:
            try:
                return _of_cell(connection, suite, cell, among, facts=facts)
            except UnreadableError as error:
                raise StoreError(
                    f"the store {self._database.path} is damaged: the history of {cell!a} cannot "
                    f"be read back ({error})",
                    remedy="move the file away: the next run makes a new one",
                ) from error


_UNKNOWN = (
    "FROM runs WHERE state = 'complete'"
    " AND NOT EXISTS (SELECT 1 FROM nights WHERE nights.run = runs.id)"
)


def forget(connection: sqlite3.Connection, run_id: str) -> None:
    """Delete what is kept of a run's nights, because its records are about to change."""
    found = connection.execute(
        "SELECT id, suite FROM nights WHERE run = ?", (storable(run_id),)
    ).fetchone()
    if found is None:
        return
    (number, suite) = found
    connection.executemany(
        "DELETE FROM cell_nights WHERE track = ? AND night = ?",
        [(track, number) for track in _tracks(connection, suite).values()],
    )
    connection.execute("DELETE FROM nights WHERE id = ?", (number,))


def _put(connection: sqlite3.Connection, run: Run, cells: Sequence[CellNight]) -> None:
    forget(connection, run.id)
    number = connection.execute(
        "INSERT INTO nights (run, suite, started, cells, kept) VALUES (?, ?, ?, ?, 1)",
        (storable(run.id), storable(run.suite), storable(run.started), len(run.cells)),
    ).lastrowid
    contents = KeptContents(connection)
    tracks = _tracks(connection, run.suite)
    hosts = {one: contents.put(encode(one)) for one in {each.host: None for each in cells}}
    rows: dict[int, tuple[int, bytes, bytes]] = {}
    for one in cells:
        key = (storable(one.cell), storable(one.engine), hosts[one.host])
        if key not in tracks:
            tracks[key] = _new_track(connection, run.suite, key)
        names = tuple(sorted(one.numbers))
        shape = contents.put(encode(_NumberNames(numbers=names, primary=one.primary)))
        numbers = struct.pack(f"<{len(names)}d", *(one.numbers[name] for name in names))
        parts = [contents.put(encode(part)) for part in _parts(one)]
        # An imported run may have a cell twice: the last one is kept.
        rows[tracks[key]] = shape, numbers, struct.pack(f"<{len(parts)}I", *parts)
    connection.executemany(
        "INSERT INTO cell_nights (track, night, shape, numbers, parts) VALUES (?, ?, ?, ?, ?)",
        [(track, number, *row) for track, row in sorted(rows.items())],
    )


def _nights(
    connection: sqlite3.Connection, suite: str, until: str | None, most: int | None, *, kept: bool
) -> tuple[KeptNight, ...]:
    rows = connection.execute(
        "SELECT run, started, cells FROM nights WHERE suite = :suite"
        " AND (:until IS NULL OR started <= :until) AND kept >= :kept"
        " ORDER BY started DESC, run DESC LIMIT :most",
        {
            "suite": storable(suite),
            "kept": kept,
            "until": None if until is None else storable(until),
            "most": -1 if most is None else most,
        },
    ).fetchall()
    return tuple(_night(row) for row in reversed(rows))


def _night(row: tuple[str, str, int]) -> KeptNight:
    run, started, cells = row
    return KeptNight(run=run, started=started, cells=cells)


def _of_cell(
    connection: sqlite3.Connection,
    suite: str,
    cell: str,
    among: Sequence[KeptNight],
    *,
    facts: bool,
) -> tuple[CellNight, ...]:
    tracks = connection.execute(
        "SELECT id, engine, host FROM tracks WHERE suite = ? AND cell = ? ORDER BY id",
        (storable(suite), storable(cell)),
    ).fetchall()
    wanted = {storable(one.run): (place, one) for place, one in enumerate(among)}
    reader = _Reader(KeptContents(connection))
    found: list[tuple[int, CellNight]] = []
    for track, engine, host in tracks:
        rows = connection.execute(
            "SELECT nights.run, shape, numbers, parts FROM cell_nights"
            " JOIN nights ON nights.id = night WHERE track = ?",
            (track,),
        )
        for run, shape, numbers, parts in rows:
            if run not in wanted:
                continue
            place, night = wanted[run]
            named = reader.shape(shape)
            told, inputs = reader.parts(parts) if facts else ({}, {})
            one = CellNight(
                run=night.run,
                started=night.started,
                cell=cell,
                engine=engine,
                host=reader.host(host),
                numbers=_numbers(named.numbers, numbers),
                primary=named.primary,
                facts=told,
                inputs=inputs,
            )
            found.append((place, one))
    return tuple(one for _, one in sorted(found, key=lambda each: each[0]))


def _parts(one: CellNight) -> Iterable[_KeptPart]:
    """Group the facts by the first part of their name: an unchanged group is stored already."""
    parts: dict[str, dict[str, Fact]] = defaultdict(dict)
    for name in sorted(one.facts):
        parts[name.partition(".")[0]][name] = one.facts[name]
    yield from (_KeptPart(facts=facts) for facts in parts.values())
    yield _KeptPart(inputs=one.inputs)


def _numbers(names: tuple[str, ...], packed: bytes) -> Mapping[str, float]:
    try:
        return dict(zip(names, struct.unpack(f"<{len(names)}d", packed), strict=True))
    except struct.error as error:
        raise UnreadableError(str(error), "numbers of a night") from None


def _tracks(connection: sqlite3.Connection, suite: str) -> dict[tuple[str, str, int], int]:
    rows = connection.execute(
        "SELECT id, cell, engine, host FROM tracks WHERE suite = ?", (storable(suite),)
    )
    return {(cell, engine, host): track for track, cell, engine, host in rows}


def _new_track(connection: sqlite3.Connection, suite: str, key: tuple[str, str, int]) -> int:
    made = connection.execute(
        "INSERT INTO tracks (suite, cell, engine, host) VALUES (?, ?, ?, ?)",
        (storable(suite), *key),
    ).lastrowid
    assert made is not None, "a row has a number"
    return made


class _Reader:
    """Reads each content only once; equal nights share the returned objects."""

    def __init__(self, contents: KeptContents) -> None:
        self._body = contents.get
        self._shapes: dict[int, _NumberNames] = {}
        self._hosts: dict[int, HostClass] = {}
        self._parts: dict[int, _KeptPart] = {}
        self._whole: dict[bytes, tuple[Facts, Mapping[str, str]]] = {}

    def shape(self, number: int) -> _NumberNames:
        if number not in self._shapes:
            self._shapes[number] = decode(_NumberNames, self._body(number))
        return self._shapes[number]

    def host(self, number: int) -> HostClass:
        if number not in self._hosts:
            self._hosts[number] = decode(HostClass, self._body(number))
        return self._hosts[number]

    def parts(self, packed: bytes) -> tuple[Facts, Mapping[str, str]]:
        """Return (facts, inputs) of the parts whose content numbers are packed in `packed`."""
        if packed not in self._whole:
            facts: dict[str, Fact] = {}
            inputs: dict[str, str] = {}
            for (number,) in struct.iter_unpack("<I", packed):
                if number not in self._parts:
                    self._parts[number] = decode(_KeptPart, self._body(number))
                facts.update(self._parts[number].facts)
                inputs.update(self._parts[number].inputs)
            self._whole[packed] = facts, inputs
        return self._whole[packed]

"""One SQLite file, opened so that what was committed survives a kill, a full disk, a second writer.

It uses a write-ahead log, an fsync at every commit, and short immediate transactions that wait for
each other. SQLite's errors become StoreError here and nowhere else.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import StoreError, UnreadableRunError
from harness.machine.files import sync_folder
from harness.serial import UnreadableError
from harness.store.schema_sql import APPLICATION_ID, MIGRATIONS

PATIENCE_S = 30.0
"""Seconds that a transaction waits for one of another process."""

_ELSEWHERE = "or name another file with HARNESS_STORE"
_MEANINGS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: (
        "its disk is full; what was recorded before is kept",
        f"free space there, {_ELSEWHERE}",
    ),
    sqlite3.SQLITE_BUSY: (
        "another process has kept it locked",
        f"wait for the other run to end, {_ELSEWHERE}",
    ),
    sqlite3.SQLITE_READONLY: (
        "it cannot be written",
        f"give yourself write permission to the file and its folder, {_ELSEWHERE}",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened",
        f"check the permissions of the file and its folder, {_ELSEWHERE}",
    ),
    sqlite3.SQLITE_IOERR: (
        "its disk failed to read or write; what was recorded before is kept",
        f"check that disk (space, quota, hardware), {_ELSEWHERE}",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "it is damaged",
        "move it away: the next run makes a new one; `sqlite3 FILE .recover` may save what it held",
    ),
    sqlite3.SQLITE_NOTADB: (
        "it is damaged, or not a store at all",
        f"move it away: the next run makes a new one; {_ELSEWHERE}",
    ),
}
_IDENTITY = """
    SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master)
    FROM pragma_application_id, pragma_user_version
"""
_SAME = {
    sqlite3.SQLITE_LOCKED: sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_PROTOCOL: sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_PERM: sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH: sqlite3.SQLITE_CANTOPEN,
}


class Database:
    """A store's file. The constructor touches nothing; the first transaction opens it.

    With `readonly` nothing is ever created or changed, and a file that is not there reads as
    an empty store. May be shared by threads: transactions of one Database take turns.
    """

    def __init__(
        self, path: Path, *, readonly: bool = False, patience_s: float = PATIENCE_S
    ) -> None:
        self.path = path
        self.readonly = readonly
        self._patience_s = patience_s
        self._turn = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of the store and blocks no writer."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is on the disk when it ends; if it raises, it leaves no trace."""
        if self.readonly:
            raise StoreError(f"the store {self.path} was opened for reading only")
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def undamaged(self, run_id: str) -> Iterator[None]:
        """Turn UnreadableError into UnreadableRunError for that run. Either a newer harness wrote
        it, or the file is damaged: the content alone does not tell which."""
        try:
            yield
        except UnreadableError as error:
            raise UnreadableRunError(
                f"run {run_id} cannot be read back from the store {self.path} ({error})",
                remedy="a newer harness may have written it: read it with that one. If none did, "
                "the file is damaged there. Other runs are read as ever",
            ) from error

    def close(self) -> None:
        with self._turn, _translated(self.path):
            if self._connection is not None:
                connection, self._connection = self._connection, None
                connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._turn, _translated(self.path):
            connection = self._opened()
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite has already rolled back by itself after some errors (a full disk, say).
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                if self.path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, "it is a folder")
                self._connection = self._for_reading() if self.readonly else self._for_writing()
            except OSError as error:
                raise StoreError(
                    f"the store {self.path} could not be used: {error.strerror or error}",
                    remedy=f"make its folder and file yours, {_ELSEWHERE}",
                ) from error
        return self._connection

    def _for_writing(self) -> sqlite3.Connection:
        created = self._created()
        connection = self._connected(str(self.path.absolute()))
        try:
            _check_identity(connection, self.path)
            self._configure(connection)
            _migrate(connection, self.path)
            if created:
                sync_folder(self.path.absolute().parent)
        except BaseException:
            connection.close()
            raise
        return connection

    def _for_reading(self) -> sqlite3.Connection:
        if not self.path.exists():
            return _empty(self._connected(":memory:"))
        uri = self.path.absolute().as_uri() + "?mode=ro"
        log = self.path.with_name(self.path.name + "-wal")
        if not os.access(self.path.absolute().parent, os.W_OK) and not log.exists():
            # Readers of a write-ahead log share a file beside the store, which cannot be made here;
            # without a log nobody writes, and the file can be read as it is.
            uri += "&immutable=1"
        connection = self._connected(uri)
        try:
            version = _check_identity(connection, self.path)
        except BaseException:
            connection.close()
            raise
        if version == 0:
            connection.close()
            return _empty(self._connected(":memory:"))
        return connection

    def _created(self) -> bool:
        """Create the folder and the file, private to the user; return whether the file is new."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def _connected(self, target: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            target,
            timeout=self._patience_s,
            isolation_level=None,
            check_same_thread=False,
            uri=target.startswith("file:"),
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        return connection

    def _configure(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = FULL")
        deadline = time.monotonic() + self._patience_s
        while True:
            try:
                # On a file system without shared memory, SQLite stays in mode `delete`: equally
                # safe, only slower.
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                # SQLite does not wait by itself if two processes create the log at the same time.
                if _primary(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def _check_identity(connection: sqlite3.Connection, path: Path) -> int:
    """Return the schema version, 0 for an empty file. StoreError if it is newer than ours, or if
    the file is not a store.

    A single statement reads a single state of the file. Another process may be creating the store
    right now: its new tables, read together with the earlier (empty) identity, would look like a
    database of another program.
    """
    application, version, tables = connection.execute(_IDENTITY).fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise StoreError(
            f"{path} is a database of another program",
            remedy="name another file with HARNESS_STORE",
        )
    if version > len(MIGRATIONS):
        raise StoreError(
            f"the store {path} was written by a newer harness (schema {version}; this one knows "
            f"{len(MIGRATIONS)}); nothing was read or written",
            remedy=f"update harness, {_ELSEWHERE}",
        )
    return int(version)


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    if _check_identity(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Check again: another process may have migrated the file while this one waited.
        for statements in MIGRATIONS[_check_identity(connection, path) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _empty(connection: sqlite3.Connection) -> sqlite3.Connection:
    for statements in MIGRATIONS:
        for statement in statements:
            connection.execute(statement)
    return connection


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = _primary(error)
        cause, remedy = _MEANINGS.get(_SAME.get(code, code), (f"SQLite says: {error}", ""))
        raise StoreError(f"the store {path} could not be used: {cause}", remedy=remedy) from error


def _primary(error: sqlite3.Error) -> int:
    """The primary result code; an extended code adds detail in the higher bits."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF

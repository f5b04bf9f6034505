"""Contents that many rows share: stored once, compressed, under the SHA-256 of their bytes."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib

from harness.serial import UnreadableError


class KeptContents:
    """The contents of a store. Its methods work inside a transaction of the caller."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._known: dict[bytes, int] = {}

    def put(self, content: bytes) -> int:
        """Return the number of a content; write the content if it is new."""
        digest = hashlib.sha256(content).digest()
        if digest not in self._known:
            self._known[digest] = self._kept(digest, content)
        return self._known[digest]

    def get(self, number: int) -> bytes:
        """Return the content with that number. UnreadableError if it is damaged or missing."""
        row = self._connection.execute(
            "SELECT digest, body FROM contents WHERE id = ?", (number,)
        ).fetchone()
        if row is None:
            raise UnreadableError("it is not there", f"content {number}")
        digest, body = row
        try:
            content = zlib.decompress(body)
        except zlib.error as error:
            raise UnreadableError(str(error), f"content {number}") from None
        if hashlib.sha256(content).digest() != digest:
            raise UnreadableError("the content is not what its digest says", f"content {number}")
        return content

    def _kept(self, digest: bytes, content: bytes) -> int:
        row = self._connection.execute(
            "SELECT id FROM contents WHERE digest = ?", (digest,)
        ).fetchone()
        if row is not None:
            return int(row[0])
        made = self._connection.execute(
            "INSERT INTO contents (digest, body) VALUES (?, ?)", (digest, zlib.compress(content))
        ).lastrowid
        assert made is not None, "a row has a number"
        return made

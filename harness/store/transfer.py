"""Export of one run to a file of JSON lines, and its import, so that records travel to another
machine.

The first line is a header with the run. Then comes one line for each record, each attempt that
infrastructure ended, and each second opinion on a cell's files. The last line has the counts and
the SHA-256 of all bytes before it. An import takes in all of a file or nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, TypeVar

from harness.errors import UsageError
from harness.machine.files import atomic_write
from harness.model import ADDED, Attempt, Key, Record, Run, SecondOpinion
from harness.serial import MAX_LINE_BYTES, UnreadableError, decode_untrusted, encode
from harness.store.runid import is_safe_run_id
from harness.store.store import Store

_T = TypeVar("_T")

SCHEMA = 1
MAX_PLANNED = 1_000_000
"""A run from outside that plans more records is refused."""
_MAX_ATTEMPTS = 1_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Header:
    harness: str
    schema: int
    run: Run


@dataclass(frozen=True, kw_only=True, slots=True)
class _RecordLine:
    record: Record


@dataclass(frozen=True, kw_only=True, slots=True)
class _AttemptLine:
    attempt: Record
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class _OpinionLine:
    opinion: SecondOpinion


@dataclass(frozen=True, kw_only=True, slots=True)
class _Footer:
    records: int
    attempts: int
    opinions: int | None = field(default=None, metadata={ADDED: True})
    """None if there are none."""
    sha256: str


_Line = _RecordLine | _AttemptLine | _OpinionLine | _Footer
_KINDS: dict[str, type[_Line]] = {
    "record": _RecordLine,
    "attempt": _AttemptLine,
    "opinion": _OpinionLine,
    "sha256": _Footer,
}


def export(store: Store, run_id: str, path: Path) -> None:
    """Write a run with all it has so far to `path`, atomically; the same run gives the same bytes.

    UsageError if there is no such run, or if `path` cannot be written as a file.
    """
    atomic_write(path, exported(store, run_id))


def exported(store: Store, run_id: str) -> Iterator[bytes]:
    """Return the lines of an export, the same bytes each time. UsageError if there is no such
    run."""
    run = store.run(run_id)
    return _lines(run, store.records(run.id), store.attempts(run.id))


def export_digest(store: Store, run_id: str) -> str:
    """Return the SHA-256 of a run's export, in hexadecimal. UsageError if there is no such run."""
    digest = hashlib.sha256()
    for line in exported(store, run_id):
        digest.update(line)
    return digest.hexdigest()


def export_is(store: Store, run_id: str, digest: str) -> bool:
    """Whether a run's export has this SHA-256. UsageError if there is no such run.

    The store keeps the text of which the lines consist, so the lines are first put together from
    it without decoding; only if that gives another digest are the records decoded and encoded anew.
    """
    return _digest_as_kept(store, run_id) == digest or export_digest(store, run_id) == digest


_FACTS = b'"facts":{}'
"""What a stored record has in place of its facts. Its first occurrence is that place: the record's
keys are sorted, and a quote inside a text is escaped."""


def _digest_as_kept(store: Store, run_id: str) -> str:
    """Return the SHA-256 of an export as put together from the texts in the store, without decoding
    the records."""
    run = store.run(run_id)
    digest = hashlib.sha256()
    digest.update(_header_as_kept(store, run) + b"\n")
    records = 0
    for body, facts in store.record_texts(run.id):
        before, _, after = body.partition(_FACTS)
        digest.update(b"".join((b'{"record":', before, _FACTS[:-2], facts, after, b"}\n")))
        records += 1
    attempts = store.attempts(run.id)
    for kept in attempts:
        digest.update(encode(_AttemptLine(attempt=kept.record, reason=kept.reason)) + b"\n")
    for opinion in run.opinions or ():
        digest.update(encode(_OpinionLine(opinion=opinion)) + b"\n")
    footer = _Footer(
        records=records,
        attempts=len(attempts),
        opinions=len(run.opinions or ()) or None,
        sha256=digest.hexdigest(),
    )
    digest.update(encode(footer) + b"\n")
    return digest.hexdigest()


def _header_as_kept(store: Store, run: Run) -> bytes:
    """Return the header of an export, put together from the text of the run in the store where
    nothing else tells more about the run."""
    if run.hosts is not None or run.cell_rounds is not None:
        return encode(_Header(harness="export", schema=SCHEMA, run=replace(run, opinions=None)))
    tree = json.loads(store.run_text(run.id)) | {"state": run.state, "ended": run.ended}
    header = {"harness": "export", "run": tree, "schema": SCHEMA}
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode("ascii")


def read_export(path: Path) -> tuple[Run, tuple[Record, ...]]:
    """Return the run and the records of an export without importing them. UsageError as in
    `import_file`."""
    run, entries = read_entries(path)
    return run, tuple(one for one in entries if isinstance(one, Record))


def read_entries(path: Path) -> tuple[Run, tuple[Record | Attempt | SecondOpinion, ...]]:
    """Return the run and all entries of an export without importing them. UsageError as in
    `import_file`."""
    try:
        stream = _opened(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    with stream:
        reader = _ExportReader(path, stream)
        run = reader.run()
        entries = tuple(reader.entries(run))
    opinions = tuple(one for one in entries if isinstance(one, SecondOpinion))
    return replace(run, opinions=opinions or None), entries


def import_file(store: Store, path: Path) -> Run:
    """Import a file that `export` wrote, in one transaction; importing it again changes nothing.

    UsageError, naming the line, if the file was cut short or altered: then nothing was imported.
    StoreError if the store has a different run or record under the same name.
    """
    try:
        stream = _opened(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    with stream:
        reader = _ExportReader(path, stream)
        run = reader.run()
        return store.take_in(run, reader.entries(run))


def _lines(run: Run, records: tuple[Record, ...], attempts: tuple[Attempt, ...]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for line in (
        _Header(harness="export", schema=SCHEMA, run=replace(run, opinions=None)),
        *(_RecordLine(record=record) for record in records),
        *(_AttemptLine(attempt=kept.record, reason=kept.reason) for kept in attempts),
        *(_OpinionLine(opinion=opinion) for opinion in run.opinions or ()),
    ):
        data = encode(line) + b"\n"
        digest.update(data)
        yield data
    footer = _Footer(
        records=len(records),
        attempts=len(attempts),
        opinions=len(run.opinions or ()) or None,
        sha256=digest.hexdigest(),
    )
    yield encode(footer) + b"\n"


def _opened(path: Path) -> BinaryIO:
    """Open a regular file; UsageError for any other kind. A pipe could keep the store's
    transaction open for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(f"{path} is not a regular file", remedy="name a file of harness export")
    return os.fdopen(descriptor, "rb")


class _ExportReader:
    """Reads an export line by line; every error names file and line."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self._path = path
        self._stream = stream
        self._line = 0
        self._digest = hashlib.sha256()

    def run(self) -> Run:
        header = self._decoded({"harness": _Header}, self._next())
        run = header.run
        if header.harness != "export":
            raise self._wrong("not a file of harness export")
        if header.schema != SCHEMA:
            raise self._wrong(
                f"schema {header.schema}; this harness reads {SCHEMA}",
                remedy="import it with the version of harness that wrote it, or a newer one",
            )
        if not is_safe_run_id(run.id):
            raise self._wrong("run.id: not an id of a run")
        if run.state not in {"running", "complete", "interrupted"}:
            raise self._wrong("run.state: not a state of a run")
        self._check_rounds(run)
        if len(set(run.pairs)) != len(run.pairs):
            raise self._wrong("run.pairs: the same cell and probe twice")
        return run

    def _check_rounds(self, run: Run) -> None:
        """Check that the numbers of rounds are plausible, before any key is made from them."""
        if run.rounds < 1 or run.most_rounds * len(run.pairs) > MAX_PLANNED:
            raise self._wrong(f"run.rounds: plans none, or more than {MAX_PLANNED} records")
        further = dict(run.cell_rounds or ())
        known = {cell.id for cell in run.cells}
        if further and (run.looks is None or not further.keys() <= known):
            raise self._wrong("run.cell_rounds: rounds of a cell that it does not have, or fixed")
        if any(number < 1 for number in (*further.values(), *(run.looks or ()))):
            raise self._wrong("run.cell_rounds: no round has a number below 1")

    def entries(self, run: Run) -> Iterator[Record | Attempt | SecondOpinion]:
        """Yield every record, attempt and opinion. UsageError if the footer does not agree."""
        planned = set(run.planned())
        cells = {cell.id for cell in run.cells}
        seen: set[Key] = set()
        opinions: set[str] = set()
        attempts = 0
        while True:
            before = self._digest.hexdigest()
            match self._decoded(_KINDS, self._next()):
                case _RecordLine(record=record):
                    self._check_key(record, planned)
                    if record.key in seen:
                        raise self._wrong("a second record with the same key")
                    seen.add(record.key)
                    yield record
                case _AttemptLine(attempt=record, reason=reason):
                    self._check_key(record, planned)
                    attempts += 1
                    if attempts > _MAX_ATTEMPTS:
                        raise self._wrong(f"more than {_MAX_ATTEMPTS} attempts")
                    yield Attempt(record=record, reason=reason)
                case _OpinionLine(opinion=opinion):
                    if opinion.cell not in cells:
                        raise self._wrong("an opinion on a cell that the run does not have")
                    if opinion.cell in opinions:
                        raise self._wrong("a second opinion on the same cell")
                    opinions.add(opinion.cell)
                    yield opinion
                case _Footer() as footer:
                    found = _Footer(
                        records=len(seen),
                        attempts=attempts,
                        opinions=len(opinions) or None,
                        sha256=before,
                    )
                    self._check_footer(footer, found)
                    if run.state == "complete" and len(seen) < len(planned):
                        raise self._wrong(
                            f"a complete run with {len(seen)} of {len(planned)} records"
                        )
                    return

    def _check_key(self, record: Record, planned: set[Key]) -> None:
        if record.key not in planned:
            raise self._wrong("a record that the run did not plan")

    def _check_footer(self, footer: _Footer, found: _Footer) -> None:
        if (footer.records, footer.attempts) != (found.records, found.attempts):
            raise self._wrong(
                f"says {footer.records} records and {footer.attempts} attempts, "
                f"but {found.records} and {found.attempts} stand before it"
            )
        if (footer.opinions or 0) != (found.opinions or 0):
            raise self._wrong(
                f"says {footer.opinions or 0} opinions, but {found.opinions or 0} stand before it"
            )
        if footer.sha256 != found.sha256:
            raise self._wrong("the SHA-256 of the lines before it is another: they were altered")
        if self._stream.read(1):
            raise self._wrong("something follows the last line")

    def _decoded(self, kinds: Mapping[str, type[_T]], line: bytes) -> _T:
        try:
            return decode_untrusted(kinds, line)
        except UnreadableError as error:
            raise self._wrong(str(error)) from error

    def _next(self) -> bytes:
        self._line += 1
        try:
            line = self._stream.readline(MAX_LINE_BYTES + 1)
        except OSError as error:
            raise self._wrong(f"cannot be read: {error.strerror or error}") from error
        if not line.endswith(b"\n"):
            if len(line) > MAX_LINE_BYTES:
                raise self._wrong(f"longer than {MAX_LINE_BYTES // 1024**2} MiB")
            raise self._wrong("the file ends here, before its last line: it was cut short")
        self._digest.update(line)
        return line

    def _wrong(self, problem: str, remedy: str = "export the run again") -> UsageError:
        return UsageError(
            f"{self._path}:{self._line}: {problem}; nothing was imported", remedy=remedy
        )

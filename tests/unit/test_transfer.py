from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError, StoreError, UsageError
from harness.model import Attempt, EngineInfo, HostClass, Key, Outcome, Probe, Record, Run
from harness.store import transfer
from harness.store.store import Store
from harness.store.transfer import (
    _digest_as_kept,
    export,
    export_digest,
    export_is,
    import_file,
)
from tests.unit.strategies import records_for, runs

RUN = Run(
    id="r1",
    started="2026-11-20T00:00:00Z",
    engine=EngineInfo(name="docker"),
    host=HostClass(machine="x86_64", cpu_model="theirs", cpu_flags=(), cores=2, memory_gib=4),
    cells=(),
    probes=(Probe(name="p", question="?", source="print(1)", digest="d"),),
    rounds=2,
    pairs=(("a", "p"),),
)
FIRST, SECOND = RUN.planned()


def record(key: Key, **fields: Any) -> Record:
    plain = Record(
        run=key.run,
        cell=key.cell,
        round=key.round,
        probe=key.probe,
        outcome=Outcome.OK,
        facts={"x": (1, 2.5, "é")},
    )
    return replace(plain, **fields)


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Store]:
    """A store with one complete run of two records and an attempt."""
    with Store(tmp_path / "theirs.sqlite3") as store:
        store.begin(RUN)
        store.attempt(
            Attempt(record=record(FIRST, outcome=Outcome.ENGINE_GONE), reason="engine gone")
        )
        store.record(record(FIRST))
        store.record(record(SECOND))
        store.finish("r1", ended="2026-11-20T00:01:00Z")
        yield store


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "mine.sqlite3") as store:
        yield store


@pytest.fixture
def file(theirs: Store, tmp_path: Path) -> Path:
    export(theirs, "r1", tmp_path / "run.jsonl")
    return tmp_path / "run.jsonl"


def sealed(lines: list[bytes], **footer: object) -> bytes:
    """The lines with a footer that agrees with them: an alteration that hides itself."""
    body = b"".join(line + b"\n" for line in lines)
    whole = {
        "records": sum(line.startswith(b'{"record"') for line in lines),
        "attempts": sum(line.startswith(b'{"attempt"') for line in lines),
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return body + json.dumps(whole | footer).encode() + b"\n"


def refused(store: Store, file: Path, kind: type[HarnessError] = UsageError) -> str:
    with pytest.raises(kind) as caught:
        import_file(store, file)
    assert store.runs() == ()
    return str(caught.value)


def test_what_was_exported_is_imported_whole_with_the_host_it_came_from(
    theirs: Store, mine: Store, file: Path
) -> None:
    imported = import_file(mine, file)
    assert theirs.run("r1") == imported == mine.run("r1")
    assert theirs.records("r1") == mine.records("r1")
    assert theirs.attempts("r1") == mine.attempts("r1")
    assert imported.host.cpu_model == "theirs"
    assert [listed.imported for listed in mine.runs()] == [True]


def test_an_imported_run_is_nobodys_latest(mine: Store, file: Path) -> None:
    import_file(mine, file)
    assert mine.latest_run() is None
    assert [] == list(mine.whole_answers(mine.run("r1").suite, "a"))
    assert (mine.run("r1"), True) == mine.newest_run()


def test_importing_twice_or_where_it_was_exported_changes_nothing(
    theirs: Store, mine: Store, file: Path
) -> None:
    assert import_file(mine, file) == import_file(mine, file)
    import_file(theirs, file)
    assert [listed.imported for listed in theirs.runs()] == [False]
    assert len(theirs.attempts("r1")) == len(mine.attempts("r1")) == 1


def test_the_same_run_gives_the_same_bytes_wherever_it_is_exported(
    mine: Store, file: Path, tmp_path: Path
) -> None:
    import_file(mine, file)
    export(mine, "r1", tmp_path / "again.jsonl")
    assert file.read_bytes() == (tmp_path / "again.jsonl").read_bytes()


def test_an_export_is_digested_from_what_the_store_has_as_it_is_written(
    theirs: Store, mine: Store, file: Path
) -> None:
    import_file(mine, file)
    for store in (theirs, mine):
        assert export_digest(store, "r1") == _digest_as_kept(store, "r1")
        assert export_is(store, "r1", hashlib.sha256(file.read_bytes()).hexdigest())
        assert not export_is(store, "r1", "0" * 64)


def test_an_export_is_ascii_lines_without_the_text_of_probes(file: Path) -> None:
    content = file.read_bytes()
    assert content.isascii()
    assert b"print(1)" not in content
    header, *entries, footer = map(json.loads, content.splitlines())
    assert (header["harness"], header["schema"], header["run"]["id"]) == ("export", 1, "r1")
    assert [set(entry) for entry in entries] == [{"record"}, {"record"}, {"attempt", "reason"}]
    assert (footer["records"], footer["attempts"]) == (2, 1)


def test_a_run_that_is_still_going_is_imported_as_interrupted_and_completed_later(
    mine: Store, tmp_path: Path
) -> None:
    file = tmp_path / "run.jsonl"
    with Store(tmp_path / "going.sqlite3") as going:
        going.begin(RUN)
        going.record(record(FIRST))
        export(going, "r1", file)
        assert import_file(mine, file).state == "interrupted"
        going.record(record(SECOND))
        going.finish("r1", ended="later")
        export(going, "r1", tmp_path / "later.jsonl")
    assert import_file(mine, tmp_path / "later.jsonl").state == "complete"
    assert import_file(mine, file).state == "complete"
    assert len(mine.records("r1")) == 2


def test_records_are_not_slipped_into_a_run_that_was_made_here(mine: Store, file: Path) -> None:
    mine.begin(RUN)
    mine.record(record(FIRST))
    with pytest.raises(StoreError, match="made here"):
        import_file(mine, file)
    assert (record(FIRST),) == mine.records("r1")


def test_a_record_that_differs_from_the_one_held_imports_nothing(mine: Store, file: Path) -> None:
    mine.begin(RUN)
    mine.record(record(FIRST, facts={"x": 2}))
    with pytest.raises(StoreError, match="already has another record"):
        import_file(mine, file)
    assert (record(FIRST, facts={"x": 2}),) == mine.records("r1")


Alteration = Callable[[list[bytes]], bytes]
ALTERATIONS: dict[str, tuple[Alteration, str]] = {
    "empty": (lambda lines: b"", ":1: the file ends here"),
    "cut in a line": (lambda lines: b"\n".join(lines)[:-200], "it was cut short"),
    "cut after a line": (lambda lines: b"\n".join(lines[:2]) + b"\n", ":3: the file ends here"),
    "one letter": (
        lambda lines: b"\n".join(lines).replace(b"2.5", b"2.6", 1) + b"\n",
        ":5: the SHA-256 of the lines before it is another",
    ),
    "a record left out": (
        lambda lines: b"\n".join(lines[:1] + lines[2:]) + b"\n",
        ":4: says 2 records and 1 attempts, but 1 and 1 stand before it",
    ),
    "a record left out, sealed": (
        lambda lines: sealed([lines[0], lines[2]]),
        ":3: a complete run with 1 of 2 records",
    ),
    "the same record twice": (
        lambda lines: sealed([lines[0], lines[1], lines[1]]),
        ":3: a second record with the same key",
    ),
    "a record not planned": (
        lambda lines: sealed([lines[0], lines[1].replace(b'"round":1', b'"round":7')]),
        ":2: a record that the run did not plan",
    ),
    "a record of another run": (
        lambda lines: sealed([lines[0], lines[1].replace(b'"run":"r1"', b'"run":"r2"')]),
        ":2: a record that the run did not plan",
    ),
    "an attempt not planned": (
        lambda lines: sealed([*lines[:3], lines[3].replace(b'"cell":"a"', b'"cell":"b"')]),
        ":4: a record that the run did not plan",
    ),
    "a wrong type": (
        lambda lines: sealed([lines[0], lines[1].replace(b'"round":1', b'"round":"1"')]),
        ":2: record.round: Input should be a valid integer",
    ),
    "an unknown field": (
        lambda lines: sealed([lines[0], lines[1].replace(b'"noise"', b'"voice"')]),
        ":2: record.voice: unknown field",
    ),
    "an unknown line": (
        lambda lines: sealed([lines[0], b'{"x":1}']),
        ":2: an object with one of the fields record, attempt, opinion, sha256",
    ),
    "more after the end": (
        lambda lines: b"\n".join([*lines, b"{}"]) + b"\n",
        ":5: something follows the last line",
    ),
    "a newer schema": (
        lambda lines: sealed([lines[0].replace(b'"schema":1', b'"schema":2'), *lines[1:4]]),
        ":1: schema 2; this harness reads 1",
    ),
    "another program": (
        lambda lines: sealed([lines[0].replace(b'"export"', b'"import"'), *lines[1:4]]),
        ":1: not a file of harness export",
    ),
    "a hostile id": (
        lambda lines: sealed([lines[0].replace(b'"id":"r1"', b'"id":"../../r1"')]),
        ":1: run.id: not an id of a run",
    ),
    "a hostile state": (
        lambda lines: sealed([lines[0].replace(b'"state":"complete"', b'"state":"x"')]),
        ":1: run.state: not a state of a run",
    ),
    "a hostile number of rounds": (
        lambda lines: sealed([lines[0].replace(b'"rounds":2', b'"rounds":1000000000')]),
        ":1: run.rounds: plans none, or more than 1000000 records",
    ),
    "a pair twice": (
        lambda lines: sealed([lines[0].replace(b'["a","p"]', b'["a","p"],["a","p"]')]),
        ":1: run.pairs: the same cell and probe twice",
    ),
    "garbage": (lambda lines: b"\x00\xff garbage\n", ":1: not UTF-8 at byte 1"),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_file_imports_nothing_and_the_line_is_named(
    name: str, mine: Store, file: Path
) -> None:
    alter, expected = ALTERATIONS[name]
    original = file.read_bytes()
    file.write_bytes(alter(original.splitlines()))
    assert file.read_bytes() != original
    text = refused(mine, file)
    assert str(file) in text
    assert expected in text
    assert "nothing was imported" in text


def test_a_line_without_end_is_not_read_into_memory(
    mine: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "MAX_LINE_BYTES", 1024**2)
    file.write_bytes(b" " * (1024**2 + 1))
    assert ":1: longer than 1 MiB" in refused(mine, file)


def test_a_file_that_is_not_there_or_not_a_file_is_said_to_be(mine: Store, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "cannot be read: No such file" in refused(mine, tmp_path / "missing")
    assert "not a regular file" in refused(mine, tmp_path / "pipe")
    assert "not a regular file" in refused(mine, tmp_path)


def test_an_export_of_an_unknown_run_makes_no_file(mine: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run 'r9'"):
        export(mine, "r9", tmp_path / "run.jsonl")
    assert not (tmp_path / "run.jsonl").exists()


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(run=runs(), data=st.data())
def test_any_run_survives_export_and_import(run: Run, data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "run.jsonl"
        with Store(Path(folder) / "theirs") as theirs, Store(Path(folder) / "mine") as mine:
            theirs.begin(run)
            for key in run.planned():
                theirs.record(data.draw(records_for(key)))
            theirs.finish(run.id, ended="later")
            export(theirs, run.id, file)
            assert theirs.run(run.id) == import_file(mine, file)
            assert theirs.records(run.id) == mine.records(run.id)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_single_altered_byte_goes_unnoticed(
    data: st.DataObject, mine: Store, file: Path, tmp_path: Path
) -> None:
    content = bytearray(file.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= data.draw(st.integers(1, 255))
    altered = tmp_path / "altered.jsonl"
    altered.write_bytes(content)
    refused(mine, altered)

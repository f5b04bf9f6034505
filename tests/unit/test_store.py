from __future__ import annotations

import os
import re
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
)

from harness.errors import InternalError, StoreError, UnreadableRunError, UsageError
from harness.model import Attempt, EngineInfo, HostClass, Key, Outcome, Probe, Record, Run
from harness.serial import encode
from harness.store.store import Store
from tests.unit.strategies import TEXTS, records_for, runs

HOST = HostClass(machine="x86_64", cpu_model="cpu", cpu_flags=(), cores=2, memory_gib=4)


def run(name: str = "r1", **fields: Any) -> Run:
    plain = Run(
        id=name,
        started=f"2026-11-20T00:00:00Z {name}",
        engine=EngineInfo(name="host"),
        host=HOST,
        cells=(),
        probes=(),
        rounds=2,
        pairs=(("a", "p"), ("a", "q"), ("b", "p")),
    )
    return replace(plain, **fields)


def record(key: Key, **fields: Any) -> Record:
    plain = Record(run=key.run, cell=key.cell, round=key.round, probe=key.probe, outcome=Outcome.OK)
    return replace(plain, **fields)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "store.sqlite3"


def test_the_constructor_touches_nothing_and_the_first_call_makes_a_private_file(
    path: Path,
) -> None:
    with Store(path) as store:
        assert not path.parent.exists()
        store.begin(run())
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_run_is_found_as_it_began_with_probes_by_digest_only(path: Path) -> None:
    probe = Probe(name="p", question="?", source="print(1)", digest="d")
    with Store(path) as store:
        store.begin(run(probes=(probe,)))
        assert run(probes=(replace(probe, source=""),)) == store.run("r1")


def test_records_come_back_in_planned_order_whatever_order_they_came_in(path: Path) -> None:
    keys = run().planned()
    with Store(path) as store:
        store.begin(run())
        for key in reversed(keys):
            store.record(record(key))
        assert keys == tuple(found.key for found in store.records("r1"))
        assert keys[:4] == tuple(found.key for found in store.records("r1", "a"))
        assert store.records("r1", "zzz") == ()


def test_another_run_with_the_same_id_is_refused(path: Path) -> None:
    with Store(path) as store:
        store.begin(run())
        store.begin(run())
        with pytest.raises(StoreError, match="holds another run with the id 'r1'"):
            store.begin(run(version="2"))
        assert run() == store.run("r1")


def test_another_record_under_the_same_key_is_refused_and_the_first_is_kept(path: Path) -> None:
    key = run().planned()[0]
    with Store(path) as store:
        store.begin(run())
        store.record(record(key, facts={"x": 1}))
        for other in (record(key, facts={"x": 1.0}), record(key, facts={"x": 1}, reason="!")):
            with pytest.raises(StoreError, match="another record for cell 'a', round 1, probe 'p'"):
                store.record(other)
        assert (record(key, facts={"x": 1}),) == store.records("r1")


@pytest.mark.parametrize(
    "key",
    [
        Key(run="r1", cell="a", round=3, probe="p"),
        Key(run="r1", cell="b", round=1, probe="q"),
        Key(run="r2", cell="a", round=1, probe="p"),
        Key(run="r1", cell="\ud800", round=1, probe="p"),
    ],
)
def test_a_record_or_attempt_that_was_not_planned_is_refused(path: Path, key: Key) -> None:
    with Store(path) as store:
        store.begin(run())
        with pytest.raises(InternalError, match="not planned"):
            store.record(record(key))
        with pytest.raises(InternalError, match="not planned"):
            store.attempt(Attempt(record=record(key), reason="gone"))
        assert store.records("r1") == ()
        assert store.attempts("r1") == ()


def test_a_run_that_plans_one_key_twice_is_refused(path: Path) -> None:
    with Store(path) as store:
        with pytest.raises(InternalError, match="twice"):
            store.begin(run(pairs=(("a", "p"), ("a", "p"))))
        assert store.runs() == ()


def test_attempts_are_kept_and_never_counted(path: Path) -> None:
    key = run().planned()[0]
    gone = record(key, outcome=Outcome.ENGINE_GONE, started="1")
    with Store(path) as store:
        store.begin(run())
        store.attempt(Attempt(record=replace(gone, started="2"), reason="second"))
        store.attempt(Attempt(record=gone, reason="first"))
        store.attempt(Attempt(record=gone, reason="first"))
        assert [kept.reason for kept in store.attempts("r1")] == ["first", "second"]
        assert gone == store.attempts("r1")[0].record
        assert store.records("r1") == ()
        assert store.runs()[0].recorded == 0


def test_facts_that_repeat_lie_in_the_file_once(path: Path) -> None:
    with Store(path) as store:
        store.begin(run())
        for key in run().planned():
            store.record(record(key, facts={f"package.{number}": "1.0" for number in range(99)}))
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (1,)
    connection.close()


def test_a_run_is_complete_only_when_every_planned_key_has_its_record(path: Path) -> None:
    keys = run().planned()
    with Store(path) as store:
        store.begin(run())
        for key in keys[1:]:
            store.record(record(key))
        with pytest.raises(InternalError, match="1 records are missing"):
            store.finish("r1", ended="later")
        assert store.run("r1").state == "running"
        store.record(record(keys[0]))
        store.finish("r1", ended="later")
        assert run(state="complete", ended="later") == store.run("r1")


def test_a_run_that_was_never_begun_cannot_end(path: Path) -> None:
    with Store(path) as store, pytest.raises(InternalError, match="never begun"):
        store.finish("r1", ended="later", state="interrupted")


def test_runs_are_listed_newest_first(path: Path) -> None:
    with Store(path) as store:
        for name in ("r2", "r3", "r1"):
            store.begin(run(name))
        store.record(record(run("r2").planned()[0]))
        assert [(listed.id, listed.planned, listed.recorded) for listed in store.runs()] == [
            ("r3", 6, 0),
            ("r2", 6, 1),
            ("r1", 6, 0),
        ]
        assert run("r3") == store.latest_run()


def test_whole_answers_of_a_cell_are_those_of_its_suite_that_lack_nothing_newest_first(
    path: Path,
) -> None:
    old, new = run("r1"), run("r2")
    with Store(path) as store:
        assert [] == list(store.whole_answers("", "a"))
        for begun in (old, new):
            store.begin(begun)
        for key in old.planned():
            store.record(record(key))
        for key in new.planned()[1:]:
            store.record(record(key))
        assert [(old, store.records("r1", "a"))] == list(store.whole_answers("", "a"))
        both = [(one, store.records(one.id, "b")) for one in (new, old)]
        assert both == list(store.whole_answers("", "b"))
        assert [] == list(store.whole_answers("", "c"))
        assert [] == list(store.whole_answers("other", "b"))


def test_a_prefix_that_only_one_run_has_finds_it(path: Path) -> None:
    with Store(path) as store:
        for name in ("20261119T1", "20261120T1", "20261120T12"):
            store.begin(run(name))
        assert store.resolve("20261119").id == "20261119T1"
        assert store.resolve("20261120T1").id == "20261120T1"
        with pytest.raises(UsageError) as ambiguous:
            store.resolve("20261120")
        with pytest.raises(UsageError) as unknown:
            store.resolve("2025")
        with pytest.raises(UsageError):
            store.run("20261119")
    assert "one of: 20261120T12 (running), 20261120T1 (running)" in str(ambiguous.value)
    assert "the newest runs: 20261120T12 (running), 20261120T1 (running), 20261119T1" in str(
        unknown.value
    )


@pytest.mark.parametrize("prefix", ["", "%", "_", "r%", "\ud800", "x\0"])
def test_a_prefix_is_text_and_not_a_pattern(path: Path, prefix: str) -> None:
    with Store(path) as store:
        store.begin(run())
        with pytest.raises(UsageError, match="no run"):
            store.resolve(prefix)


def test_an_empty_store_says_how_to_make_a_run(path: Path) -> None:
    with Store(path) as store, pytest.raises(UsageError, match="harness run"):
        store.resolve("r")


def test_runs_whose_owner_died_are_marked_interrupted_and_no_others(path: Path) -> None:
    with Store(path) as store:
        store.begin(run("r1"), owner="dead")
        store.begin(run("r2"), owner="alive")
        store.begin(run("r3", pairs=()), owner="dead")
        store.finish("r3", ended="later")
        assert store.interrupted({"alive"}.__contains__) == ("r1",)
        assert [listed.state for listed in store.runs()] == ["complete", "running", "interrupted"]
        assert store.interrupted({"alive"}.__contains__) == ()


def test_a_reader_of_a_store_that_is_not_there_sees_an_empty_one_and_makes_nothing(
    path: Path,
) -> None:
    with Store(path, readonly=True) as store:
        assert store.runs() == ()
        assert store.latest_run() is None
    assert not path.parent.exists()


def test_a_reader_cannot_write_and_sees_what_a_writer_acknowledges(path: Path) -> None:
    key = run().planned()[0]
    with Store(path) as store, Store(path, readonly=True) as reader:
        store.begin(run())
        store.record(record(key))
        assert (record(key),) == reader.records("r1")
        with pytest.raises(StoreError, match="for reading only"):
            reader.record(record(key))


def test_an_empty_file_is_a_store_to_come(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with Store(path, readonly=True) as reader:
        assert reader.runs() == ()
    with Store(path) as store:
        store.begin(run())
        assert run() == store.run("r1")


def refusals(path: Path) -> list[str]:
    """What a writer and a reader are told."""
    found = []
    for readonly in (False, True):
        with Store(path, readonly=readonly) as store, pytest.raises(StoreError) as caught:
            store.runs()
        found.append(str(caught.value))
    return found


def test_a_newer_schema_is_refused_by_writer_and_reader_and_stays_as_it_is(path: Path) -> None:
    with Store(path) as store:
        store.begin(run())
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    for text in refusals(path):
        assert "written by a newer harness (schema 99; this one knows 3)" in text
        assert "update harness" in text
    assert before == path.read_bytes()


def test_another_programs_database_is_refused_and_stays_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    for text in refusals(path):
        assert "a database of another program" in text
    assert before == path.read_bytes()


def test_garbage_is_refused_with_the_way_out_and_stays_as_it_is(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all\n" * 300)
    for text in refusals(path):
        assert "damaged, or not a store at all" in text
        assert "move it away" in text
    assert path.read_bytes() == b"no database at all\n" * 300


def test_a_truncated_store_is_damaged_and_not_quietly_empty(path: Path) -> None:
    with Store(path) as store:
        store.begin(run())
        for key in run().planned():
            store.record(record(key, noise="x" * 9000))
    os.truncate(path, path.stat().st_size // 2)
    for text in refusals(path):
        assert "damaged" in text


def test_a_row_that_was_tampered_with_is_damage(path: Path) -> None:
    with Store(path) as store:
        store.begin(run())
        store.record(record(run().planned()[0], facts={"x": 1}))
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("""UPDATE facts SET body = '{"x":2}'""")
    with Store(path) as store, pytest.raises(StoreError, match="not what its digest says"):
        store.records("r1")
    with connection:
        connection.execute("UPDATE runs SET body = 'x'")
    connection.close()
    with Store(path) as store, pytest.raises(StoreError, match="run r1 cannot be read back"):
        store.run("r1")


def test_a_folder_in_place_of_the_store_is_refused(tmp_path: Path) -> None:
    for text in refusals(tmp_path):
        assert "it is a folder" in text


def test_a_store_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        Store(tmp_path / "file/store.sqlite3") as store,
        pytest.raises(StoreError, match="file/st"),
    ):
        store.begin(run())


def test_a_store_that_another_process_keeps_locked_is_said_to_be(path: Path) -> None:
    with Store(path) as store:
        store.begin(run())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store(path, patience_s=0.01) as store:
        with pytest.raises(StoreError, match="another process has kept it locked"):
            store.record(record(run().planned()[0]))
        assert store.records("r1") == ()
        other.execute("ROLLBACK")
        store.record(record(run().planned()[0]))
        assert len(store.records("r1")) == 1
    other.close()


class StoreMachine(RuleBasedStateMachine):
    """The store against a dict: whatever is done, in whatever order, with reopening between."""

    keys: Bundle[Key] = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="store-"))
        self.store = self.opened()
        self.begun: dict[str, Run] = {}
        self.recorded: dict[Key, Record] = {}
        self.attempted: dict[str, set[tuple[Key, str]]] = {}

    def opened(self) -> Store:
        return Store(self.folder / "store.sqlite3")

    @rule(target=keys, begun=runs())
    def begin(self, begun: Run) -> Any:
        if begun.id in self.begun:
            return multiple()
        self.store.begin(begun)
        self.begun[begun.id] = begun
        return multiple(*begun.planned())

    @rule(key=keys, data=st.data())
    def record(self, key: Key, data: st.DataObject) -> None:
        new = data.draw(records_for(key))
        held = self.recorded.setdefault(key, new)
        if encode(held) == encode(new):
            self.store.record(new)
        else:
            with pytest.raises(StoreError):
                self.store.record(new)

    @rule(key=keys)
    def record_again(self, key: Key) -> None:
        if key in self.recorded:
            self.store.record(self.recorded[key])

    @rule(key=keys, reason=TEXTS)
    def attempt(self, key: Key, reason: str) -> None:
        self.store.attempt(Attempt(record=record(key), reason=reason))
        self.attempted.setdefault(key.run, set()).add((key, reason))

    @precondition(lambda self: self.begun)
    @rule(data=st.data(), ended=TEXTS)
    def finish(self, data: st.DataObject, ended: str) -> None:
        begun = data.draw(st.sampled_from(list(self.begun.values())))
        whole = all(key in self.recorded for key in begun.planned())
        state = "complete" if whole else "interrupted"
        self.store.finish(begun.id, ended=ended, state=state)
        self.begun[begun.id] = replace(begun, state=state, ended=ended)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = self.opened()

    @invariant()
    def the_store_holds_what_was_acknowledged(self) -> None:
        assert set(self.begun) == {listed.id for listed in self.store.runs()}
        for name, begun in self.begun.items():
            assert begun == self.store.run(name)
            expected = tuple(self.recorded[key] for key in begun.planned() if key in self.recorded)
            assert expected == self.store.records(name)
            kept = {(kept.record.key, kept.reason) for kept in self.store.attempts(name)}
            assert self.attempted.get(name, set()) == kept

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_values_are_bound_by_name_or_in_order_and_never_by_number() -> None:
    """Numbered placeholders with values in order are deprecated in Python 3.12.0 to 3.12.3: where
    warnings are errors, every reading of the store would be one."""
    package = Path(__file__).resolve().parents[2] / "harness"
    found = [
        f"{path.relative_to(package)}: {line.strip()}"
        for path in sorted(package.rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"[=(,<>] *\?\d", line)
    ]
    assert [] == found


def test_a_run_that_cannot_be_read_back_hides_no_other(path: Path) -> None:
    with Store(path) as store:
        for id in ("r1", "r2"):
            store.begin(run(id))
            store.record(record(run(id).planned()[0]))
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE runs SET body = '{}' WHERE id = 'r1'")
    connection.close()
    with Store(path) as store:
        listed = {one.id: one for one in store.runs()}
        assert {"r1", "r2"} == set(listed)
        assert "unreadable" == listed["r1"].state
        assert "a newer harness" not in listed["r2"].unreadable
        assert "r1 cannot be read back" in listed["r1"].unreadable
        assert "" == listed["r2"].unreadable
        assert ["r2"] == [one.id for one in store.runs_of(run().suite, 10)]
        with pytest.raises(UnreadableRunError, match="cannot be read back") as raised:
            store.run("r1")
        assert "a newer harness may have written it" in raised.value.remedy
        assert "r2" == store.run("r2").id

"""What the store keeps of every night: read back as it was, forgotten with its records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import StoreError
from harness.history.summary import cell_nights
from harness.model import Attempt, CellNight, Outcome, Run
from harness.nights.night import JudgedRun
from harness.running.remembering import caught_up
from harness.serial import decode, encode
from harness.store.schema_sql import MIGRATIONS
from harness.store.store import Store
from harness.store.transfer import export, import_file
from tests.unit.builders import HOST, cell, healthy, run
from tests.unit.nightly import World, cells_of, night
from tests.unit.strategies import any_of

CELLS = cells_of(2)
ONE, OTHER = (one.id for one in CELLS)
TABLES = ("nights", "tracks", "cell_nights", "contents")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def put(store: Store, made: JudgedRun) -> Run:
    run = made.judgement.run
    store.begin(replace(run, state="running", ended=""))
    for one in made.records:
        store.record(one)
    store.finish(run.id, ended=run.started)
    return run


def kept(store: Store, of: str = ONE) -> tuple[CellNight, ...]:
    suite = "default"
    return store.history.of_cell(suite, of, store.history.nights(suite))


def rows(store: Store, table: str) -> int:
    connection = sqlite3.connect(store.path)
    (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(count)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(any_of(CellNight), max_size=3, unique_by=lambda one: one.cell))
def test_what_is_kept_comes_back_as_it_was(nights: list[CellNight]) -> None:
    made = run(*CELLS)
    with TemporaryDirectory() as folder, Store(Path(folder) / "store") as store:
        store.begin(replace(made, state="running", pairs=()))
        store.finish(made.id, ended=made.started)
        store.history.keep(made, nights)
        (row,) = store.history.nights(made.suite)
        assert (made.id, made.started, 2) == (row.run, row.started, row.cells)
        for one in nights:
            of_run = replace(one, run=made.id, started=made.started)
            wanted = decode(CellNight, encode(of_run))  # lone surrogates are kept as escapes
            (found,) = store.history.of_cell(made.suite, one.cell, [row])
            assert replace(wanted, cell=one.cell) == replace(found, cell=one.cell)
            (bare,) = store.history.of_cell(made.suite, one.cell, [row], facts=False)
            assert (found.numbers, {}, {}) == (bare.numbers, bare.facts, bare.inputs)


def test_nights_on_which_nothing_moved_add_no_content(store: Store) -> None:
    put(store, night(0, CELLS))
    caught_up(store, "default")
    before = rows(store, "contents")
    put(store, night(1, CELLS))
    caught_up(store, "default")
    assert before == rows(store, "contents")
    put(store, night(2, CELLS, World(packages={ONE: {"keras": "3.0.1"}})))
    caught_up(store, "default")
    assert before + 2 == rows(store, "contents")  # its packages, and its inputs: the image
    assert ["3.0.0", "3.0.0", "3.0.1"] == [one.facts["package.keras"] for one in kept(store)]
    assert [2, 4] == [rows(store, "tracks"), rows(store, "cell_nights") - 2]


def test_nights_come_in_the_order_in_which_they_began_however_they_were_taken_in(
    store: Store,
) -> None:
    for number in (2, 0, 1):
        put(store, night(number, CELLS))
        caught_up(store, "default")
    began = [one.started for one in kept(store)]
    assert 3 == len(began)
    assert sorted(began) == began
    (first, second, _) = store.history.nights("default")
    assert (second,) == store.history.nights("default", until=second.started, most=1)
    assert (first, second) == store.history.nights("default", until=second.started)
    assert store.history.nights("default") == store.history.begun("default", until="9", most=9)
    last = put(store, night(3, CELLS))
    assert last.id not in [one.run for one in store.history.nights("default")]
    assert last.id == store.history.begun("default", until=last.started, most=1)[0].run


def test_another_suite_has_nights_of_its_own(store: Store) -> None:
    put(store, night(0, CELLS))
    other = night(1, CELLS)
    put(
        store,
        replace(
            other,
            judgement=replace(other.judgement, run=replace(other.judgement.run, suite="theirs")),
        ),
    )
    caught_up(store, "theirs")
    assert () == store.history.nights("default")
    assert 1 == len(store.history.nights("theirs"))
    assert 1 == len(store.history.unkept("default"))
    assert () == store.history.unkept("theirs")


def test_hosts_and_engines_are_told_apart(store: Store) -> None:
    put(store, night(0, CELLS))
    put(store, night(1, CELLS, World(host=replace(HOST, cores=64))))
    caught_up(store, "default")
    assert [2, 64] == [one.host.cores for one in kept(store)]
    assert 4 == rows(store, "tracks")


def test_a_run_that_is_not_complete_is_not_kept(store: Store) -> None:
    made = night(0, CELLS)
    store.begin(replace(made.judgement.run, state="running", ended=""))
    store.finish(made.judgement.run.id, ended="", state="interrupted")
    caught_up(store, "default")
    store.history.keep(made.judgement.run, cell_nights(made.judgement.run, made.records))
    assert () == store.history.nights("default")
    assert 0 == rows(store, "cell_nights")


def test_a_run_that_is_taken_on_is_forgotten_until_it_is_complete_again(store: Store) -> None:
    lost = night(0, CELLS, World(lost=frozenset({ONE})))
    run = put(store, lost)
    caught_up(store, "default")
    assert ({}, 2) == (kept(store)[0].numbers, rows(store, "cell_nights"))
    gone = [one for one in lost.records if one.outcome is Outcome.ENGINE_GONE]
    store.reopen(run.id, [Attempt(record=one, reason="gone") for one in gone])
    assert (0, 0) == (rows(store, "nights"), rows(store, "cell_nights"))
    assert () == store.history.unkept("default")
    for one in night(0, CELLS).records:
        if one.cell == ONE:
            store.record(one)
    store.finish(run.id, ended=run.started)
    caught_up(store, "default")
    assert kept(store)[0].numbers["mnist.test_accuracy"] > 0.9


def test_a_later_export_of_an_imported_run_replaces_its_nights(
    store: Store, tmp_path: Path
) -> None:
    with Store(tmp_path / "theirs.sqlite3") as theirs:
        run = put(theirs, night(0, CELLS, World(lost=frozenset({ONE}))))
        export(theirs, run.id, tmp_path / "first.jsonl")
        gone = [one for one in theirs.records(run.id) if one.outcome is Outcome.ENGINE_GONE]
        theirs.reopen(run.id, [Attempt(record=one, reason="gone") for one in gone])
        for one in night(0, CELLS).records:
            if one.cell == ONE:
                theirs.record(one)
        theirs.finish(run.id, ended=run.started)
        export(theirs, run.id, tmp_path / "second.jsonl")
    import_file(store, tmp_path / "first.jsonl")
    caught_up(store, "default")
    assert {} == kept(store)[0].numbers
    import_file(store, tmp_path / "second.jsonl")
    caught_up(store, "default")
    (found,) = kept(store)
    assert found.numbers["mnist.test_accuracy"] > 0.9


def test_a_store_of_the_schema_before_is_taken_along_and_its_runs_are_read_once(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.sqlite3"
    with Store(path) as store:
        run = put(store, night(0, CELLS))
    connection = sqlite3.connect(path)
    for table in ("cell_nights", "tracks", "nights", "contents"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    with Store(path, readonly=True) as reader:
        assert run.id == reader.run(run.id).id
    with Store(path) as store:
        assert (run.id,) == store.history.unkept("default")
        caught_up(store, "default")
        assert () == store.history.unkept("default")
        assert 1 == len(kept(store))
    connection = sqlite3.connect(path)
    assert (len(MIGRATIONS),) == connection.execute("PRAGMA user_version").fetchone()
    connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE contents SET body = x'00'",
        "UPDATE contents SET digest = randomblob(32)",
        "UPDATE cell_nights SET numbers = x'0102'",
        "UPDATE cell_nights SET shape = 999",
    ],
)
def test_what_was_tampered_with_is_damage(store: Store, damage: str) -> None:
    put(store, night(0, CELLS))
    caught_up(store, "default")
    connection = sqlite3.connect(store.path)
    connection.execute(damage)
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="the history of 'cell00' cannot be read back"):
        kept(store)


def test_a_run_from_elsewhere_that_has_a_cell_twice_is_kept_once(store: Store) -> None:
    made = run(cell(), cell(), pairs=(), state="complete")
    store.begin(replace(made, state="running"))
    store.finish(made.id, ended=made.started)
    store.history.keep(made, cell_nights(made, healthy(cell())))
    assert 1 == len(kept(store, cell().id))
    assert 1 == rows(store, "cell_nights")

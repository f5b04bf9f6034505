"""One run on two engines: each cell on the one that can take it, and judged by where it ran."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.compare.comparison import Side, compare_kept
from harness.compare.judge import judge
from harness.compare.judgement import Judgement
from harness.compare.view import views
from harness.engines.divided import DividedEngine, beside, is_mixed, taking
from harness.errors import UsageError
from harness.formats import render
from harness.formats.report import where
from harness.model import Beside, Cell, EngineInfo, HostClass, Run
from harness.recipes.orders import Order
from harness.running.answering import answers, sought
from harness.running.executor import site_of
from harness.running.progress import beginning
from harness.running.resume import check_same
from harness.running.runner import PlannedRun
from harness.serial import decode, encode
from harness.store.store import Store
from tests.unit.builders import HOST, cell, healthy, run
from tests.unit.scripted import ONE, PROBES, SUITE, TWO, Scripted, execute

MINE = replace(TWO, id="mine", base="", host="python3")
ELSEWHERE = replace(HOST, cpu_model="another processor")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def engines(on: HostClass = HOST) -> tuple[Scripted, Scripted, DividedEngine]:
    main, host = Scripted(name="docker", on=on), Scripted(name="host", image="host:i")
    return main, host, DividedEngine(main, host, (ONE, MINE))


def done(store: Store, engine: DividedEngine | Scripted, reuse: bool = False) -> Run:
    plan = PlannedRun(
        suite=SUITE,
        orders=(Order(cell=ONE), Order(cell=MINE)),
        probes=PROBES,
        rounds=1,
        dataset=None,
        reuse=reuse,
    )
    return execute(plan, engine, store, tell=lambda *_: None, recorded=lambda _: None)


def test_each_cell_is_asked_by_the_engine_that_takes_it_and_its_records_say_so(
    store: Store,
) -> None:
    main, host, divided = engines()
    made = done(store, divided)

    assert (["one"], ["mine"]) == (main.obtained, host.obtained)
    assert {"one"} == {cell for cell, _, _ in main.asked}
    assert {"mine"} == {cell for cell, _, _ in host.asked}
    said = {(record.cell, record.engine) for record in store.records(made.id)}
    assert {("one", "docker"), ("mine", "host")} == said
    assert "docker" == made.engine.name
    assert "complete" == made.state


def test_the_run_keeps_which_engine_took_which_cell(store: Store) -> None:
    _, _, divided = engines(ELSEWHERE)
    made = store.run(done(store, divided).id)

    (other,) = made.beside or ()
    assert ("host", HOST, ("mine",)) == (other.engine.name, other.host, other.cells)
    assert ("docker", ELSEWHERE) == (made.of("one").engine.name, made.of("one").host)
    assert ("host", HOST) == (made.of("mine").engine.name, made.of("mine").host)
    assert made == replace(decode(Run, encode(made)), opinions=made.opinions)
    (listed,) = store.runs()
    assert "docker, host" == listed.engine


def test_a_run_on_one_engine_is_written_as_before(store: Store) -> None:
    made = done(store, Scripted())
    assert made.beside is None
    assert b"beside" not in encode(made)
    assert made == made.of("one")
    told = json.loads(render("json", _judged(made)))
    assert "beside" not in told["runs"][0]


def _judged(made: Run) -> Judgement:
    return judge(made, [])


def test_answers_are_repeated_on_the_engine_that_gave_them_and_on_no_other(store: Store) -> None:
    _, _, first = engines()
    done(store, first)
    main, host, divided = engines()
    done(store, divided, reuse=True)
    assert ([], []) == (main.asked, host.asked)
    alone = Scripted(name="docker", image="host:i")
    done(store, alone, reuse=True)
    assert {"one", "mine"} == {cell for cell, _, _ in alone.asked}


def test_a_run_is_taken_on_only_where_each_of_its_hosts_is_the_same(store: Store) -> None:
    _, _, divided = engines()
    made = done(store, divided)
    orders = (Order(cell=ONE), Order(cell=MINE))
    check_same(made, store.records(made.id), orders, site_of(divided), None)
    with pytest.raises(UsageError, match="not of the class"):
        check_same(made, store.records(made.id), orders, site_of(engines(ELSEWHERE)[2]), None)
    with pytest.raises(UsageError, match="not of the class"):
        check_same(made, store.records(made.id), orders, site_of(Scripted()), None)


OLD, NEW = cell("old"), cell("new")


def mixed() -> Run:
    other = Beside(engine=EngineInfo(name="host", version="6.1"), host=ELSEWHERE, cells=("new",))
    return replace(run(OLD, NEW), beside=(other,))


def test_what_is_judged_of_a_cell_is_judged_on_the_host_it_ran_on() -> None:
    first, second = views(mixed(), [*healthy(OLD), *healthy(NEW)])
    assert (HOST, ELSEWHERE) == (first.run.host, second.run.host)


def test_two_cells_of_one_run_on_two_hosts_are_told_to_be_so() -> None:
    of, records = mixed(), (*healthy(OLD), *healthy(NEW))
    sides = [Side(run=of, records=records, cell=one.id) for one in (OLD, NEW)]
    said = " ".join(compare_kept(*sides).notices)
    assert "different hosts" in said
    assert "different engines: docker, host" in said
    same = compare_kept(sides[0], sides[0]).notices
    assert not any("different" in one for one in same)


def test_reports_say_which_engine_took_which_cell() -> None:
    judged = _judged(mixed())
    for name in ("terminal", "markdown"):
        assert "host 6.1 for new" in " ".join(render(name, judged).split())
    assert "another processor" in " ".join(where(mixed()))
    (told,) = json.loads(render("json", judged))["runs"]
    assert [("host", ["new"])] == [(one["engine"], one["cells"]) for one in told["beside"]]
    assert beginning(mixed()).endswith("2 cells on docker, 1 of them on host")


def test_a_record_answers_for_the_engine_that_took_its_cell() -> None:
    of, records = mixed(), (*healthy(OLD), *healthy(NEW))
    for one, engine, expected in (
        (OLD, "docker", True),
        (OLD, "host", False),
        (NEW, "docker", False),
        (NEW, "host", True),
    ):
        row: Cell = next(each for each in of.cells if each.id == one.id)
        wanted = sought(of.suite, row, "", of.probes, engine)
        images = [replace(record, image=None) for record in records]
        assert expected == answers(replace(wanted, recipe=""), of, images), (one.id, engine)


def test_only_a_mixed_selection_is_divided() -> None:
    assert is_mixed((ONE, MINE))
    assert not is_mixed((ONE,))
    assert not is_mixed((MINE,))
    _, host, divided = engines()
    assert host is taking(divided, "mine")
    assert host is taking(host, "mine")
    assert beside(host) is None

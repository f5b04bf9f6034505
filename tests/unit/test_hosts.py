"""A run over several hosts, without a cluster: each record names its own, and what a host lost is
evidence. Two local executors stand for two nodes."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from harness.compare.judge import judge
from harness.errors import UsageError
from harness.formats import render
from harness.formats.report import spread, where
from harness.model import Attempt, EngineInfo, Record, Run, RunHost
from harness.recipes.orders import Order
from harness.running.executor import Carried, GroupLost, Site
from harness.running.local import LocalExecutor
from harness.running.progress import Tally
from harness.running.resume import check_same
from harness.running.round import Tell
from harness.running.runner import Hearing, PlannedRun, execute
from harness.running.task import Task
from harness.serial import decode, encode
from harness.store.store import Store
from harness.store.transfer import export, import_file
from tests.unit.builders import HOST, healthy
from tests.unit.builders import cell as a_cell
from tests.unit.builders import run as run_of
from tests.unit.scripted import ONE, PROBES, SUITE, TWO, Scripted

DOCKER = EngineInfo(name="docker", version="20.10")
LEFT = RunHost(name="left", address="unix:///left.sock", engine=DOCKER, host=HOST)
RIGHT = replace(LEFT, name="right", address="unix:///right.sock")
OTHER = replace(RIGHT, host=replace(HOST, cpu_model="another"))


@dataclass
class Spread:
    """Gives groups to two hosts in turns; the first attempt of the cells that are named is lost."""

    hosts: tuple[RunHost, ...] = (LEFT, RIGHT)
    losing: tuple[str, ...] = ()
    engine: Scripted = field(default_factory=Scripted)

    @property
    def site(self) -> Site:
        return Site(engine=self.hosts[0].engine, host=self.hosts[0].host, hosts=self.hosts)

    def sweep(self, tell: Tell) -> None: ...

    def prepare(self, tasks: Sequence[Task], tell: Tell) -> tuple[str, ...]:
        return ()

    def carry(self, tasks: Sequence[Task], tell: Tell) -> Generator[Carried, None, None]:
        for place, task in enumerate(tasks):
            host = self.hosts[place % len(self.hosts)]
            local = LocalExecutor(self.engine)
            local.prepare([task], tell)
            said = [
                replace(one, host=host.name)
                for one in local.carry([task], tell)
                if isinstance(one, Record)
            ]
            if said[0].cell in self.losing:
                yield said[0]
                yield GroupLost(attempts=(Attempt(record=said[0], reason="it died"),), why="gone")
            yield from (replace(one, started=one.started + " ") for one in said)

    def release(self, run: str) -> None: ...


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as made:
        yield made


def done(store: Store, executor: Spread, taken_back: list[Attempt] | None = None) -> Run:
    plan = PlannedRun(
        suite=SUITE,
        orders=(Order(cell=ONE), Order(cell=TWO)),
        probes=PROBES,
        rounds=1,
        dataset=None,
    )
    heard: list[Attempt] = [] if taken_back is None else taken_back
    hearing = Hearing(tell=lambda *_: None, recorded=lambda _: None, taken_back=heard.extend)
    return execute(plan, executor, store, hearing)


def test_the_run_lists_its_hosts_and_knows_from_its_records_which_took_what(store: Store) -> None:
    run = done(store, Spread())
    assert (LEFT, RIGHT) == run.hosts
    assert (("one", "left"), ("two", "right")) == run.taken
    assert None is run.beside, "both have the same engine and class"
    assert replace(run, opinions=None) == replace(store.run(run.id), opinions=None)
    assert run == decode(Run, encode(run))


def test_a_cell_is_judged_on_the_host_that_took_it(store: Store) -> None:
    run = done(store, Spread(hosts=(LEFT, OTHER)))
    assert (HOST, OTHER.host) == (run.of("one").host, run.of("two").host)
    assert OTHER.host == store.run(run.id).of("two").host


def test_what_a_lost_group_said_is_evidence_and_every_key_has_one_record(store: Store) -> None:
    heard: list[Attempt] = []
    run = done(store, Spread(losing=("one",)), heard)
    assert 2 * len(PROBES) == len(store.records(run.id))
    (attempt,) = store.attempts(run.id)
    assert ("one", "it died") == (attempt.record.cell, attempt.reason)
    assert [attempt] == heard
    assert "complete" == store.run(run.id).state


def test_a_run_over_hosts_is_taken_in_elsewhere_as_it_was(store: Store, tmp_path: Path) -> None:
    run = done(store, Spread(hosts=(LEFT, OTHER), losing=("two",)))
    file = tmp_path / "run.jsonl"
    export(store, run.id, file)
    with Store(tmp_path / "elsewhere.sqlite3") as other:
        taken = import_file(other, file)
        assert (run.hosts, run.taken, run.beside) == (taken.hosts, taken.taken, taken.beside)
        import_file(other, file)
        assert store.records(run.id) == other.records(run.id)


def test_a_run_is_taken_on_by_hosts_that_it_was_begun_on_and_by_no_other(store: Store) -> None:
    run = done(store, Spread())
    orders = (Order(cell=ONE), Order(cell=TWO))
    records = store.records(run.id)
    check_same(run, records, orders, Spread(hosts=(RIGHT,)).site, None)
    new = replace(RIGHT, name="new")
    with pytest.raises(UsageError, match="not one that it was begun on, which were left, right"):
        check_same(run, records, orders, Spread(hosts=(LEFT, new)).site, None)
    with pytest.raises(UsageError, match="begun on a cluster: --executor must be as it was"):
        check_same(run, records, orders, LocalExecutor(Scripted()).site, None)
    with pytest.raises(UsageError, match="begun on one host: --executor must be as it was"):
        check_same(replace(run, hosts=None), records, orders, Spread().site, None)


OLD, NEW = a_cell("old"), a_cell("new")


def spread_run(right: RunHost = RIGHT) -> Run:
    made = replace(run_of(OLD, NEW), hosts=(LEFT, right), engine=DOCKER)
    return made.placed({"old": "left", "new": "right"})


def test_the_report_says_what_ran_where() -> None:
    run = spread_run()
    left, right = spread(run)
    assert "left (engine at unix:///left.sock): old" == left
    assert "right (engine at unix:///right.sock): new" == right
    assert {left, right} <= set(where(run))
    told = json.loads(render("json", judge(run, [*healthy(OLD), *healthy(NEW)])))
    assert [("left", ["old"]), ("right", ["new"])] == [
        (one["name"], one["cells"]) for one in told["runs"][0]["hosts"]
    ]
    for format in ("terminal", "markdown", "html"):
        text = render(format, judge(run, [*healthy(OLD), *healthy(NEW)]))
        assert "unix:///right.sock" in text.replace("\\", ""), format


def test_a_run_on_one_host_is_told_as_before() -> None:
    run = run_of(OLD, NEW)
    assert () == spread(run)
    assert b"hosts" not in encode(run)
    assert b"taken" not in encode(run)
    assert run == run.placed({"old": "left"})
    told = json.loads(render("json", judge(run, [*healthy(OLD), *healthy(NEW)])))
    assert "hosts" not in told["runs"][0]


def test_cells_on_hosts_of_different_classes_are_never_held_against_each_other() -> None:
    records = [*healthy(OLD), *healthy(NEW)]
    alike = judge(spread_run(), records)
    assert [False, True] == [one.compared for one in alike.cells]
    unlike = judge(spread_run(OTHER), records)
    assert [False, False] == [one.compared for one in unlike.cells]
    (note,) = [
        note.text for note in unlike.cells[1].notes if note.text.startswith("not compared with")
    ]
    assert "hosts of different classes" in note


def test_no_time_of_two_hosts_is_held_against_each_other_even_of_one_class() -> None:
    records = [*healthy(OLD), *healthy(NEW)]
    judged = judge(spread_run(), records)
    assert any("two hosts measured the two" in note.text for note in judged.cells[1].notes)
    together = judge(
        replace(run_of(OLD, NEW), hosts=(LEFT, RIGHT)).placed({"old": "left", "new": "left"}),
        records,
    )
    assert not any("two hosts" in note.text for note in together.cells[1].notes)


def test_a_cell_that_is_asked_again_is_finished_only_when_it_is() -> None:
    run = run_of(OLD, NEW)
    records = healthy(OLD)
    tally = Tally(run)
    assert [False] * (len(records) - 1) + [True] == [tally.add(one) for one in records]
    tally.taken_back([Attempt(record=one, reason="it died") for one in records])
    assert [False] * (len(records) - 1) + [True] == [tally.add(one) for one in records]
    assert tally.line(OLD.id).startswith("[1/2]")

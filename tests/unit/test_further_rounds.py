"""Rounds whose number was left open: further ones are planned as they are seen to be needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness.engines import Pass, Performed
from harness.formats.report import rounds_told
from harness.model import Record, Run
from harness.recipes.orders import Order
from harness.running.runner import PlannedRun, RunInterrupted
from harness.running.steering import Further
from harness.store.store import Store
from harness.store.transfer import export, import_file
from tests.unit.builders import run as run_of
from tests.unit.scripted import ONE, PROBES, SUITE, TWO, Scripted, execute


@dataclass(frozen=True)
class Until:
    """Further rounds for a cell and the other, two at a time, until it has so many."""

    cell: str
    rounds: int
    with_: tuple[str, ...] = ()

    def further(self, rounds: int, records: Sequence[Record]) -> Further | None:
        there = {one.round for one in records if one.cell == self.cell}
        assert set(range(1, rounds + 1)) == there, "it looks at every record so far"
        if rounds >= self.rounds:
            return None
        return Further(rounds=rounds + 2, cells=(self.cell, *self.with_), why="not yet")


class Interrupted(Scripted):
    """Ends after so many answers."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def perform(self, request: Pass) -> Performed:
        if len(self.asked) >= self.after:
            raise RunInterrupted(2)
        return super().perform(request)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def done(
    store: Store, engine: Scripted, steering: Until, resumed: Run | None = None, **heard: list[Run]
) -> Run:
    plan = PlannedRun(
        suite=SUITE,
        orders=(Order(cell=ONE), Order(cell=TWO)),
        probes=PROBES,
        rounds=2,
        dataset=None,
        looks=(2, 4, 6),
        steering=lambda _: steering,
        resumed=resumed,
    )
    return execute(
        plan,
        engine,
        store,
        tell=lambda *_: None,
        recorded=lambda _: None,
        further=heard.get("further", []).append,
    )


def rounds_in(store: Store, run: Run, cell: str) -> list[int]:
    return sorted({one.round for one in store.records(run.id, cell)})


def test_a_cell_that_is_settled_gets_no_further_rounds(store: Store) -> None:
    run = done(store, Scripted(), Until("one", 6))
    assert [1, 2, 3, 4, 5, 6] == rounds_in(store, run, "one")
    assert [1, 2] == rounds_in(store, run, "two")
    assert (6, 2) == (run.rounds_of("one"), run.rounds_of("two"))
    assert "complete" == store.run(run.id).state


def test_the_stored_run_plans_what_it_has(store: Store) -> None:
    run = done(store, Scripted(), Until("one", 4))
    kept = store.run(run.id)
    assert (("one", 4),) == kept.cell_rounds
    assert (2, 4, 6) == kept.looks
    assert {one.key for one in store.records(run.id)} == set(kept.planned())


def test_every_further_round_is_told_before_it_is_asked(store: Store) -> None:
    told: list[Run] = []
    done(store, Scripted(), Until("one", 6, ("two",)), further=told)
    assert [4, 6] == [one.rounds_of("two") for one in told]


def test_a_run_with_a_fixed_number_of_rounds_never_has_others(store: Store) -> None:
    plan = PlannedRun(suite=SUITE, orders=(Order(cell=ONE),), probes=PROBES, rounds=3, dataset=None)
    run = execute(plan, Scripted(), store, tell=lambda *_: None, recorded=lambda _: None)
    assert (None, None, 3) == (run.looks, store.run(run.id).cell_rounds, run.rounds_of("one"))


def test_further_rounds_go_on_after_an_interruption(store: Store) -> None:
    engine = Interrupted(after=9)
    with pytest.raises(RunInterrupted):
        done(store, engine, Until("one", 6))
    run = store.latest_run()
    assert run is not None
    before = {(one.cell, one.round, one.probe) for one in store.records(run.id)}
    again = Scripted()
    finished = done(store, again, Until("one", 6), resumed=run)
    assert [1, 2, 3, 4, 5, 6] == rounds_in(store, finished, "one")
    assert before
    assert not before & set(again.asked), "what it had is not asked again"


def test_what_was_planned_is_done_though_it_would_not_be_planned_now(store: Store) -> None:
    with pytest.raises(RunInterrupted):
        done(store, Interrupted(after=9), Until("one", 6))
    run = store.latest_run()
    assert run is not None
    assert 4 == run.rounds_of("one")
    finished = done(store, Scripted(), Until("one", 2), resumed=run)
    assert [1, 2, 3, 4] == rounds_in(store, finished, "one")
    assert "complete" == store.run(run.id).state


def test_an_exported_run_brings_its_further_rounds(store: Store, tmp_path: Path) -> None:
    run = done(store, Scripted(), Until("one", 6))
    file = tmp_path / "run.jsonl"
    export(store, run.id, file)
    with Store(tmp_path / "other.sqlite3") as other:
        import_file(other, file)
        assert store.run(run.id).cell_rounds == other.run(run.id).cell_rounds
        there = {one.key: one for one in other.records(run.id)}
        assert {one.key: one for one in store.records(run.id)} == there


def test_rounds_that_differ_are_told_as_a_range() -> None:
    two = run_of(ONE, TWO, rounds=2)
    assert "2 to 5 rounds" == rounds_told(replace(two, cell_rounds=(("one", 5),)))
    assert "2 rounds" == rounds_told(two)
    assert "1 round" == rounds_told(replace(two, rounds=1))

"""A run that was interrupted is taken on: what it has is kept, only what it lacks is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import HOST
from scripted import ONE, PROBES, SUITE, TWO, Scripted

from harness.errors import UsageError
from harness.model import (
    Cell,
    HostClass,
    ImageIdentity,
    Key,
    Probe,
    Run,
    Suite,
)
from harness.recipes.orders import Order
from harness.running.resume import check_same, resumable
from harness.running.runner import PlannedRun, RunInterrupted, execute
from harness.running.wanted import Wanted
from harness.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def done(
    store: Store,
    engine: Scripted,
    resumed: Run | None = None,
    probes: tuple[Probe, ...] = PROBES,
    rounds: int = 2,
) -> Run:
    plan = PlannedRun(
        suite=SUITE,
        orders=(Order(cell=ONE), Order(cell=TWO)),
        probes=probes,
        rounds=rounds,
        dataset=None,
        resumed=resumed,
    )
    return execute(plan, engine, store, tell=lambda *_: None, recorded=lambda _: None)


def interrupted(
    store: Store, engine: Scripted, probes: tuple[Probe, ...] = PROBES, rounds: int = 2
) -> Run:
    with pytest.raises(RunInterrupted):
        done(store, engine, probes=probes, rounds=rounds)
    run = store.latest_run()
    assert run is not None
    assert "interrupted" == run.state
    return run


def keys(run: Run, *found: tuple[str, int, str]) -> set[Key]:
    return {Key(run=run.id, cell=cell, round=number, probe=probe) for cell, number, probe in found}


def test_only_the_missing_keys_are_asked_and_the_others_stay(store: Store) -> None:
    run = interrupted(store, Scripted(interrupted_in="two"))
    before = {record.key: record for record in store.records(run.id)}
    assert keys(run, ("one", 1, "a"), ("one", 1, "b")) == before.keys()

    engine = Scripted()
    finished = done(store, engine, run)

    assert (run.id, "complete") == (finished.id, store.run(run.id).state)
    after = {record.key: record for record in store.records(run.id)}
    assert set(run.planned()) == after.keys()
    assert before == {key: after[key] for key in before}
    assert set(run.planned()) - before.keys() == keys(run, *engine.asked)
    assert 1 == len(store.runs())


def test_a_cell_that_lacks_nothing_is_not_even_obtained(store: Store) -> None:
    run = interrupted(store, Scripted(interrupted_in="two"), rounds=1)
    engine = Scripted()
    done(store, engine, run, rounds=1)

    assert ["two"] == engine.obtained
    with pytest.raises(UsageError, match="it is complete"):
        done(store, Scripted(), run, rounds=1)


def test_a_round_that_goes_on_has_another_container(store: Store) -> None:
    probes = (*PROBES, replace(PROBES[0], name="c", digest="sha256:c"))
    run = interrupted(store, Scripted(interrupted_in="one", first_only=True), probes)
    assert {"a", "b"} == {record.probe for record in store.records(run.id)}
    done(store, Scripted(), run, probes)

    ordinals = {
        record.probe: record.container
        for record in store.records(run.id)
        if (record.cell, record.round) == ("one", 1)
    }
    assert {"a": 1, "b": 1, "c": 2} == ordinals


def test_a_run_of_somebody_alive_is_not_taken_from_him(store: Store) -> None:
    run = interrupted(store, Scripted(interrupted_in="two"))
    store.reopen(run.id)

    with pytest.raises(UsageError, match="it is running"):
        store.reopen(run.id)
    with pytest.raises(UsageError, match="it is unknown"):
        store.reopen("nothing")


@pytest.fixture
def begun(store: Store) -> Run:
    return interrupted(store, Scripted(interrupted_in="two"))


@pytest.mark.parametrize(
    ("expected", "wanted", "suite"),
    [
        ("its cells, probes and rounds already", Wanted(cells=("one",)), SUITE),
        ("its cells, probes and rounds already", Wanted(rounds=3), SUITE),
        ("begun on scripted, not on docker", Wanted(engine="docker"), SUITE),
        ("the suite s has changed", Wanted(), replace(SUITE, digest="sha256:t")),
        ("the probe a has changed", Wanted(), SUITE),
    ],
)
def test_what_has_changed_since_is_told_before_anything_starts(
    begun: Run, expected: str, wanted: Wanted, suite: Suite
) -> None:
    with pytest.raises(UsageError, match=expected):
        resumable(begun, suite, wanted)


def test_another_host_or_another_recipe_is_refused(store: Store, begun: Run) -> None:
    class Elsewhere(Scripted):
        def host(self) -> HostClass:
            return replace(HOST, cores=64)

    records = store.records(begun.id)
    check_same(begun, records, (), Scripted(), None)
    with pytest.raises(UsageError, match="not of the class"):
        check_same(begun, records, (), Elsewhere(), None)
    built = [
        replace(one, image=ImageIdentity(id="i", recipe="sha256:r"), dataset_digest="sha256:d")
        for one in records
    ]
    with pytest.raises(UsageError, match=r"recipe of cell one has changed.*data set is not"):
        check_same(begun, built, (Order(cell=ONE),), Scripted(), None)


def test_cells_are_those_of_the_run(begun: Run) -> None:
    assert (ONE, TWO) == tuple(replace(one, place=None) for one in begun.cells)
    assert isinstance(begun.cells[0], Cell)

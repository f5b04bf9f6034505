"""Answers are repeated only where nothing that decides them has changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.model import Nature, Outcome, Probe, Run
from harness.recipes.orders import Order
from harness.running.reuse import repeatable
from harness.running.runner import PlannedRun
from harness.serial import decode, encode
from harness.store.store import Store
from tests.unit.builders import HOST
from tests.unit.scripted import ONE, PROBES, SUITE, TWO, Scripted, execute

TIMED = replace(PROBES[0], name="timed", digest="sha256:t", natures=(("*_s", Nature.TIMING),))
ALL = (*PROBES, TIMED)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def done(
    store: Store,
    engine: Scripted,
    *,
    reuse: bool = True,
    probes: tuple[Probe, ...] = ALL,
    rounds: int = 1,
    orders: tuple[Order, ...] = (Order(cell=ONE), Order(cell=TWO)),
) -> Run:
    plan = PlannedRun(
        suite=SUITE, orders=orders, probes=probes, rounds=rounds, dataset=None, reuse=reuse
    )
    return execute(plan, engine, store, tell=lambda *_: None, recorded=lambda _: None)


def asked(engine: Scripted) -> set[tuple[str, str]]:
    return {(cell, probe) for cell, _, probe in engine.asked}


EVERYTHING = {(cell.id, probe.name) for cell in (ONE, TWO) for probe in ALL}
TIMED_ONLY = {(cell.id, TIMED.name) for cell in (ONE, TWO)}


def test_what_stays_is_repeated_and_what_is_timed_is_asked_again(store: Store) -> None:
    first = done(store, Scripted())
    engine = Scripted()
    second = done(store, engine)

    assert TIMED_ONLY == asked(engine)
    records = store.records(second.id)
    assert list(second.planned()) == [record.key for record in records]
    for record in records:
        if record.probe == TIMED.name:
            assert "" == record.repeats
        else:
            assert f"{first.id}/1" == record.repeats
            assert (Outcome.OK, {f"{record.probe}.x": 1}, {}) == (
                record.outcome,
                record.facts,
                record.durations,
            )
        assert record == decode(type(record), encode(record))


def test_what_is_repeated_points_at_the_answer_and_not_at_another_repetition(store: Store) -> None:
    first = done(store, Scripted())
    done(store, Scripted())
    third = done(store, Scripted(), rounds=2)

    found = {record.repeats for record in store.records(third.id)}
    assert {"", f"{first.id}/1"} == found


def test_nobody_who_does_not_ask_for_it_gets_an_old_answer(store: Store) -> None:
    done(store, Scripted())
    engine = Scripted()
    done(store, engine, reuse=False)

    assert EVERYTHING == asked(engine)


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param(Scripted(image="sha256:other"), id="image"),
        pytest.param(Scripted(on=replace(HOST, cpu_model="another")), id="host class"),
        pytest.param(Scripted(name="another"), id="engine"),
    ],
)
def test_on_another_image_host_or_engine_everything_is_asked(
    store: Store, engine: Scripted
) -> None:
    done(store, Scripted())
    done(store, engine)

    assert EVERYTHING == asked(engine)


@pytest.mark.parametrize(
    "change",
    [
        {"interpreter": "/usr/bin/another"},
        {"gpu": "if-there"},
        {"settings": (("a", (("steps", 7),)), ("b", (("steps", 7),)))},
        {"profile": replace(ONE.profile, network=True)},
    ],
    ids=["interpreter", "gpu", "settings", "profile"],
)
def test_a_cell_that_has_changed_is_asked_everything(
    store: Store, change: dict[str, object]
) -> None:
    done(store, Scripted())
    engine = Scripted()
    changed = replace(ONE, **change)  # type: ignore[arg-type]
    done(store, engine, orders=(Order(cell=changed),))

    assert {(ONE.id, probe.name) for probe in ALL} == asked(engine)


def test_a_probe_that_has_changed_is_asked(store: Store) -> None:
    done(store, Scripted())
    engine = Scripted()
    done(store, engine, probes=(replace(PROBES[0], digest="sha256:new"), PROBES[1]))

    assert {(cell.id, PROBES[0].name) for cell in (ONE, TWO)} == asked(engine)


def test_only_what_tells_what_stays_can_be_repeated() -> None:
    assert repeatable(PROBES[0])
    assert repeatable(replace(PROBES[0], natures=(("x", Nature.OBSERVED),)))
    assert not repeatable(TIMED)
    assert not repeatable(replace(PROBES[0], natures=(("x", Nature.MEASURED),)))
    assert not repeatable(replace(PROBES[0], dataset="mnist"))

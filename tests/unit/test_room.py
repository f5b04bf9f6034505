"""A run within a disk budget: a group of cells after the other, each stored before images go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from harness.engines import Pass, Performed, Say
from harness.engines.budget import Need, Survey
from harness.errors import EngineError, UsageError
from harness.model import Run
from harness.recipes.orders import Order
from harness.running.runner import PlannedRun, RunInterrupted
from harness.store.store import Store
from tests.unit.scripted import execute
from tests.unit.test_resume import ONE, PROBES, SUITE, TWO, Scripted

TIGHT = Survey(
    limit=16,
    named=True,
    taken=0,
    lasting=0,
    needs=tuple(Need(cell=cell.id, kept=10, passing=5) for cell in (ONE, TWO)),
)


@dataclass(kw_only=True)
class Shelf:
    """Keeps images for the engine below, and writes down what it is told to do."""

    store: Store
    surveyed: Survey | None
    gone: bool = False
    said: list[tuple[str, object, int]] = field(default_factory=list)
    """What, about what, and how many records were stored then."""

    def survey(self, orders: Sequence[Order]) -> Survey | None:
        cells = [order.cell.id for order in orders]
        self.note("survey", cells)
        if self.surveyed is None:
            return None
        return replace(
            self.surveyed, needs=tuple(one for one in self.surveyed.needs if one.cell in cells)
        )

    def room(self) -> int | None:
        return None

    def free(self, orders: Sequence[Order]) -> None:
        self.note("free", [order.cell.id for order in orders])

    def make_room(self, wanted: int, say: Say) -> None:
        self.note("room", wanted)
        if self.gone:
            raise EngineError("it is gone")

    def note(self, what: str, about: object) -> None:
        stored = sum(run.recorded for run in self.store.runs())
        self.said.append((what, about, stored))


@dataclass(kw_only=True)
class Keeping(Scripted):
    """An engine that keeps images."""

    stock: Shelf  # type: ignore[assignment]

    def perform(self, request: Pass) -> Performed:
        self.stock.note("perform", (request.cell, request.round))
        return super().perform(request)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.sqlite3") as opened:
        yield opened


def ran(
    store: Store,
    survey: Survey | None,
    *,
    resumed: Run | None = None,
    lines: list[str] | None = None,
    gone: bool = False,
    **more: str,
) -> Keeping:
    engine = Keeping(stock=Shelf(store=store, surveyed=survey, gone=gone), **more)
    plan = PlannedRun(
        suite=SUITE,
        orders=(Order(cell=ONE), Order(cell=TWO)),
        probes=PROBES,
        rounds=2,
        dataset=None,
        resumed=resumed,
    )
    heard = [] if lines is None else lines
    execute(
        plan,
        engine,
        store,
        tell=lambda _, line: heard.append(line),
        recorded=lambda _: None,
    )
    return engine


def test_each_group_is_stored_before_its_images_may_go_and_room_is_made_for_the_next(
    store: Store,
) -> None:
    lines: list[str] = []
    assert [
        ("survey", ["one", "two"], 0),
        ("room", 15, 0),
        ("perform", ("one", 1), 0),
        ("perform", ("one", 2), 2),
        ("free", ["one"], 4),
        ("room", 15, 4),
        ("perform", ("two", 1), 4),
        ("perform", ("two", 2), 6),
        ("free", ["two"], 8),
        ("room", 0, 8),
    ] == ran(store, TIGHT, lines=lines).stock.said
    assert any("cells run in 2 groups" in line for line in lines)
    run = store.latest_run()
    assert run is not None
    (notice,) = run.notices
    assert "rounds are interleaved only within a group: one | two" in notice


@pytest.mark.parametrize("survey", [None, replace(TIGHT, limit=100, named=False)])
def test_with_room_for_all_rounds_are_interleaved_over_all_cells(
    store: Store, survey: Survey | None
) -> None:
    said = ran(store, survey).stock.said
    run = store.latest_run()
    assert run is not None
    assert () == run.notices
    performed = [about for what, about, _ in said if what == "perform"]
    assert [1, 1, 2, 2] == [number for _, number in performed]
    assert ["one", "two"] == sorted(cell for cell, number in performed if number == 1)
    assert [cell for cell, _ in performed[:2]] == [cell for cell, _ in reversed(performed[2:])]
    assert [("free", ["one", "two"], 8)] == [each for each in said if each[0] == "free"]
    wanted = [] if survey is None else [30]
    assert wanted == [about for what, about, _ in said if what == "room"]


def test_where_a_cell_can_never_be_built_no_run_is_begun(store: Store) -> None:
    with pytest.raises(UsageError, match="too little room to build one"):
        ran(store, replace(TIGHT, limit=10))
    assert () == store.runs()


def test_what_is_taken_on_finds_room_only_for_what_it_owes(store: Store) -> None:
    with pytest.raises(RunInterrupted):
        ran(store, TIGHT, interrupted_in="two")
    (summary,) = store.runs()
    engine = ran(store, TIGHT, resumed=store.run(summary.id))
    assert ("survey", ["two"], 4) == engine.stock.said[0]
    assert {"two"} == {cell for cell, _, _ in engine.asked}
    assert "complete" == store.run(summary.id).state


def test_an_engine_that_goes_while_room_is_made_ends_no_run(store: Store) -> None:
    lines: list[str] = []
    ran(store, TIGHT, gone=True, lines=lines)
    assert 8 == store.runs()[0].recorded
    assert "no disk space could be freed: it is gone" in lines

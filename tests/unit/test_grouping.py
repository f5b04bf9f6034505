"""Which cells must take turns on one host, and what a host that takes several groups does."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.model import ImageIdentity, Key, Outcome, Record
from harness.recipes.orders import Order
from harness.running.grouping import joined, timed, timing_groups
from harness.running.steering import Further
from harness.running.task import Task
from tests.unit.scripted import ONE, PROBES, TWO

THREE = replace(ONE, id="three")
CELLS = (ONE, TWO, THREE)
TASK = Task(run="r", orders=tuple(Order(cell=cell) for cell in CELLS), probes=PROBES)


class Never:
    def further(self, rounds: int, records: object) -> Further | None:
        del rounds, records
        return None


def cells_of(task: Task) -> list[str]:
    return [order.cell.id for order in task.orders]


def test_with_one_round_every_cell_may_go_to_a_host_of_its_own() -> None:
    assert not timed(TASK)
    assert [["one"], ["two"], ["three"]] == [cells_of(one) for one in timing_groups(TASK)]


def test_what_is_compared_in_time_is_one_group() -> None:
    for task in (
        replace(TASK, rounds=2),
        replace(TASK, steering=Never()),
        replace(TASK, planned={"two": 4}),
    ):
        assert timed(task)
        assert [["one", "two", "three"]] == [cells_of(one) for one in timing_groups(task)]


def test_a_cell_that_is_held_against_itself_stays_with_its_environment() -> None:
    again = Order(cell=replace(ONE, id="one-again"), as_cell="one")
    task = replace(TASK, orders=(TASK.orders[0], TASK.orders[1], again))
    assert [["one", "one-again"], ["two"]] == [cells_of(one) for one in timing_groups(task)]


def test_a_cell_that_owes_nothing_is_in_no_group() -> None:
    done = frozenset(Key(run="r", cell="two", round=1, probe=one.name) for one in PROBES)
    assert [["one"], ["three"]] == [
        cells_of(one) for one in timing_groups(replace(TASK, done=done))
    ]
    (nothing,) = timing_groups(replace(TASK, orders=()))
    assert [] == cells_of(nothing)


@given(
    st.lists(st.sampled_from(CELLS), unique=True, min_size=1),
    st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(PROBES)), unique=True),
)
def test_groups_joined_again_owe_what_the_task_owed(
    cells: list[object], done: list[tuple[object, object]]
) -> None:
    records = tuple(
        Record(run="r", cell=cell.id, round=1, probe=probe.name, outcome=Outcome.OK, container=2)  # type: ignore[attr-defined]
        for cell, probe in done
    )
    task = replace(
        TASK,
        orders=tuple(Order(cell=cell) for cell in cells),  # type: ignore[arg-type]
        done=frozenset(one.key for one in records),
        kept=records,
        containers={(one.cell, 1): 2 for one in records},
        images={one.cell: (ImageIdentity(id=one.cell),) for one in records},
    )
    groups = timing_groups(task)
    whole = joined(groups)
    for cell in CELLS:
        owed = [group.owes(cell, 1) for group in groups if cell.id in cells_of(group)]
        taken = cell.id in cells_of(task)
        assert ([task.owes(cell, 1)] if taken and task.owes(cell, 1) else []) == owed
        if owed:
            assert task.owes(cell, 1) == whole.owes(cell, 1)
            assert task.containers.get((cell.id, 1)) == whole.containers.get((cell.id, 1))
            assert task.images.get(cell.id) == whole.images.get(cell.id)
    for group in (one for one in groups if one.orders):
        assert {one.cell for one in group.kept} <= set(cells_of(group)), "nothing of other cells"

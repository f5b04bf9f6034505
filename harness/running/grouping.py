"""Divides a run into tasks, one for each group of cells that must take turns on one host. Pure.

Times are compared only between rounds that are interleaved on one host, and every cell is compared
with the one reference. So a run with several rounds is one group, wherever it is done. With one
round no times are compared: each cell is a group, and may go to a host of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.model import Key, Record
from harness.recipes.orders import Order
from harness.running.task import Task


def timed(task: Task) -> bool:
    """Whether the times of its cells can be compared with each other."""
    return task.rounds > 1 or task.steering is not None or any(n > 1 for n in task.planned.values())


def timing_groups(task: Task) -> tuple[Task, ...]:
    """Divide a task into parts, each of which may be done on a different host.

    Cells that lack no record are left out; if none is left, the result is one empty part. The
    second name of a cell that is compared with itself stays with the cell whose environment it
    uses.
    """
    orders = [one for one in task.orders if task.takes_part(one.cell)]
    if timed(task) or not orders:
        return (replace(task, orders=tuple(orders)),)
    together: dict[str, list[Order]] = {}
    for order in orders:
        together.setdefault(order.as_cell or order.cell.id, []).append(order)
    parts = _TaskParts(task)
    return tuple(parts.of(group) for group in together.values())


def joined(tasks: Sequence[Task]) -> Task:
    """Join tasks of one run into one, for a host that does them all."""
    first = tasks[0]
    if len(tasks) == 1:
        return first
    return replace(
        first,
        orders=tuple(order for task in tasks for order in task.orders),
        planned={cell: most for task in tasks for cell, most in task.planned.items()},
        kept=tuple(one for task in tasks for one in task.kept),
        done=frozenset(one for task in tasks for one in task.done),
        containers={place: most for task in tasks for place, most in task.containers.items()},
        images={cell: images for task in tasks for cell, images in task.images.items()},
    )


class _TaskParts:
    """The content of a task by cell, from which each part gets what concerns its own cells."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._done: dict[str, list[Key]] = defaultdict(list)
        self._kept: dict[str, list[Record]] = defaultdict(list)
        self._containers: dict[str, dict[tuple[str, int], int]] = defaultdict(dict)
        for key in task.done:
            self._done[key.cell].append(key)
        for record in task.kept:
            self._kept[record.cell].append(record)
        for place, most in task.containers.items():
            self._containers[place[0]][place] = most

    def of(self, orders: Iterable[Order]) -> Task:
        orders = tuple(orders)
        cells = [order.cell.id for order in orders]
        task = self._task
        return replace(
            task,
            orders=orders,
            planned={cell: task.planned[cell] for cell in cells if cell in task.planned},
            kept=tuple(one for cell in cells for one in self._kept.get(cell, ())),
            done=frozenset(one for cell in cells for one in self._done.get(cell, ())),
            containers={
                place: most
                for cell in cells
                for place, most in self._containers.get(cell, {}).items()
            },
            images={cell: task.images[cell] for cell in cells if cell in task.images},
        )

"""The worker: turns a task into records with its host's engine. It does not write the store.

Every question ends in exactly one record, made from its answer, from how its container died, or
from the reason why there was no environment to ask in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

from harness.compare.images import distinct
from harness.engines import Engine, Obtained
from harness.errors import EngineError
from harness.model import (
    Attempt,
    Cell,
    ImageIdentity,
    Outcome,
    Record,
    SecondOpinion,
)
from harness.recipes.orders import Order
from harness.running.abreast import at_once, begun_first
from harness.running.round import Round, Tell
from harness.running.steering import Further
from harness.running.task import WAITING, Task
from harness.running.turns import turns

Said = Record | Attempt | SecondOpinion | Further
"""What a worker yields for a task."""


def work(engine: Engine, task: Task, tell: Tell) -> Iterator[Said]:
    """Obtain every cell, then perform the rounds; yield each record as soon as it is known.

    Several cells are obtained at a time, which includes reading their files for the second opinion.
    Then cells are probed one at a time, with nothing else of ours running. An attempt holds an
    answer that came whole from a container which infrastructure ended: the record of its key states
    only that end, and the attempt counts as no record.
    """
    obtained: dict[str, Obtained] = {}
    orders = [each for each in task.orders if task.takes_part(each.cell)]
    with ThreadPoolExecutor(at_once(engine.host())) as pool:
        waiting = {
            pool.submit(_obtain, engine, task, order, tell): order.cell
            for order in begun_first(orders)
            if not order.as_cell
        }
        try:
            for done in as_completed(waiting):
                cell = waiting[done]
                found, opinion = done.result()
                obtained[cell.id] = one_image(cell, task.images.get(cell.id, ()), found)
                if opinion is not None and obtained[cell.id].outcome is Outcome.OK:
                    yield opinion
                if obtained[cell.id].outcome is not Outcome.OK:
                    for number in range(1, task.rounds_of(cell.id) + 1):
                        yield from Round(engine, task, cell, number, obtained[cell.id]).refused()
        except BaseException:
            # An interruption, or the runner closed this generator: stop what is being obtained.
            pool.shutdown(wait=False, cancel_futures=True)
            engine.stop()
            raise
    for order in orders:
        if order.as_cell:
            obtained[order.cell.id] = obtained[order.as_cell]
            if obtained[order.cell.id].outcome is not Outcome.OK:
                for number in range(1, task.rounds_of(order.cell.id) + 1):
                    found = obtained[order.cell.id]
                    yield from Round(engine, task, order.cell, number, found).refused()
    yield from _rounds(engine, task, orders, obtained, tell)


def _rounds(
    engine: Engine,
    task: Task,
    orders: Sequence[Order],
    obtained: Mapping[str, Obtained],
    tell: Tell,
) -> Iterator[Record | Attempt | Further]:
    """Perform the rounds of the cells that have an environment: as many as the task plans, and
    further ones if its steering asks for them."""
    there = {one.cell.id: one.cell for one in orders if obtained[one.cell.id].outcome is Outcome.OK}
    going_on, last, number = frozenset(there), task.rounds, 1
    drawn = task.rounds > 1 or task.steering is not None
    said = list(task.kept)
    while True:
        taking = [
            cell
            for cell in there
            if (number <= last and cell in going_on) or number <= task.planned.get(cell, 0)
        ]
        if not taking:
            return
        for waiting in taking if number > 1 else ():
            tell(waiting, WAITING)
        for turn in turns(task.run, number, taking, drawn=drawn):
            cell, found = there[turn.cell], obtained[turn.cell]
            for one in Round(engine, task, cell, number, found, turn.observed).asked(tell):
                if isinstance(one, Record):
                    said.append(one)
                yield one
            if number < last:
                tell(turn.cell, WAITING)
        if number == last and task.steering is not None:
            # A resumed run may have records of later rounds already: those do not count yet.
            more = task.steering.further(number, [one for one in said if one.round <= number])
            if more is not None:
                going_on, last = frozenset(more.cells) & frozenset(there), more.rounds
                yield more
        number += 1


def _obtain(
    engine: Engine, task: Task, order: Order, tell: Tell
) -> tuple[Obtained, SecondOpinion | None]:
    tell(order.cell.id, "obtaining")
    began = time.monotonic()
    try:
        obtained = engine.obtain(order, lambda line: tell(order.cell.id, line))
    except EngineError as error:
        obtained = Obtained(outcome=Outcome.ENGINE_GONE, reason=error.message)
    origin = obtained.image.origin if obtained.image else obtained.outcome.value
    tell(order.cell.id, f"{origin} in {time.monotonic() - began:.0f} s")
    obtained = replace(obtained, seconds=time.monotonic() - began)
    opinion = _second_opinion(engine, task, order.cell, obtained, tell)
    if obtained.outcome is Outcome.OK:
        tell(order.cell.id, WAITING)
    return obtained, opinion


def _second_opinion(
    engine: Engine, task: Task, cell: Cell, obtained: Obtained, tell: Tell
) -> SecondOpinion | None:
    """Read the files of an environment from outside; None if there are none to read."""
    if obtained.outcome is not Outcome.OK or obtained.image is None:
        return None
    tell(cell.id, "reading its files from outside")
    try:
        return engine.second_opinion(task.run, cell.id, obtained)
    except EngineError as error:
        return SecondOpinion(cell=cell.id, image=obtained.image.id, problem=error.message)


def one_image(cell: Cell, before: Sequence[ImageIdentity], obtained: Obtained) -> Obtained:
    """Return what was obtained; as `interfered` if the cell has records of another image.

    All rounds of a cell must come from one image, but its name may have been given to another image
    since the earlier ones.
    """
    images = distinct(cell, (*before, obtained.image))
    if obtained.outcome is not Outcome.OK or len(images) < 2:
        return obtained
    now = obtained.image.id if obtained.image else "none"
    earlier = " and ".join(image.id for image in distinct(cell, before))
    return replace(
        obtained,
        outcome=Outcome.INTERFERED,
        reason=f"its image is now {now}, but earlier records are of {earlier}",
        image=None,
    )

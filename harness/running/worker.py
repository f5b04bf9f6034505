"""A worker turns a task into records with its host's engine. It writes nothing.

Every question ends in exactly one record: from its answer, from how its container died, or from
why there was no environment to ask in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.engines import Engine, Obtained, Pass, Performed, ProbeQuestion
from harness.errors import EngineError
from harness.machine.hostclass import observed_now
from harness.model import Cell, Key, Outcome, Probe, Record
from harness.outcomes import INFRASTRUCTURE
from harness.probing.answer import Answer
from harness.probing.probe import applies
from harness.recipes.orders import Order
from harness.running.reuse import Decisive, decisive, repeated

PARALLEL = 2
"""How many cells are obtained at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """An interleaved group of cells on one host: everything a worker needs, a plain value.

    Rounds are interleaved: round 1 of every cell, then round 2, so that what the host does over
    time falls on all cells alike.
    """

    run: str
    orders: tuple[Order, ...]
    probes: tuple[Probe, ...]
    rounds: int = 1
    dataset: Mapping[str, Path] = field(default_factory=dict)
    dataset_digest: str = ""
    done: Mapping[Key, int] = field(default_factory=dict)
    """Keys that have their record, from an earlier part of the run: not asked again. The number
    is the ordinal of the container it came from, 0 where there was none."""
    known: Mapping[Decisive, Record] = field(default_factory=dict)
    """Answers that are repeated where nothing that decides them has changed."""

    def owes(self, cell: Cell, number: int) -> tuple[Probe, ...]:
        """The probes of a round that have no record yet."""
        return tuple(
            probe
            for probe in self.probes
            if Key(run=self.run, cell=cell.id, round=number, probe=probe.name) not in self.done
        )

    def containers(self, cell: Cell, number: int) -> int:
        """How many containers a round has had in earlier parts of the run."""
        return max(
            (
                ordinal
                for key, ordinal in self.done.items()
                if (key.cell, key.round) == (cell.id, number)
            ),
            default=0,
        )


Tell = Callable[[str, str], object]
"""Hears (cell id, what is being done) as it happens."""


def utc_now() -> str:
    """The moment, ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def question(cell: Cell, probe: Probe) -> ProbeQuestion:
    """A probe with the cell's own settings and time limit."""
    own = dict(cell.settings).get(probe.name, ())
    limit = dict(cell.timeouts).get(probe.name, probe.timeout_s)
    probe = replace(probe, timeout_s=limit)
    return ProbeQuestion(probe=probe, settings={**dict(probe.settings), **dict(own)})


def work(engine: Engine, task: Task, tell: Tell) -> Iterator[Record]:
    """Obtain every cell, then perform the rounds; a record as soon as it is known.

    Obtaining runs two cells at a time; probing one at a time, with nothing else of ours running.
    """
    obtained: dict[str, Obtained] = {}
    rounds = range(1, task.rounds + 1)
    orders = [each for each in task.orders if any(task.owes(each.cell, one) for one in rounds)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        waiting = {pool.submit(_obtain, engine, order, tell): order.cell for order in orders}
        try:
            for done in as_completed(waiting):
                cell = waiting[done]
                obtained[cell.id] = done.result()
                if obtained[cell.id].outcome is not Outcome.OK:
                    for number in rounds:
                        yield from _unobtained(engine, task, cell, number, obtained[cell.id])
        except BaseException:
            # An interruption, or the runner let go of us: what still obtains is to end soon.
            pool.shutdown(wait=False, cancel_futures=True)
            engine.stop()
            raise
    for number in rounds:
        for order in orders:
            if obtained[order.cell.id].outcome is Outcome.OK:
                yield from _round(engine, task, order.cell, number, obtained[order.cell.id], tell)


def _obtain(engine: Engine, order: Order, tell: Tell) -> Obtained:
    tell(order.cell.id, "obtaining")
    began = time.monotonic()
    try:
        obtained = engine.obtain(order, lambda line: tell(order.cell.id, line))
    except EngineError as error:
        obtained = Obtained(outcome=Outcome.ENGINE_GONE, reason=error.message)
    origin = obtained.image.origin if obtained.image else obtained.outcome.value
    tell(order.cell.id, f"{origin} in {time.monotonic() - began:.0f} s")
    return replace(obtained, seconds=time.monotonic() - began)


def _unobtained(
    engine: Engine, task: Task, cell: Cell, number: int, obtained: Obtained
) -> Iterator[Record]:
    for probe in task.owes(cell, number):
        if applies(probe, cell):
            yield _record(
                task,
                cell,
                number,
                probe,
                engine.name,
                obtained,
                outcome=obtained.outcome,
                reason=obtained.reason,
                durations={"obtain": round(obtained.seconds, 3)},
            )
        else:
            yield _not_applicable(task, cell, number, probe, engine.name)


def _round(
    engine: Engine, task: Task, cell: Cell, number: int, obtained: Obtained, tell: Tell
) -> Iterator[Record]:
    """Ask every probe in one container, and a fresh one after each that died before the end."""
    pending: list[ProbeQuestion] = []
    for probe in task.owes(cell, number):
        if not applies(probe, cell):
            yield _not_applicable(task, cell, number, probe, engine.name)
            continue
        asked = question(cell, probe)
        if (earlier := _known(task, cell, obtained, asked)) is not None:
            yield repeated(earlier, run=task.run, cell=cell.id, round=number, started=utc_now())
        else:
            pending.append(asked)
    if pending:
        tell(cell.id, "probing " + ", ".join(asked.probe.name for asked in pending))
    container = task.containers(cell, number)
    while pending:
        container += 1
        started = utc_now()
        load = observed_now() if engine.here else {}
        try:
            performed = engine.perform(
                Pass(
                    run=task.run,
                    cell=cell.id,
                    round=number,
                    obtained=obtained,
                    questions=tuple(pending),
                    profile=cell.profile,
                    dataset=task.dataset,
                    gpu=cell.gpu,
                )
            )
        except EngineError as error:
            performed = Performed(answers={}, outcome=Outcome.ENGINE_GONE, reason=error.message)
        pending, ended = _settle(pending, performed)
        for asked, answer, outcome, reason in ended:
            yield _record(
                task,
                cell,
                number,
                asked.probe,
                engine.name,
                obtained,
                outcome=outcome,
                reason=reason,
                answer=answer,
                settings=dict(asked.settings),
                noise=answer.noise if answer else performed.noise,
                durations={
                    **({"obtain": round(obtained.seconds, 3)} if number == 1 else {}),
                    "container": round(performed.seconds, 3),
                    **(dict(answer.durations) if answer else {}),
                },
                observed={
                    **load,
                    "container.ordinal": container,
                    **(dict(answer.observed) if answer else {}),
                },
                started=started,
            )


_Ended = tuple[ProbeQuestion, Answer | None, Outcome, str]


def _known(task: Task, cell: Cell, obtained: Obtained, asked: ProbeQuestion) -> Record | None:
    """The record this question's answer is repeated from; None: it is to be asked."""
    if not task.known or obtained.image is None:
        return None
    wanted = decisive(cell, obtained.image.id, asked.probe.digest, asked.settings)
    return task.known.get(wanted)


def _settle(
    pending: list[ProbeQuestion], performed: Performed
) -> tuple[list[ProbeQuestion], list[_Ended]]:
    """Which questions are answered or lost, and which go on to a fresh container.

    Answers count only where the container's end is known and nobody interfered. Where it died,
    the first unanswered question takes the blame; where it cannot run at all, all of them do.
    """
    whole = performed.outcome not in INFRASTRUCTURE
    ended: list[_Ended] = []
    left: list[ProbeQuestion] = []
    for asked in pending:
        answer = performed.answers.get(asked.probe.name) if whole else None
        if answer is not None:
            ended.append((asked, answer, answer.outcome, answer.reason))
        else:
            left.append(asked)
    if not left:
        return [], ended
    outcome = performed.outcome if performed.outcome is not Outcome.OK else Outcome.NO_ANSWER
    reason = performed.reason or "the container ended without an answer"
    hopeless = outcome in INFRASTRUCTURE or outcome in (
        Outcome.NO_INTERPRETER,
        Outcome.HOST_INCOMPATIBLE,
    )
    blamed = left if hopeless else left[:1]
    ended += [(asked, None, outcome, reason) for asked in blamed]
    return left[len(blamed) :], ended


def _not_applicable(task: Task, cell: Cell, number: int, probe: Probe, engine: str) -> Record:
    wanted = ", ".join(probe.frameworks)
    return Record(
        run=task.run,
        cell=cell.id,
        round=number,
        probe=probe.name,
        outcome=Outcome.NOT_APPLICABLE,
        reason=f"asks only cells that claim {wanted}",
        probe_digest=probe.digest,
        engine=engine,
        started=utc_now(),
    )


def _record(
    task: Task,
    cell: Cell,
    number: int,
    probe: Probe,
    engine: str,
    obtained: Obtained,
    *,
    outcome: Outcome,
    reason: str,
    answer: Answer | None = None,
    **more: Any,
) -> Record:
    return Record(
        run=task.run,
        cell=cell.id,
        round=number,
        probe=probe.name,
        outcome=outcome,
        reason=reason,
        facts=answer.facts if answer else {},
        raised=answer.raised if answer else None,
        image=obtained.image,
        probe_digest=probe.digest,
        dataset_digest=task.dataset_digest if probe.dataset else "",
        profile=cell.profile,
        engine=engine,
        **{"started": utc_now(), **more},
    )

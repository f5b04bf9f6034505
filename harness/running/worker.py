"""A worker turns a task into records with its host's engine. It writes nothing.

Every question ends in exactly one record: from its answer, from how its container died, or from
why there was no environment to ask in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from harness.compare.images import distinct
from harness.engines import Engine, GoneInPassError, Obtained, Pass, Performed, ProbeQuestion
from harness.errors import EngineError
from harness.machine.load import Worked, cpus_here, load_before, observed_between, worked
from harness.model import (
    Attempt,
    Cell,
    ImageIdentity,
    Outcome,
    Probe,
    Profile,
    Record,
    Scalar,
    SecondOpinion,
)
from harness.probing.probe import applies
from harness.recipes.orders import Order
from harness.running.reuse import decisive, repeated
from harness.running.settling import Settled, settle
from harness.running.task import Task
from harness.running.turns import turns

PARALLEL = 2
"""How many cells are obtained at a time."""

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


def work(engine: Engine, task: Task, tell: Tell) -> Iterator[Record | Attempt | SecondOpinion]:
    """Obtain every cell, then perform the rounds; a record as soon as it is known.

    Obtaining runs two cells at a time, and reading what was obtained belongs to it; probing one at
    a time, with nothing else of ours running.
    An attempt holds an answer that came whole from a container which infrastructure ended: the
    record of its key says only that, and the attempt is no record.
    """
    obtained: dict[str, Obtained] = {}
    rounds = range(1, task.rounds + 1)
    orders = [each for each in task.orders if any(task.owes(each.cell, one) for one in rounds)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        waiting = {pool.submit(_obtain, engine, task, order, tell): order.cell for order in orders}
        try:
            for done in as_completed(waiting):
                cell = waiting[done]
                found, opinion = done.result()
                obtained[cell.id] = one_image(cell, task.images.get(cell.id, ()), found)
                if opinion is not None and obtained[cell.id].outcome is Outcome.OK:
                    yield opinion
                if obtained[cell.id].outcome is not Outcome.OK:
                    for number in rounds:
                        yield from _Round(engine, task, cell, number, obtained[cell.id]).refused()
        except BaseException:
            # An interruption, or the runner let go of us: what still obtains is to end soon.
            pool.shutdown(wait=False, cancel_futures=True)
            engine.stop()
            raise
    there = {one.cell.id: one.cell for one in orders if obtained[one.cell.id].outcome is Outcome.OK}
    for number in rounds:
        for turn in turns(task.run, number, tuple(there), drawn=task.rounds > 1):
            yield from _Round(
                engine, task, there[turn.cell], number, obtained[turn.cell], turn.observed
            ).asked(tell)


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
    return obtained, _second_opinion(engine, task, order.cell, obtained, tell)


def _second_opinion(
    engine: Engine, task: Task, cell: Cell, obtained: Obtained, tell: Tell
) -> SecondOpinion | None:
    """What the files of an environment say; None where there are none to read."""
    if obtained.outcome is not Outcome.OK or obtained.image is None:
        return None
    tell(cell.id, "reading its files from outside")
    try:
        return engine.second_opinion(task.run, cell.id, obtained)
    except EngineError as error:
        return SecondOpinion(cell=cell.id, image=obtained.image.id, problem=error.message)


def one_image(cell: Cell, before: Sequence[ImageIdentity], obtained: Obtained) -> Obtained:
    """What was obtained, unless the cell has records of another image already: a name may have
    been given to another image since. The rounds of a cell are those of one image."""
    images = distinct(cell, (*before, obtained.image))
    if obtained.outcome is not Outcome.OK or len(images) < 2:
        return obtained
    now = obtained.image.id if obtained.image else "none"
    earlier = " and ".join(image.id for image in distinct(cell, before))
    return replace(
        obtained,
        outcome=Outcome.INTERFERED,
        reason=f"its image is {now} now, and it has records of {earlier}",
        image=None,
    )


@dataclass(frozen=True, slots=True)
class _Round:
    """One round of a cell, in what was obtained for it."""

    engine: Engine
    task: Task
    cell: Cell
    number: int
    obtained: Obtained
    turn: Mapping[str, Scalar] = field(default_factory=dict)
    """What is observed of its turn."""

    def refused(self) -> Iterator[Record]:
        """The records of a round for which there is no environment to ask in."""
        for probe in self.task.owes(self.cell, self.number):
            if applies(probe, self.cell):
                yield replace(
                    self.record(probe, self.obtained.outcome, self.obtained.reason),
                    durations=self.obtaining(),
                )
            else:
                yield self._not_applicable(probe)

    def asked(self, tell: Tell) -> Iterator[Record | Attempt]:
        """Ask every probe in one container, and a fresh one after each that died before the end."""
        pending: list[ProbeQuestion] = []
        for probe in self.task.owes(self.cell, self.number):
            if not applies(probe, self.cell):
                yield self._not_applicable(probe)
                continue
            wanted = question(self.cell, probe)
            if (earlier := self._known(wanted)) is not None:
                yield repeated(
                    earlier,
                    run=self.task.run,
                    cell=self.cell.id,
                    round=self.number,
                    started=utc_now(),
                )
            else:
                pending.append(wanted)
        if pending:
            tell(self.cell.id, "probing " + ", ".join(one.probe.name for one in pending))
        ordinal = self.task.containers.get((self.cell.id, self.number), 0)
        while pending:
            ordinal += 1
            container = self._performed(pending, ordinal)
            settlement = settle(pending, container.performed)
            for lost in settlement.lost:
                yield Attempt(record=container.record(lost), reason=container.end)
            for ended in settlement.ended:
                yield container.record(ended)
            pending = list(settlement.left)

    def _performed(self, pending: Sequence[ProbeQuestion], ordinal: int) -> _Container:
        started = utc_now()
        stretch = _Stretch.begun() if self.engine.here else None
        try:
            performed = self.engine.perform(
                Pass(
                    run=self.task.run,
                    cell=self.cell.id,
                    round=self.number,
                    obtained=self.obtained,
                    questions=tuple(pending),
                    profile=self.cell.profile,
                    dataset=self.task.dataset,
                    gpu=self.cell.gpu,
                )
            )
        except GoneInPassError as gone:
            performed = gone.performed
        except EngineError as error:
            performed = Performed(answers={}, outcome=Outcome.ENGINE_GONE, reason=error.message)
        seen = {**self.turn, **(stretch.ended(performed) if stretch is not None else {})}
        return _Container(self, ordinal, started, seen, performed)

    def _known(self, asked: ProbeQuestion) -> Record | None:
        """The record this question's answer is repeated from; None: it is to be asked."""
        if not self.task.known or self.obtained.image is None:
            return None
        wanted = decisive(self.cell, self.obtained.image.id, asked.probe.digest, asked.settings)
        return self.task.known.get(wanted)

    def obtaining(self) -> dict[str, float]:
        return {"obtain": round(self.obtained.seconds, 3)}

    def _not_applicable(self, probe: Probe) -> Record:
        reason = f"asks only cells that claim {', '.join(probe.frameworks)}"
        found = self.record(probe, Outcome.NOT_APPLICABLE, reason)
        # Nothing of what was obtained has a part in it.
        return replace(found, image=None, dataset_digest="", profile=Profile())

    def record(self, probe: Probe, outcome: Outcome, reason: str) -> Record:
        """A record of this round, without an answer."""
        return Record(
            run=self.task.run,
            cell=self.cell.id,
            round=self.number,
            probe=probe.name,
            outcome=outcome,
            reason=reason,
            image=self.obtained.image,
            probe_digest=probe.digest,
            dataset_digest=self.task.dataset_digest if probe.dataset else "",
            profile=self.cell.profile,
            engine=self.engine.name,
            started=utc_now(),
        )


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The time of one container, and how busy this host was with other things meanwhile."""

    cpus: tuple[int, ...]
    load: Mapping[str, Scalar]
    before: Worked | None
    began: float

    @classmethod
    def begun(cls) -> _Stretch:
        cpus = cpus_here()
        return cls(cpus, load_before(), worked(cpus), time.monotonic())

    def ended(self, performed: Performed) -> dict[str, Scalar]:
        """What was observed; what its probes worked is not other work."""
        own = sum(
            value
            for answer in performed.answers.values()
            for name in ("user_seconds", "system_seconds")
            if isinstance(value := answer.observed.get(name), int | float)
        )
        seconds = time.monotonic() - self.began
        return {**self.load, **observed_between(self.before, worked(self.cpus), seconds, own)}


@dataclass(frozen=True, slots=True)
class _Container:
    """One container of a round, which has ended."""

    round: _Round
    ordinal: int
    started: str
    seen: Mapping[str, Scalar]
    """What was observed of its turn, and of the host meanwhile."""
    performed: Performed

    @property
    def end(self) -> str:
        """How it ended, for a person."""
        return f"{self.performed.outcome}: {self.performed.reason}"

    def record(self, settled: Settled) -> Record:
        """What one question ended in, as a record."""
        answer, probe = settled.answer, settled.question.probe
        obtaining = self.round.obtaining() if self.round.number == 1 else {}
        return replace(
            self.round.record(probe, settled.outcome, settled.reason),
            facts=answer.facts if answer else {},
            raised=answer.raised if answer else None,
            noise=answer.noise if answer else self.performed.noise,
            settings=dict(settled.question.settings),
            durations={
                **obtaining,
                "container": round(self.performed.seconds, 3),
                **(answer.durations if answer else {}),
            },
            observed={
                **self.seen,
                **(answer.observed if answer else {}),
                **self.performed.observed,
            },
            container=self.performed.containers.get(probe.name, self.ordinal),
            started=self.started,
        )

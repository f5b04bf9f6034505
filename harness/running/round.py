"""One round of one cell: its probes are asked in one fresh container, and each ends in one record.

Another container is started only after one that died. Recorded beside the answers, as observations,
are the cell's turn and how busy the host was with other work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.engines import Engine, GoneInPassError, Obtained, Pass, Performed, ProbeQuestion
from harness.engines.divided import taking
from harness.errors import EngineError
from harness.machine.load import Worked, cpus_here, load_before, observed_between, worked
from harness.model import ASKED, Attempt, Cell, Outcome, Probe, Profile, Record, Scalar
from harness.probing.outside import is_outside, profile_for, profile_outside
from harness.probing.probe import applies, why_not
from harness.running.here import utc_now
from harness.running.reuse import decisive, repeated
from harness.running.settling import Settled, settle
from harness.running.task import Passing, Task

Tell = Callable[[str, str], object]
"""Called with (cell id, what is being done) as it happens."""


def question(cell: Cell, probe: Probe) -> ProbeQuestion:
    """Return a probe with the cell's own settings and time limit."""
    own = dict(cell.settings).get(probe.name, ())
    limit = dict(cell.timeouts).get(probe.name, probe.timeout_s)
    probe = replace(probe, timeout_s=limit)
    return ProbeQuestion(probe=probe, settings={**dict(probe.settings), **dict(own)})


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a cell, in the environment that was obtained for it."""

    engine: Engine
    task: Task
    cell: Cell
    number: int
    obtained: Obtained
    turn: Mapping[str, Scalar] = field(default_factory=dict)
    """Observations on its turn in the round."""

    def refused(self) -> Iterator[Record]:
        """Yield the records of a round for which no environment could be obtained."""
        for probe in self.task.owes(self.cell, self.number):
            if applies(probe, self.cell):
                yield replace(
                    self.record(probe, self.obtained.outcome, self.obtained.reason),
                    durations=self.obtaining(),
                )
            else:
                yield self._not_applicable(probe)

    def asked(self, tell: Tell) -> Iterator[Record | Attempt]:
        """Ask the probes in one container, and in a fresh one after each that died before the end;
        then ask the probes that run outside, against containers of their own."""
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
        # Probes that run outside come last, so that what they do to containers disturbs no others.
        pending.sort(key=lambda one: is_outside(one.probe))
        ordinal = self.task.containers.get((self.cell.id, self.number), 0)
        asks = self._asking([one.probe.name for one in pending], tell)
        while pending:
            ordinal += 1
            first = is_outside(pending[0].probe)
            together = [one for one in pending if is_outside(one.probe) is first]
            container = self._performed(together, ordinal, asks)
            settlement = settle(together, container.performed)
            for lost in settlement.lost:
                yield Attempt(record=container.record(lost), reason=container.end)
            for ended in settlement.ended:
                yield container.record(ended)
            pending = [*settlement.left, *pending[len(together) :]]

    def _asking(self, names: Sequence[str], tell: Tell) -> Callable[[str], object]:
        """Return a function that reports which probe runs now."""
        several = self.task.rounds > 1 or self.number > 1
        which = f"round {self.number}, " if several else ""

        def asks(name: str) -> None:
            count = f"{names.index(name) + 1} of {len(names)}"
            tell(self.cell.id, Passing(f"probing: {name} ({which}{count})"))

        return asks

    def _performed(
        self, pending: Sequence[ProbeQuestion], ordinal: int, asks: Callable[[str], object]
    ) -> Container:
        started = utc_now()
        stretch = Stretch.begun() if taking(self.engine, self.cell.id).here else None
        try:
            performed = self.engine.perform(
                Pass(
                    run=self.task.run,
                    cell=self.cell.id,
                    round=self.number,
                    obtained=self.obtained,
                    questions=tuple(pending),
                    profile=profile_outside(self.cell)
                    if is_outside(pending[0].probe)
                    else self.cell.profile,
                    dataset=self.task.dataset,
                    gpu=self.cell.gpu,
                    promise=self.cell.promise,
                    asks=asks,
                )
            )
        except GoneInPassError as gone:
            performed = gone.performed
        except EngineError as error:
            performed = Performed(answers={}, outcome=Outcome.ENGINE_GONE, reason=error.message)
        seen = {**self.turn, **(stretch.ended(performed) if stretch is not None else {})}
        return Container(self, ordinal, started, seen, performed)

    def _known(self, asked: ProbeQuestion) -> Record | None:
        """Return the record whose answer can be repeated; None if the question must be asked."""
        if not self.task.known or self.obtained.image is None:
            return None
        wanted = decisive(self.cell, self.obtained.image.id, asked.probe.digest, asked.settings)
        return self.task.known.get(wanted)

    def obtaining(self) -> dict[str, float]:
        return {"obtain": round(self.obtained.seconds, 3)}

    def _not_applicable(self, probe: Probe) -> Record:
        found = self.record(probe, Outcome.NOT_APPLICABLE, why_not(probe, self.cell))
        # Such a record does not depend on what was obtained.
        return replace(found, image=None, dataset_digest="", profile=Profile())

    def record(self, probe: Probe, outcome: Outcome, reason: str) -> Record:
        """Return a record of this round, without an answer."""
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
            profile=profile_for(probe, self.cell),
            engine=taking(self.engine, self.cell.id).name,
            started=utc_now(),
        )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Measures how busy this host was with other work while one container ran."""

    cpus: tuple[int, ...]
    load: Mapping[str, Scalar]
    before: Worked | None
    began: float

    @classmethod
    def begun(cls) -> Stretch:
        cpus = cpus_here()
        return cls(cpus, load_before(), worked(cpus), time.monotonic())

    def ended(self, performed: Performed) -> dict[str, Scalar]:
        """Return the observations; the processor time of the container's probes is subtracted."""
        own = sum(
            value
            for answer in performed.answers.values()
            for name in ("user_seconds", "system_seconds")
            if isinstance(value := answer.observed.get(name), int | float)
        )
        seconds = time.monotonic() - self.began
        return {**self.load, **observed_between(self.before, worked(self.cpus), seconds, own)}


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a round, after its end."""

    round: Round
    ordinal: int
    started: str
    seen: Mapping[str, Scalar]
    """Observations on its turn, and on the host while it ran."""
    performed: Performed

    @property
    def end(self) -> str:
        """How it ended, as text for a person."""
        return f"{self.performed.outcome}: {self.performed.reason}"

    def record(self, settled: Settled) -> Record:
        """Return the record of one question."""
        answer, probe = settled.answer, settled.question.probe
        performed = self.performed
        signal = answer.signal if answer else performed.signal
        begun = answer.begun if answer else None if performed.begun else False
        obtaining = self.round.obtaining() if self.round.number == 1 else {}
        return replace(
            self.round.record(probe, settled.outcome, settled.reason),
            facts=answer.facts if answer else {},
            raised=answer.raised if answer else None,
            noise=answer.noise if answer else performed.noise,
            signal=signal or None,
            begun=begun if settled.outcome in ASKED else None,
            settings=dict(settled.question.settings),
            durations={
                **obtaining,
                "container": round(performed.seconds, 3),
                **(answer.durations if answer else {}),
            },
            observed={
                **self.seen,
                **(answer.observed if answer else {}),
                **performed.observed,
            },
            container=performed.containers.get(probe.name, self.ordinal),
            started=self.started,
        )

"""An engine that answers by itself, for what lies between a plan and the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from harness.engines import Engine, GoneInPassError, Obtained, Pass, Performed, Say
from harness.errors import EngineError
from harness.model import (
    EngineInfo,
    HostClass,
    ImageIdentity,
    Outcome,
    Probe,
    Record,
    Run,
    Suite,
)
from harness.probing.answer import Answer
from harness.recipes.orders import Order
from harness.running.local import LocalExecutor
from harness.running.round import Tell
from harness.running.runner import Hearing, PlannedRun, RunInterrupted
from harness.running.runner import execute as executed
from harness.store.store import Store
from tests.unit.builders import HOST, cell

ONE, TWO = (replace(cell(name), framework=()) for name in ("one", "two"))
PROBES = tuple(
    Probe(name=name, question="?", source="", digest=f"sha256:{name}") for name in ("a", "b")
)
SUITE = Suite(name="s", root="/nowhere", digest="sha256:s", cells=(ONE, TWO))


@dataclass(kw_only=True)
class Scripted:
    """An engine that answers, and is interrupted while it performs for the cell named."""

    name: str = "scripted"
    stock: None = None
    here: bool = True
    image: str = "sha256:i"
    on: HostClass = HOST
    interrupted_in: str = ""
    first_only: bool = False
    gone_in: str = ""
    """The cell in which the engine goes away, after the first answer of a container."""
    detail: dict[str, str] = field(default_factory=dict)
    obtained: list[str] = field(default_factory=list)
    asked: list[tuple[str, int, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def describe(self) -> EngineInfo:
        return EngineInfo(name=self.name, detail=self.detail)

    def host(self) -> HostClass:
        return self.on

    def sweep(self) -> tuple[str, ...]:
        return ()

    def stop(self) -> None: ...

    def release(self, run: str) -> None: ...

    def obtain(self, order: Order, say: Say) -> Obtained:
        self.obtained.append(order.cell.id)
        return Obtained(image=ImageIdentity(id=self.image))

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> None: ...

    def perform(self, request: Pass) -> Performed:
        names = [question.probe.name for question in request.questions]
        if request.cell == self.interrupted_in:
            if not self.first_only or len(names) == 1:
                raise RunInterrupted(2)
            # The container died after its first probe: what comes next is interrupted.
            names = names[:1]
        if request.cell == self.gone_in:
            heard = Answer(probe=names[0], outcome=Outcome.OK, facts={f"{names[0]}.x": 1})
            gone = EngineError("it hung up")
            raise GoneInPassError(gone, answers={names[0]: heard}, noise="")
        for name in names:
            request.asks(name)
        self.asked += [(request.cell, request.round, name) for name in names]
        answers = {
            name: Answer(probe=name, outcome=Outcome.OK, facts={f"{name}.x": 1}) for name in names
        }
        if len(names) < len(request.questions):
            return Performed(answers=answers, outcome=Outcome.CRASHED, reason="died")
        return Performed(answers=answers)


def execute(
    plan: PlannedRun,
    engine: Engine,
    store: Store,
    *,
    tell: Tell,
    recorded: Callable[[Record], object],
    further: Callable[[Run], object] = lambda _: None,
) -> Run:
    """What is planned, done by the local executor on this engine."""
    hearing = Hearing(tell=tell, recorded=recorded, further=further)
    return executed(plan, LocalExecutor(engine), store, hearing)

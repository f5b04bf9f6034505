"""An engine that delegates to another engine and records what that one answers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.engines import Engine, Obtained, Pass, Performed, ProbeQuestion, Say, Stock
from harness.engines.recordings import (
    RecordedAnswer,
    RecordedCell,
    RecordedData,
    asked,
    begin_cell,
    keep_answer,
)
from harness.model import EngineInfo, HostClass, Outcome, SecondOpinion
from harness.outcomes import INFRASTRUCTURE
from harness.probing.answer import Answer
from harness.recipes.orders import Order


class RecordingEngine:
    """Delegates to `engine`, and records its answers in `folder`, from which `replay` answers.

    Obtaining a cell deletes what was recorded of it before. What ends in an exception (the engine
    is gone) is not recorded. UsageError or InfrastructureError if the folder cannot be written.
    """

    def __init__(self, engine: Engine, folder: Path, data: RecordedData | None = None) -> None:
        self.name = engine.name
        self._engine = engine
        self._folder = folder
        self._data = data
        self._containers: Counter[tuple[str, int]] = Counter()

    def __enter__(self) -> Self:
        self._engine.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._engine.__exit__(kind, error, trace)

    @property
    def stock(self) -> Stock | None:
        """The images of the recorded engine."""
        return self._engine.stock

    @property
    def here(self) -> bool:
        """Whether the recorded engine's environments run on this host."""
        return self._engine.here

    def describe(self) -> EngineInfo:
        """Describe the recorded engine."""
        return self._engine.describe()

    def host(self) -> HostClass:
        """Return the host class of the recorded engine."""
        return self._engine.host()

    def sweep(self) -> tuple[str, ...]:
        """Let the recorded engine remove what dead runs left."""
        return self._engine.sweep()

    def stop(self) -> None:
        """Let the recorded engine stop what is being obtained."""
        self._engine.stop()

    def release(self, run: str) -> None:
        """Let the recorded engine remove what the run needed."""
        self._engine.release(run)

    def obtain(self, order: Order, say: Say) -> Obtained:
        """Obtain with the recorded engine, and record the result without this host's paths and
        times."""
        obtained = self._engine.obtain(order, say)
        begin_cell(
            self._folder,
            RecordedCell(
                cell=order.cell.id,
                asked=asked(order),
                recorded=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                engine=self._engine.describe(),
                host=self._engine.host(),
                obtained=replace(obtained, interpreter="", log="", seconds=0.0),
            ),
        )
        return obtained

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> SecondOpinion | None:
        """Read files with the recorded engine; this is not recorded."""
        return self._engine.second_opinion(run, cell, obtained)

    def perform(self, request: Pass) -> Performed:
        """Perform with the recorded engine, and record the result of every question.

        A question without an answer is recorded with what ended its container; a later container of
        the round that answers it replaces that.
        """
        performed = self._engine.perform(request)
        self._containers[(request.cell, request.round)] += 1
        image = request.obtained.image
        for question in request.questions:
            keep_answer(
                self._folder,
                RecordedAnswer(
                    cell=request.cell,
                    round=request.round,
                    probe=question.probe.name,
                    probe_digest=question.probe.digest,
                    settings=dict(question.settings),
                    data=self._data if question.probe.dataset else None,
                    image=image.id if image else "",
                    container=self._containers[(request.cell, request.round)],
                    seconds=performed.seconds,
                    answer=_said(performed, question),
                ),
            )
        return performed


def _said(performed: Performed, question: ProbeQuestion) -> Answer:
    name = question.probe.name
    whole = performed.outcome not in INFRASTRUCTURE
    if whole and name in performed.answers:
        return performed.answers[name]
    ended = performed.outcome if performed.outcome is not Outcome.OK else Outcome.NO_ANSWER
    return Answer(
        probe=name,
        outcome=ended,
        reason=performed.reason or "the container ended without an answer",
        noise=performed.noise,
        signal=performed.signal,
        begun=None if performed.begun else False,
    )

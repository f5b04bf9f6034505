"""An engine that lets another do the work, and writes down what it said."""

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
    """`engine`, with everything it says put into `folder` for `replay` to say again.

    A cell that is obtained replaces what was recorded of it before. What ends in an exception
    (the engine is gone) is not recorded. UsageError, InfrastructureError: the folder cannot be
    written.
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
        """That of the engine that works."""
        return self._engine.stock

    @property
    def here(self) -> bool:
        """That of the engine that works."""
        return self._engine.here

    def describe(self) -> EngineInfo:
        """That of the engine that works."""
        return self._engine.describe()

    def host(self) -> HostClass:
        """That of the engine that works."""
        return self._engine.host()

    def sweep(self) -> tuple[str, ...]:
        """Done by the engine that works."""
        return self._engine.sweep()

    def stop(self) -> None:
        """Done by the engine that works."""
        self._engine.stop()

    def release(self, run: str) -> None:
        """Done by the engine that works."""
        self._engine.release(run)

    def obtain(self, order: Order, say: Say) -> Obtained:
        """What the engine obtained, written down without this host's paths and times."""
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
        """Done by the engine that works; it is not recorded."""
        return self._engine.second_opinion(run, cell, obtained)

    def perform(self, request: Pass) -> Performed:
        """What the engine performed; every question's part of it written down.

        A question that is left without an answer is written down with what ended its container,
        until a later container of the round answers it.
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

"""The engine `replay`: answers from recordings, without building or running anything.

It is for testing suites, and what is done with their records, where there is no engine. A question
that was not recorded, or was different when recorded, ends as host-incompatible with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import TracebackType
from typing import Self

from harness.datasets.dataset import DataSet
from harness.engines import Engine, Obtained, Pass, Performed, ProbeQuestion, Say, Workshop
from harness.engines.recordings import RecordedAnswer, Recordings, asked, differs, load
from harness.errors import EngineError, UsageError
from harness.model import EngineInfo, HostClass, Outcome
from harness.probing.answer import Answer
from harness.recipes.orders import Order

_SEVERAL = HostClass(
    machine="several", cpu_model="several recorded hosts", cpu_flags=(), cores=0, memory_gib=0
)


def make(workshop: Workshop) -> Engine:
    """Make the engine that answers from the workshop's recordings."""
    return ReplayEngine(workshop)


class ReplayEngine:
    """An engine that gives the recorded answers of other engines."""

    name = "replay"
    here = False
    """False, since nothing runs at all."""

    def __init__(self, workshop: Workshop) -> None:
        self._folder = workshop.recordings
        self._loaded: Recordings | None = None

    def __enter__(self) -> Self:
        if self._folder is None:
            raise UsageError(
                "the engine replay answers from recordings, and none are named",
                remedy="name their folder with --recordings DIR or HARNESS_RECORDINGS",
            )
        self._loaded = load(self._folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loaded = None

    @property
    def recordings(self) -> Recordings:
        """The recordings; only inside `with`."""
        if self._loaded is None:
            raise EngineError(f"engine {self.name} is not open")
        return self._loaded

    @property
    def stock(self) -> None:
        """None: it has no images."""
        return None

    def describe(self) -> EngineInfo:
        """Describe replay, with the recorded engines, hosts and days in its details."""
        cells = self.recordings.cells.values()
        return EngineInfo(
            name=self.name,
            detail={
                "recorded by": _listed(
                    f"{c.engine.name} {c.engine.version}".strip() for c in cells
                ),
                "recorded on": _listed(c.host.cpu_model for c in cells),
                "recorded at": _listed(c.recorded[:10] for c in cells),
            },
        )

    def notice(self) -> str:
        """Return the notice that every report on a replayed run must show."""
        told = self.describe().detail
        return (
            "replayed, nothing was run: the answers were recorded by "
            f"{told['recorded by']} on {told['recorded at']}"
        )

    def data(self) -> DataSet | None:
        """Return the data set of the recordings, without its files; UsageError if there are two."""
        data = self.recordings.data()
        if data is None:
            return None
        return DataSet(
            name=data.name,
            digest=data.digest,
            files={},
            size_bytes=0,
            origin="recorded",
            notice=data.notice,
        )

    def host(self) -> HostClass:
        """Return the recorded host class; if there were several, a placeholder that says so."""
        hosts = {recorded.host for recorded in self.recordings.cells.values()}
        return hosts.pop() if len(hosts) == 1 else _SEVERAL

    def sweep(self) -> tuple[str, ...]:
        """Return nothing: a replay never leaves anything."""
        return ()

    def stop(self) -> None:
        """Do nothing: no call takes long."""

    def release(self, run: str) -> None:
        """Do nothing: a replay holds nothing."""

    def obtain(self, order: Order, say: Say) -> Obtained:
        """Return what was recorded of the cell, if the same was asked for then."""
        recorded = self.recordings.cells.get(order.cell.id)
        if recorded is None:
            return _incompatible(f"there is no recording of {order.cell.id}")
        if recorded.asked != asked(order):
            return _incompatible(f"{order.cell.id} has changed since it was recorded")
        say(f"recorded at {recorded.recorded}")
        return recorded.obtained

    def second_opinion(self, run: str, cell: str, obtained: Obtained) -> None:
        """Return None: there are no files to read."""

    def perform(self, request: Pass) -> Performed:
        """Return every question's recorded answer, however its container ended then."""
        image = request.obtained.image
        said = {
            question.probe.name: self._answer(request, question, image.id if image else "")
            for question in request.questions
        }
        recorded = self.recordings.answers
        places = {name: (request.cell, request.round, name) for name in said}
        return Performed(
            answers=said,
            containers={
                name: recorded[place].container
                for name, place in places.items()
                if place in recorded
            },
        )

    def _answer(self, request: Pass, question: ProbeQuestion, image: str) -> Answer:
        name = question.probe.name
        recorded = self.recordings.answers.get((request.cell, request.round, name))
        if recorded is None:
            why = f"there is no recording of {name} in round {request.round} of {request.cell}"
        elif why := differs(recorded, question, image):
            why = f"the recording of {name} does not answer this: {why}"
        else:
            return _as_recorded(recorded)
        return Answer(probe=name, outcome=Outcome.HOST_INCOMPATIBLE, reason=why)


def _as_recorded(recorded: RecordedAnswer) -> Answer:
    """Return the answer, with the time that its container took."""
    answer = recorded.answer
    return replace(
        answer,
        durations={"container": round(recorded.seconds, 3), **answer.durations},
    )


def _incompatible(reason: str) -> Obtained:
    return Obtained(outcome=Outcome.HOST_INCOMPATIBLE, reason=reason)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(set(words))) or "nothing"

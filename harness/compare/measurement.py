"""The values that measuring ends in: a metric's pairs, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.compare.busy import BusyRound
from harness.compare.classified import Classified
from harness.compare.metrics import Metric
from harness.compare.statistics.decision import Decided, Decision
from harness.compare.statistics.family import Family
from harness.compare.statistics.noise import HostNoise
from harness.compare.statistics.paired import Paired
from harness.model import Expectation


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairing:
    """A metric's pairs, and what had to be left out."""

    metric: Metric
    paired: Paired
    rounds: tuple[int, ...]
    """The numbers of the rounds that pair."""
    left_out: tuple[str, ...] = ()
    """Why rounds were left out, for a person."""
    classified: tuple[Classified, ...] = ()
    """Of an accuracy: each pair's models on the same images."""
    busy: tuple[BusyRound, ...] = ()
    """Of a time: those of the rounds in which the host was too busy."""

    def without_rounds(self, why: str) -> Pairing:
        """The same with nothing to compare, for a reason."""
        nothing = replace(self.paired, reference=(), candidate=())
        return replace(self, paired=nothing, rounds=(), busy=(), left_out=(*self.left_out, why))


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A metric of a cell held against its reference over rounds."""

    pairing: Pairing
    decided: Decided
    family: Family
    known: HostNoise
    """The noise that the decision was made with."""
    rule: Expectation | None = None
    """The suite's rule for the fact; None: the defaults hold."""
    allowed: bool = False
    """A drift is expected here, and no finding."""
    adjusted_p: float | None = None
    """Of a metric that may not alarm: its p-value, corrected with all others that may not."""

    @property
    def metric(self) -> Metric:
        """What was measured."""
        return self.pairing.metric

    @property
    def primary(self) -> bool:
        """Whether it may alarm."""
        return bool(self.metric.pattern)

    @property
    def drifts(self) -> bool:
        """Whether it is an alarm that nothing allows."""
        return self.primary and self.decided.decision is Decision.DRIFT and not self.allowed

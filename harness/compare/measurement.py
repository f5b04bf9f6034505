"""The values that measuring produces: a metric's pairs, and the decision on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

from harness.compare.busy import BusyRound
from harness.compare.classified import Classified
from harness.compare.kept import Later
from harness.compare.metrics import Metric
from harness.compare.statistics.decision import Decided, Decision
from harness.compare.statistics.family import Family
from harness.compare.statistics.noise import HostNoise
from harness.compare.statistics.paired import Paired
from harness.model import Expectation


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairing:
    """A metric's pairs of rounds, and what had to be left out."""

    metric: Metric
    paired: Paired
    rounds: tuple[int, ...]
    """The numbers of the rounds that pair."""
    left_out: tuple[str, ...] = ()
    """Why rounds were left out, for a person."""
    classified: tuple[Classified, ...] = ()
    """For an accuracy: each pair's models on the same images."""
    busy: tuple[BusyRound, ...] = ()
    """For a time: those of the rounds in which the host was too busy."""

    def without_rounds(self, why: str) -> Pairing:
        """Return the same without any rounds to compare, for the given reason."""
        nothing = replace(self.paired, reference=(), candidate=())
        return replace(self, paired=nothing, rounds=(), busy=(), left_out=(*self.left_out, why))


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """A metric of a cell, compared with its reference's over rounds."""

    pairing: Pairing
    decided: Decided
    family: Family
    known: HostNoise
    """The noise that the decision was made with."""
    rule: Expectation | None = None
    """The suite's rule for the fact; None where the defaults apply."""
    allowed: bool = False
    """Whether a drift is expected here and gives no finding."""
    adjusted_p: float | None = None
    """For a metric that may not raise an alarm: its p-value, corrected together with all others of
    that sort."""

    @property
    def metric(self) -> Metric:
        """The metric that was measured."""
        return self.pairing.metric

    @property
    def primary(self) -> bool:
        """Whether it may raise an alarm."""
        return bool(self.metric.pattern)

    @property
    def drifts(self) -> bool:
        """Whether it is an alarm that nothing allows."""
        return self.primary and self.decided.decision is Decision.DRIFT and not self.allowed


class OfOneRound(Sequence[Measured]):
    """The metrics of a cell that was compared over one round. A single round says nothing of how
    much rounds differ, so only equal bits can settle a metric, and only a share: the others are
    made when somebody looks at them."""

    __slots__ = ("_every", "shares")

    def __init__(self, shares: tuple[Measured, ...], every: Later[tuple[Measured, ...]]) -> None:
        self.shares = shares
        self._every = every

    @overload
    def __getitem__(self, at: int) -> Measured: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Measured]: ...
    def __getitem__(self, at: int | slice) -> Measured | Sequence[Measured]:
        return self._every.value[at]

    def __len__(self) -> int:
        return len(self._every.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple | OfOneRound) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def telling(measured: Sequence[Measured]) -> Sequence[Measured]:
    """Return the metrics that may be settled, or that were compared over several rounds."""
    return measured.shares if isinstance(measured, OfOneRound) else measured

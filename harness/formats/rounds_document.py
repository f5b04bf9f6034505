"""What the rounds show, as values of the JSON report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.bits import BitsOf
from harness.compare.busy import BusyRound
from harness.compare.early import EarlyLosses
from harness.compare.measurement import Measured
from harness.compare.statistics.decision import Decision
from harness.compare.statistics.family import Family
from harness.compare.statistics.paired import told
from harness.compare.telling import said, why_untold
from harness.formats.run_document import TEXT_LIMIT
from harness.text import clean

_MOST_DF = 1e6
"""Written for noise that is known exactly, whose degrees of freedom are infinite."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BusyRoundDocument:
    """A round in which others took too many of the host's processors for times to be trusted."""

    round: int
    share: float
    """Fraction of the processors, 0 to 1, in the turn in which other processes took most."""


def busy_documents(busy: Iterable[BusyRound]) -> list[BusyRoundDocument]:
    """The documents of the rounds in which the host was too busy."""
    return [BusyRoundDocument(round=one.number, share=one.share) for one in busy]


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredDocument:
    """A metric compared with the reference's over rounds. Ratios are candidate over reference;
    differences of shares are candidate minus reference."""

    fact: str
    scale: str
    """ratio or share."""
    decision: str
    """same, drift, another-round or unverified."""
    allowed: bool
    primary: bool
    """Whether it may raise an alarm."""
    told: str
    why: str
    """Why it is undecided; empty if it is decided."""
    rounds: int
    estimate: float | None
    low: float | None
    high: float | None
    unchanged: float | None
    """The largest value an unchanged cell would show, in 95 % of cases."""
    p: float | None
    level: float
    """The level p was compared with; 0 if no difference was tested for."""
    adjusted_p: float | None
    """For a metric that may not raise an alarm: p corrected for the others (Benjamini and
    Hochberg)."""
    df: float
    minimum_effect: float
    margin: float
    would_do: int | None
    """How many rounds would be enough to decide."""
    left_out: list[str]
    busy_rounds: list[BusyRoundDocument]
    """For a time: the rounds of it in which the host was too busy."""
    withheld: str
    """The result of the rule if it does not count because the host was too busy: same or drift.
    Empty if it counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlyDocument:
    """How alike the losses of the first ten steps are."""

    fact: str
    likeness: str
    first: float
    largest: float
    rounds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BitsGroupDocument:
    """Cells that computed the same bits in every round."""

    cells: list[str]
    parts: str
    """Where they first compute other bits than the first group; empty for the first group
    itself."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BitsDocument:
    """All cells that answer digests of tensors, by their bits."""

    fact: str
    groups: list[BitsGroupDocument]
    """The group of the reference comes first."""
    unsteady: list[str]
    """Cells whose own rounds differ in bits."""


def bits_document(one: BitsOf) -> BitsDocument:
    """The document about which cells computed the same bits."""
    return BitsDocument(
        fact=clean(one.fact, TEXT_LIMIT),
        groups=[
            BitsGroupDocument(
                cells=[clean(cell, TEXT_LIMIT) for cell in group.cells],
                parts=clean(group.parts, TEXT_LIMIT),
            )
            for group in one.groups
        ],
        unsteady=[clean(cell, TEXT_LIMIT) for cell in one.unsteady],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyDocument:
    """The questions that share a rate of false alarms."""

    questions: int
    alpha: float
    same: float
    looks: list[int]


def family_document(family: Family | None) -> FamilyDocument | None:
    """The document about the family of questions."""
    if family is None:
        return None
    return FamilyDocument(
        questions=family.questions,
        alpha=family.alpha,
        same=family.same,
        looks=list(family.looks),
    )


def measured_document(one: Measured) -> MeasuredDocument:
    """The document about a metric over the rounds."""
    decided, scale = one.decided, one.metric.scale
    known = decided.df > 0
    settled = decided.decision in (Decision.SAME, Decision.DRIFT)
    return MeasuredDocument(
        fact=clean(one.metric.fact, TEXT_LIMIT),
        scale=str(scale),
        decision=str(decided.decision),
        allowed=one.allowed,
        primary=one.primary,
        told=clean(said(one), TEXT_LIMIT),
        why="" if settled else clean(why_untold(one), TEXT_LIMIT),
        rounds=decided.rounds,
        estimate=told(scale, decided.estimate) if known else None,
        low=told(scale, decided.low) if known else None,
        high=told(scale, decided.high) if known else None,
        unchanged=told(scale, decided.noise) if known else None,
        p=decided.p if known else None,
        level=decided.level,
        adjusted_p=one.adjusted_p,
        df=min(decided.df, _MOST_DF),
        minimum_effect=decided.tolerance.minimum_effect,
        margin=decided.tolerance.margin,
        would_do=decided.would_do,
        left_out=[clean(why, TEXT_LIMIT) for why in one.pairing.left_out],
        busy_rounds=busy_documents(one.pairing.busy),
        withheld=str(decided.withheld or ""),
    )


def early_document(one: EarlyLosses) -> EarlyDocument:
    """The document about early losses."""
    return EarlyDocument(
        fact=clean(one.fact, TEXT_LIMIT),
        likeness=str(one.likeness),
        first=one.first,
        largest=one.largest,
        rounds=one.rounds,
    )

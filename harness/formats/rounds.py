"""What rounds say, as every report tells it: metric by metric, early losses, L4, equal bits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.early import EarlyLosses
from harness.compare.judgement import CellJudgement
from harness.compare.levels import LevelStanding
from harness.compare.measurement import Measured
from harness.compare.statistics.decision import Decision
from harness.compare.statistics.family import Family
from harness.compare.statistics.paired import told
from harness.compare.telling import family_told, said, verdict_of_rounds, why_untold
from harness.formats.report import Report
from harness.formats.run_document import TEXT_LIMIT
from harness.model import Level
from harness.text import clean

_MOST_DF = 1e6
"""Stands for noise that is known as exactly as it can be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundRow:
    """A metric of a cell, ready to be told. Not escaped."""

    cell: str
    fact: str
    decision: str
    told: str


def round_rows(report: Report) -> tuple[RoundRow, ...]:
    """What rounds say of every metric of which more than one round was compared, or that equal bits
    settle: those that may alarm first, then the others with their corrected p."""
    return tuple(
        RoundRow(
            cell=cell.cell.id,
            fact=one.metric.fact,
            decision=verdict_of_rounds(one) if one.primary else "shown",
            told=_told(one),
        )
        for cell in report.cells
        for one in cell.measured
        if _is_told(one)
    )


def round_notes(report: Report) -> tuple[str, ...]:
    """What the rows rest on: family, rates, limits; early losses; which images differ; equal bits;
    and what keeps cells from L4."""
    told_rows = [one for cell in report.cells for one in cell.measured if _is_told(one)]
    return (
        *((f"{family_told(told_rows)}.",) if told_rows else ()),
        *_alike(report.cells),
        *_images(report.cells),
        *_groups(report),
        *_agreement(report.cells),
    )


def _is_told(one: Measured) -> bool:
    return one.decided.rounds > 1 or (one.primary and one.decided.decision is Decision.SAME)


def _told(one: Measured) -> str:
    text = said(one)
    if one.adjusted_p is not None:
        return f"{text}; corrected p {one.adjusted_p:.2g}"
    if one.primary and one.decided.decision not in (Decision.SAME, Decision.DRIFT):
        return f"{text}: {why_untold(one)}" if one.decided.df else why_untold(one)
    return text


def _alike(cells: Iterable[CellJudgement]) -> Iterable[str]:
    alike: dict[str, list[str]] = {}
    for cell in cells:
        for one in cell.early:
            alike.setdefault(f"{one.fact}: {one.told}", []).append(cell.cell.id)
    for what, names in alike.items():
        yield f"{', '.join(names)}: {what}."


def _images(cells: Iterable[CellJudgement]) -> Iterable[str]:
    for cell in cells:
        for one in cell.measured:
            for models in one.pairing.classified[:1]:
                yield (
                    f"{cell.cell.id}: {models.told} (its trained model to the reference's, in "
                    f"round {one.pairing.rounds[0] if one.pairing.rounds else 1}; McNemar p "
                    f"{models.mcnemar_p:.2g}, which speaks of these two models only)."
                )


def _groups(report: Report) -> Iterable[str]:
    for group in report.equal_bits:
        processor = report.runs[0].host.cpu_model if report.runs else ""
        where = f" on {processor}" if processor else ""
        yield f"equal bits{where}: {', '.join(group)}."


def _agreement(cells: Iterable[CellJudgement]) -> Iterable[str]:
    kept: dict[str, list[str]] = {}
    for cell in cells:
        for mark in cell.ladder.marks:
            if cell.compared and mark.level is Level.L4:
                reached = mark.standing is LevelStanding.REACHED
                what = "reached" if reached else "not reached"
                kept.setdefault(f"{what}: {mark.why}", []).append(cell.cell.id)
    for why, names in kept.items():
        yield f"L4 (agrees) of {', '.join(names)} is {why}."


@dataclass(frozen=True, kw_only=True, slots=True)
class MeasuredDocument:
    """A metric held against the reference's over rounds. Ratios are candidate over reference;
    differences of shares are candidate minus reference."""

    fact: str
    scale: str
    """ratio or share."""
    decision: str
    """same, drift, another-round or unverified."""
    allowed: bool
    primary: bool
    """Whether it may alarm."""
    told: str
    why: str
    """Why it is not decided; empty where it is."""
    rounds: int
    estimate: float | None
    low: float | None
    high: float | None
    unchanged: float | None
    """What an unchanged cell would show at most, in 95 %."""
    p: float | None
    level: float
    """What p was held against; 0: no difference was tested for."""
    adjusted_p: float | None
    """Of a metric that may not alarm, corrected with the others (Benjamini and Hochberg)."""
    df: float
    minimum_effect: float
    margin: float
    would_do: int | None
    """How many rounds would decide."""
    left_out: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class EarlyDocument:
    """How alike the losses of the first ten steps are."""

    fact: str
    likeness: str
    first: float
    largest: float
    rounds: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FamilyDocument:
    """The questions that share a rate of false alarms."""

    questions: int
    alpha: float
    same: float
    looks: list[int]


def family_document(family: Family | None) -> FamilyDocument | None:
    """The questions of a report."""
    if family is None:
        return None
    return FamilyDocument(
        questions=family.questions,
        alpha=family.alpha,
        same=family.same,
        looks=list(family.looks),
    )


def measured_document(one: Measured) -> MeasuredDocument:
    """What rounds say of a metric."""
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
    )


def early_document(one: EarlyLosses) -> EarlyDocument:
    """What early losses say."""
    return EarlyDocument(
        fact=clean(one.fact, TEXT_LIMIT),
        likeness=str(one.likeness),
        first=one.first,
        largest=one.largest,
        rounds=one.rounds,
    )

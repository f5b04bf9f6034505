"""What the rounds show, for every report: each metric, early losses, L4, equal bits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.compare.judgement import CellJudgement
from harness.compare.levels import LevelStanding
from harness.compare.measurement import Measured, telling
from harness.compare.statistics.decision import Decision
from harness.compare.telling import disturbance, family_told, said, verdict_of_rounds, why_untold
from harness.formats.report import Report
from harness.model import Level


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundRow:
    """A metric of a cell, ready to be shown. Texts are not escaped."""

    cell: str
    fact: str
    decision: str
    told: str


def round_rows(report: Report) -> tuple[RoundRow, ...]:
    """A row for every metric that was compared over more than one round, or that equal bits settle.
    Metrics that may raise an alarm come first, then the others with their corrected p."""
    return tuple(
        RoundRow(
            cell=cell.cell.id,
            fact=one.metric.fact,
            decision=verdict_of_rounds(one) if one.primary else "shown",
            told=_told(one),
        )
        for cell in report.cells
        for one in telling(cell.measured)
        if _is_told(one)
    )


def round_notes(report: Report) -> tuple[str, ...]:
    """What the rows rest on: the family of questions, its rates and limits; then early losses,
    images that differ, equal bits, and what keeps cells from L4."""
    told_rows = [one for cell in report.cells for one in telling(cell.measured) if _is_told(one)]
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
    disturbed = disturbance(one)
    return f"{text}; {disturbed}" if disturbed else text


def _alike(cells: Iterable[CellJudgement]) -> Iterable[str]:
    alike: dict[str, list[str]] = {}
    for cell in cells:
        for one in cell.early:
            alike.setdefault(f"{one.fact}: {one.told}", []).append(cell.cell.id)
    for what, names in alike.items():
        yield f"{', '.join(names)}: {what}."


def _images(cells: Iterable[CellJudgement]) -> Iterable[str]:
    for cell in cells:
        for one in telling(cell.measured):
            for models in one.pairing.classified[:1]:
                yield (
                    f"{cell.cell.id}: {models.told} (its trained model to the reference's, in "
                    f"round {one.pairing.rounds[0] if one.pairing.rounds else 1}; McNemar p "
                    f"{models.mcnemar_p:.2g}, which speaks of these two models only)."
                )


def _groups(report: Report) -> Iterable[str]:
    processor = report.runs[0].host.cpu_model if report.runs else ""
    where = f" on {processor}" if processor else ""
    for group in report.equal_bits:
        yield f"equal bits{where}: {', '.join(group)}."
    for told in report.bits:
        for number, one in enumerate(told.groups, start=1):
            apart = f"; {one.parts}" if one.parts else ""
            many = "equal bits" if len(one.cells) > 1 else "bits of its own"
            yield (
                f"{told.fact}{where}, group {number} of {len(told.groups)}: "
                f"{', '.join(one.cells)}: {many}{apart}."
            )
        if told.unsteady:
            yield (
                f"{told.fact}{where}, in no group: {', '.join(told.unsteady)}: "
                "their own rounds do not agree."
            )


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

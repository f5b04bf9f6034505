"""The report as one HTML page that fetches nothing and can be read without scripts.

First come the summary, the findings and the grid; then every cell, the plots, what differs and what
was not judged. If there are very many cells, only those with findings are shown in full and the
others are counted, because people read this page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.compare.judgement import CellJudgement, Finding, same_for_several
from harness.compare.many import MANY
from harness.formats.many import pages
from harness.formats.marks import MEANING, SIGN, VERDICT_SIGN, bases
from harness.formats.page.anchors import anchors, numbered
from harness.formats.page.cells import cell_part, rows_for
from harness.formats.page.grid import grid_of
from harness.formats.page.history import history_part
from harness.formats.page.night import night_part
from harness.formats.page.plots import plots_of
from harness.formats.page.sheet import written
from harness.formats.report import Report
from harness.formats.rounds import round_notes, round_rows
from harness.formats.sentences import (
    claim_marks,
    finding_word,
    rule_word,
    traceback_lines,
    use_word,
)
from harness.formats.sidebyside import left_open
from harness.model import Level, Verdict

CELLS = 500
"""At most so many cells in the grid and the table; if there are more, those with the worst
verdicts."""
DETAILED = 100
"""At most so many cells with a section of their own; if there are more, those with the worst
verdicts."""
FINDINGS = 200
_FIRST_SCREEN = 7
_NOT_JUDGED = 200
_ROUND_ROWS = 500
_NOTICES = 200
_TRACEBACK = 60
_LEVELS = (Level.L0, Level.L1, Level.L2, Level.L3)


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingPart:
    """A finding as the page shows it."""

    anchor: str
    id: str
    verdict: str
    sign: str
    word: str
    title: str
    cells: tuple[tuple[str, str], ...]
    """(id, anchor); the anchor is empty if the page has no section for the cell."""
    evidence: tuple[str, ...]
    cause: str
    remedy: str
    shows: str
    traceback: tuple[str, ...]
    explained: bool
    """Whether `harness explain` says more."""


def render(report: Report) -> str:
    """Render the report as an HTML page."""
    from markupsafe import Markup

    listed = worst(report.cells, report.reference, CELLS)
    detailed = worst(listed, report.reference, DETAILED)
    places = anchors("cell", (one.cell.id for one in listed))
    told_whole_elsewhere = len(report.cells) >= MANY and report.kind == "report"
    elsewhere = (
        pages(report.cells, report.reference, report.runs[0].id) if told_whole_elsewhere else {}
    )
    linked = {one.cell.id for one in detailed} if not told_whole_elsewhere else set()
    findings, where = _findings(report, {k: v for k, v in places.items() if k in linked})
    reference = next((one.cell for one in report.cells if one.cell.id == report.reference), None)
    most = rows_for(len(detailed))
    plots = plots_of(detailed, report.reference, places)
    told = left_open(report.not_judged[:_NOT_JUDGED], detailed, report.reference)
    return written(
        "report.html",
        report=report,
        title=report.heading[0],
        worst=_worst_verdict(report.cells),
        night=night_part(report.night) if report.night else None,
        most_events=_FIRST_SCREEN,
        findings=findings,
        first=findings[:_FIRST_SCREEN],
        grid=grid_of(listed, places) if report.kind == "report" else None,
        cells=[
            cell_part(one, reference, places, where, most if one.cell.id in linked else 0)
            for one in listed
        ],
        detailed=linked,
        pages=elsewhere,
        unlisted=len(report.cells) - len(listed),
        plots=[(one, Markup(one.svg)) for one in plots],
        past=history_part(report.past, detailed, report.reference),
        round_rows=round_rows(report)[:_ROUND_ROWS],
        round_notes=round_notes(report)[:_NOTICES],
        places=places,
        not_judged=told,
        let_pass=[(rule_word(one), use_word(one), one.rule.reason) for one in report.let_pass],
        levels=[(str(one), one.meaning, bases(report.cells, one)) for one in _LEVELS],
        signs=_signs(report.cells),
        misclaimed=any(not claim.holds for one in listed for claim in one.claims),
        verdicts=[(str(one), VERDICT_SIGN[one]) for one in Verdict],
        notices=report.notices[:_NOTICES],
    )


def worst(cells: Sequence[CellJudgement], reference: str, most: int) -> tuple[CellJudgement, ...]:
    """At most `most` cells, in their original order: the reference, and those with the worst
    verdicts."""
    if len(cells) <= most:
        return tuple(cells)
    ranked = sorted(cells, key=lambda one: (one.cell.id != reference, -one.verdict.severity))
    kept = {one.row for one in ranked[:most]}
    return tuple(one for one in cells if one.row in kept)


def _worst_verdict(cells: Sequence[CellJudgement]) -> str:
    verdicts = (one.verdict for one in cells)
    return str(max(verdicts, key=lambda one: one.severity, default=Verdict.UNVERIFIED))


def _signs(cells: Sequence[CellJudgement]) -> tuple[str, ...]:
    used = {mark.standing for cell in cells for mark in cell.ladder.marks[:4]}
    signs = (f"{sign} {MEANING[one]}" for one, sign in SIGN.items() if one in used)
    return (*signs, *claim_marks(cells))


def _findings(
    report: Report, places: Mapping[str, str]
) -> tuple[tuple[FindingPart, ...], Mapping[Finding, str]]:
    """The findings, with equal ones of several cells merged, and the anchor of each."""
    told = same_for_several(report.findings)[:FINDINGS]
    named = numbered("finding", (finding.id for finding, _ in told))
    said = {_said(finding): one for (finding, _), one in zip(told, named, strict=True)}
    where = {one: said[_said(one)] for one in report.findings if _said(one) in said}
    parts = tuple(
        FindingPart(
            anchor=name,
            id=finding.id,
            verdict=str(finding.verdict),
            sign=VERDICT_SIGN[finding.verdict],
            word=finding_word(finding),
            title=finding.title,
            cells=tuple((cell, places.get(cell, "")) for cell in cells),
            evidence=tuple(line for line in finding.evidence if line.strip()),
            cause=finding.cause,
            remedy=finding.remedy,
            shows=finding.shows,
            traceback=traceback_lines(finding.traceback, _TRACEBACK),
            explained=finding.verdict is not Verdict.PASS,
        )
        for (finding, cells), name in zip(told, named, strict=True)
    )
    return parts, where


def _said(one: Finding) -> tuple[object, ...]:
    return (one.verdict, one.title, one.evidence, one.cause, one.remedy)

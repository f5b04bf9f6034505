"""The JSON report as values: what `report.schema.json` describes and `schema_version` counts.

Every string is cleaned and bounded, so that what reads the report may print it. A number that is
not finite is written as the text nan, inf or -inf. Fields are only ever added within one version.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.compare.claims import ClaimShown
from harness.compare.differences import Difference
from harness.compare.judgement import CellJudgement, Finding, NotJudged, RuleUse
from harness.compare.levels import LevelMark
from harness.formats.many import told_whole
from harness.formats.night_document import NightDocument, night_document
from harness.formats.report import Report
from harness.formats.rounds_document import (
    BitsDocument,
    BusyRoundDocument,
    EarlyDocument,
    FamilyDocument,
    MeasuredDocument,
    bits_document,
    busy_documents,
    early_document,
    family_document,
    measured_document,
)
from harness.formats.run_document import TEXT_LIMIT, RunDocument, run_document
from harness.model import ADDED, Fact, Scalar
from harness.text import clean

SCHEMA_VERSION = 1
TRACEBACK_LIMIT = 20_000

Value = str | int | float | bool | list[str | int | float | bool | None] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelDocument:
    level: str
    standing: str
    why: str
    rests_on: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferenceDocument:
    fact: str
    nature: str
    judged: str
    rule: str
    by: str
    """The facts pattern of the rule that decided; empty if no rule did."""
    reason: str
    absent: str
    reference: Value
    candidate: Value


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingDocument:
    verdict: str
    cell: str
    title: str
    evidence: list[str]
    cause: str
    remedy: str
    probe: str
    shows: str
    """A command that shows the cause; empty if none is known."""
    traceback: str
    """The traceback of what a probe raised, as its Python printed it; empty if it raised
    nothing."""
    id: str
    """Depends only on kind and subject, so it is the same every night and in every cell."""
    kind: str
    subject: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectDocument:
    """The failure that a cell's row expects, and what became of it."""

    level: str
    breakage: str
    reason: str
    until: str
    standing: str
    """fails as expected; works unexpectedly; another failure; not seen; no longer expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimDocument:
    """What a cell claims beside what was measured."""

    what: str
    """python, cuda, or the name of a framework."""
    claimed: str
    """Empty if the cell claims nothing."""
    measured: str
    """Empty if it was not measured."""
    holds: bool
    """False if a measurement contradicts the claim."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellDocument:
    id: str
    framework: dict[str, str]
    """As the cell claims it."""
    python: str
    """As the cell claims it."""
    claims: list[ClaimDocument]
    gpu: str
    verdict: str
    level: str
    wanted: str
    levels: list[LevelDocument]
    test_accuracy: float | None
    loss: float | None
    step_seconds: float | None
    compared: bool
    same: int
    differences: list[DifferenceDocument]
    """Empty if `differences_left_out` only counts them."""
    left_out: list[str]
    outcomes: dict[str, int]
    planned: int
    missing: int
    notes: list[str]
    measured: list[MeasuredDocument]
    """Empty if the cell was not compared with another."""
    early_losses: list[EarlyDocument]
    busy_rounds: list[BusyRoundDocument]
    """Rounds in which the host was too busy for times to be trusted."""
    expect: ExpectDocument | None = field(default=None, metadata={ADDED: True})
    """Left out of the report if the cell's row expects no failure."""
    differences_left_out: int | None = field(default=None, metadata={ADDED: True})
    """In a report on 500 cells or more, for a cell without findings: how many differences were left
    out, along with its metrics; `harness report RUN --cell ID` shows them. Absent otherwise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotJudgedDocument:
    fact: str
    nature: str
    reason: str
    values: dict[str, Value]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleUseDocument:
    """A rule that let differences pass, and how many."""

    facts: str
    rule: str
    cells: str
    """The pattern, as the rule is written."""
    reason: str
    differences: int
    in_cells: list[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportDocument:
    """A report on a run (`kind` report) or on two cells (`kind` comparison)."""

    schema_version: int
    kind: str
    summary: str
    story: list[str]
    exit_status: int
    reference: str
    runs: list[RunDocument]
    cells: list[CellDocument]
    findings: list[FindingDocument]
    """Worst first."""
    not_judged: list[NotJudgedDocument]
    let_pass: list[RuleUseDocument]
    """How many differences each rule let pass, in the order of the rules."""
    notices: list[str]
    family: FamilyDocument | None
    """Null if no cell was compared with another."""
    equal_bits: list[list[str]]
    """Groups of cells whose training ended with equal bits in every round."""
    bits: list[BitsDocument]
    """If the probe `bits` was asked: which cells computed the same in deterministic mode."""
    night: NightDocument | None = field(default=None, metadata={ADDED: True})
    """Left out if the run was not compared with a baseline."""


def document(report: Report) -> ReportDocument:
    """Turn the report into the document."""
    whole = told_whole(report.cells, report.reference)
    return ReportDocument(
        schema_version=SCHEMA_VERSION,
        kind=report.kind,
        summary=_text(report.summary),
        story=_texts(report.story),
        exit_status=int(report.exit),
        reference=_text(report.reference),
        runs=[run_document(run) for run in report.runs],
        cells=[_cell(cell, whole=cell.cell.id in whole) for cell in report.cells],
        findings=[_finding(finding) for finding in report.findings],
        not_judged=[_not_judged(fact) for fact in report.not_judged],
        let_pass=[_use(one) for one in report.let_pass],
        notices=_texts(report.notices),
        family=family_document(report.family),
        equal_bits=[_texts(one) for one in report.equal_bits],
        night=night_document(report.night),
        bits=[bits_document(one) for one in report.bits],
    )


def _cell(cell: CellJudgement, *, whole: bool) -> CellDocument:
    return CellDocument(
        id=_text(cell.cell.id),
        framework={_text(name): _text(version) for name, version in cell.cell.framework},
        python=_text(cell.cell.python),
        claims=[_claim(one) for one in cell.claims],
        gpu=_text(cell.cell.gpu),
        verdict=str(cell.verdict),
        level=str(cell.level),
        wanted=str(cell.wanted),
        levels=[_level(mark) for mark in cell.ladder.marks],
        test_accuracy=cell.headline.accuracy,
        loss=cell.headline.loss,
        step_seconds=cell.headline.step_seconds,
        compared=cell.compared,
        same=cell.same,
        differences=[_difference(one) for one in cell.differences] if whole else [],
        differences_left_out=None if whole else len(cell.differences),
        left_out=_texts(cell.left_out),
        outcomes={str(outcome): count for outcome, count in cell.outcomes},
        planned=cell.planned,
        missing=cell.missing,
        notes=_texts(note.text for note in cell.notes),
        measured=[measured_document(one) for one in cell.measured] if whole else [],
        early_losses=[early_document(one) for one in cell.early],
        busy_rounds=busy_documents(cell.busy),
        expect=_expect(cell),
    )


def _expect(cell: CellJudgement) -> ExpectDocument | None:
    wanted, became = cell.cell.expect, cell.expected
    if wanted is None or became is None:
        return None
    return ExpectDocument(
        level=str(wanted.level),
        breakage=_text(wanted.breakage),
        reason=_text(wanted.reason),
        until=_text(wanted.until),
        standing=str(became.standing),
    )


def _claim(one: ClaimShown) -> ClaimDocument:
    return ClaimDocument(
        what=_text(one.what),
        claimed=_text(one.claimed),
        measured=_text(one.measured),
        holds=one.holds,
    )


def _level(mark: LevelMark) -> LevelDocument:
    return LevelDocument(
        level=str(mark.level),
        standing=str(mark.standing),
        why=_text(mark.why),
        rests_on=_texts(basis.told for basis in mark.rests_on),
    )


def _difference(one: Difference) -> DifferenceDocument:
    return DifferenceDocument(
        fact=_text(one.fact),
        nature=str(one.nature),
        judged=str(one.judged),
        rule=_text(one.rule),
        by=_text(one.by.facts) if one.by else "",
        reason=_text(one.reason),
        absent=one.absent,
        reference=_value(one.reference),
        candidate=_value(one.candidate),
    )


def _finding(finding: Finding) -> FindingDocument:
    return FindingDocument(
        verdict=str(finding.verdict),
        cell=_text(finding.cell),
        title=_text(finding.title),
        evidence=_texts(finding.evidence),
        cause=_text(finding.cause),
        remedy=_text(finding.remedy),
        probe=_text(", ".join(finding.probes)),
        shows=_text(finding.shows),
        traceback=clean(finding.traceback, TRACEBACK_LIMIT),
        id=finding.id,
        kind=str(finding.kind),
        subject=_texts(finding.subject),
    )


def _not_judged(fact: NotJudged) -> NotJudgedDocument:
    return NotJudgedDocument(
        fact=_text(fact.fact),
        nature=str(fact.nature),
        reason=_text(fact.reason),
        values={_text(cell): _value(value) for cell, value in fact.values},
    )


def _use(one: RuleUse) -> RuleUseDocument:
    return RuleUseDocument(
        facts=_text(one.rule.facts),
        rule=_text(one.rule.rule),
        cells=_text(one.rule.cells),
        reason=_text(one.rule.reason),
        differences=one.differences,
        in_cells=_texts(one.cells),
    )


def _value(value: Fact) -> Value:
    if isinstance(value, tuple):
        return [_scalar(item) for item in value]
    return _scalar(value)


def _scalar(value: Scalar) -> Scalar:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _texts(texts: Iterable[str]) -> list[str]:
    return [_text(text) for text in texts]


def _text(text: str) -> str:
    return clean(text, TEXT_LIMIT)

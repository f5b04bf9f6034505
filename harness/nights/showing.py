"""Turns a judged run into what each of its cells was seen to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.compare.judgement import CellJudgement, Judgement
from harness.compare.kinds import FindingKind
from harness.compare.rules import run_date
from harness.compare.view import View, views
from harness.model import Outcome, Record, Run, Verdict
from harness.nights.against import Against, against_baseline, of_vanished
from harness.nights.inputs import inputs_of
from harness.nights.seen import SeenCell, SeenFinding, SeenNight, as_seen
from harness.nights.times import retimed
from harness.outcomes import INFRASTRUCTURE

_OF_REFERENCE = (FindingKind.DIFFERS, FindingKind.OTHER_BYTES)


def seen(
    judgement: Judgement,
    records: Iterable[Record],
    baseline: Sequence[View] = (),
    vanishing: Iterable[str] | None = None,
    again: Iterable[tuple[Run, Sequence[Record]]] = (),
) -> SeenNight:
    """Return what a run showed.

    With `baseline`, the comparison with it is included. Then `vanishing` names the rows of the
    baseline that the run was meant to include, and that are reported as missing where they are not
    there (None: all of them), and `again` holds the runs in which cells took turns with their image
    of the baseline. `judgement` is that of the run with all its `records`.
    """
    run = judgement.run
    at = run_date(run)
    told = views(run, records)
    own = {one.row: one.findings for one in judgement.cells}
    held = against_baseline(baseline, told, own, run.rules.expectations, at, retimed(again))
    judged = {one.row: one for one in judgement.cells}
    cells = {view.row: _cell(view, judged[view.row], held.get(view.row)) for view in told}
    wanted = None if vanishing is None else frozenset(vanishing)
    for view in baseline:
        if view.row not in cells and (wanted is None or view.row in wanted):
            gone = SeenFinding(finding=of_vanished(view.cell), values=())
            cells[view.row] = SeenCell(cell=view.cell, findings=(gone,), whole=False)
    return SeenNight(
        run=run.id,
        day=at.isoformat() if at else "",
        cells=cells,
        reference=judgement.reference,
    )


def _cell(view: View, judged: CellJudgement, held: Against | None) -> SeenCell:
    findings: list[SeenFinding] = []
    if judged.findings:
        differences = {one.fact: one for one in judged.differences}
        measured = {one.metric.fact: one for one in judged.measured}
        findings = [
            as_seen(one, differences, measured, of_reference=one.kind in _OF_REFERENCE)
            for one in judged.findings
            if one.verdict is not Verdict.PASS
        ]
    if held is not None:
        findings += held.findings
    ended = {one.outcome for one in view.answers.values()}
    probes = answered = view.planned
    if ended != {Outcome.OK}:
        probes = view.planned - _not_asked(view)
        answered -= {one.probe for one in view.answers.values() if not _ok(one)}
    stopped = any(one.finding.verdict is Verdict.INFRASTRUCTURE for one in findings)
    return SeenCell(
        cell=view.cell,
        findings=tuple(findings),
        inputs=inputs_of(view),
        probes=probes,
        answered=answered,
        whole=not (view.missing or ended & INFRASTRUCTURE or stopped),
        changed=held.changed if held is not None else frozenset(),
    )


def _not_asked(view: View) -> frozenset[str]:
    """Probes that do not apply to the cell, so that nothing is lacking where they are not asked."""
    return frozenset(
        one.probe for one in view.answers.values() if one.outcome is Outcome.NOT_APPLICABLE
    )


def _ok(record: Record) -> bool:
    return record.outcome is Outcome.OK

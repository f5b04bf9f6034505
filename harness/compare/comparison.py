"""Compares two cells, also across runs and hosts: `harness compare A B`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.compare.apart import drifting
from harness.compare.bits import bits_of, equal_bits
from harness.compare.contradictions import of_contradictions_between
from harness.compare.defects import without_told
from harness.compare.findings import of_drift
from harness.compare.holding import hold_against
from harness.compare.judge import exit_of, not_judged, ordered_findings
from harness.compare.judgement import Comparison
from harness.compare.notices import disturbed, expiries, gone, relaxations
from harness.compare.rounds import HeldCell, concluded
from harness.compare.ruled import let_pass
from harness.compare.rules import run_date
from harness.compare.view import View, conclude, own_findings, views
from harness.errors import UsageError
from harness.model import Record, Rules, Run, Suite


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """A cell of a run, with the records that belong to it."""

    run: Run
    records: Sequence[Record]
    cell: str
    """The cell's id."""


def compare_cells(a: Side, b: Side, *, rules: Rules, at: date | None) -> Comparison:
    """Compare cell B (the candidate) with cell A (the reference) under `rules`, at the date `at`.

    It uses the same code that compares a cell with its reference inside a run. Levels are judged by
    each run's own bands. Raises UsageError where a run has no such cell.
    """
    one, other = _told_apart(_find(a), _find(b))
    own_a = own_findings(one, rules.expectations, at)
    own_b = own_findings(other, rules.expectations, at)
    compared, open_, notes = hold_against(one, other, rules.expectations, at)
    apart = without_told(drifting(compared.differences), own_b.findings)
    drift = of_drift(other.cell, one.cell, apart)
    beside = of_contradictions_between(one.cell, one.told, other.cell, other.told)
    reference = conclude(one, own_a, None)
    own_b = own_b.and_of(*beside, *drift, *open_, notes=notes)
    held = HeldCell(reference=one, view=other, own=own_b, compared=compared)
    (candidate,) = concluded([held], rules.expectations, at)
    both = (reference, candidate)
    return Comparison(
        reference_run=a.run,
        reference=reference,
        candidate_run=b.run,
        candidate=candidate,
        findings=ordered_findings(both),
        not_judged=not_judged((one, other), both, rules),
        let_pass=let_pass((one, other), both, rules, at),
        notices=(
            *dict.fromkeys((*a.run.notices, *b.run.notices)),
            *_apart(a.run.of(a.cell), b.run.of(b.cell)),
            *relaxations((one, other)),
            *disturbed(both),
            *expiries(both),
            *gone((one, other), both, rules),
        ),
        exit=exit_of(both),
        equal_bits=equal_bits((view.cell.id, view.facts) for view in (one, other)),
        bits=bits_of(((view.cell.id, view.facts) for view in (one, other)), one.cell.id),
    )


def same_rules(one: Rules, other: Rules) -> bool:
    """Tell whether two sets of rules judge alike. The choice of the reference cell does not count
    as a rule."""
    return (one.expectations, one.bands) == (other.expectations, other.bands)


def compare_kept(a: Side, b: Side, *, named: Suite | None = None) -> Comparison:
    """Compare cell B with cell A under the rules kept with their runs, or under those of a named
    suite.

    Where the two runs were kept with different rules, those of B, the candidate, are used. The
    notices say whose rules were used wherever that could be in doubt.
    """
    at = run_date(b.run)
    if named is not None:
        one, other = (replace(side, run=replace(side.run, rules=named.rules)) for side in (a, b))
        made = compare_cells(one, other, rules=named.rules, at=at)
        said = f"judged by the rules of the suite {named.name}, which was named"
        return replace(made, notices=(f"{said}, not by those kept with the runs", *made.notices))
    made = compare_cells(a, b, rules=b.run.rules, at=at)
    if same_rules(a.run.rules, b.run.rules):
        return made
    said = (
        f"the two runs were kept with different rules: those of run {b.run.id} judge, "
        "since its cell is compared with the other"
    )
    by_others = compare_cells(a, b, rules=a.run.rules, at=at).candidate.verdict
    if by_others is not made.candidate.verdict:
        said += f"; by those of run {a.run.id} it would be `{by_others}`"
    return replace(made, notices=(said, *made.notices))


def _find(side: Side) -> View:
    of_cell = [record for record in side.records if record.cell == side.cell]
    for view in views(side.run, of_cell):
        if view.cell.id == side.cell:
            return view
    known = ", ".join(one.id for one in side.run.cells)
    raise UsageError(f"run {side.run.id} has no cell {side.cell}", remedy=f"its cells are: {known}")


def _told_apart(one: View, other: View) -> tuple[View, View]:
    """Where both runs use the same cell id, add the engine's name to each, or else the run's id, so
    that the two can be told apart."""
    if one.cell.id != other.cell.id:
        return one, other
    names = [one.run.engine.name, other.run.engine.name]
    if names[0] == names[1]:
        names = [one.run.id, other.run.id]
    if names[0] == names[1]:
        names = ["A", "B"]
    first, second = (
        replace(view, cell=replace(view.cell, id=f"{view.cell.id} ({name})"))
        for view, name in zip((one, other), names, strict=True)
    )
    return first, second


def _apart(run_a: Run, run_b: Run) -> tuple[str, ...]:
    """Return notices about how the two runs differ apart from the cells. Each run is as it was for
    its cell."""
    said = []
    if run_a.host != run_b.host:
        said.append("the two ran on different hosts: times cannot be compared with each other")
    if run_a.engine.name != run_b.engine.name:
        said.append(f"the two ran on different engines: {run_a.engine.name}, {run_b.engine.name}")
    return tuple(said)

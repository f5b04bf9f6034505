"""Compares each cell of a run with its own answers in the baseline.

Expectations apply as they do in the comparison with the reference, except `allowed`: it says why a
cell may differ from another cell, which is no reason for it to differ from its own past. Facts,
accuracy and early losses are judged here. Times are judged where the baseline's image was run again
in turns with tonight's: see `harness.nights.times`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.compare.apart import drifting
from harness.compare.defects import without_told
from harness.compare.differences import Difference
from harness.compare.findings import of_drift
from harness.compare.holding import hold_against
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.rounds import HeldCell, by_rounds
from harness.compare.statistics.paired import Scale
from harness.compare.view import Own, View
from harness.model import Cell, Expectation, Verdict
from harness.nights.asked import asked_otherwise
from harness.nights.inputs import PACKAGE
from harness.nights.seen import SeenFinding, as_seen
from harness.nights.times import Retimed, of_times

NOTHING_AGAIN: Mapping[str, Retimed] = {}
BASELINE = "the baseline"
"""Replaces the name of the baseline's cell in the texts of findings."""
_NOTHING = Own(findings=(), notes=())
_OF_ROUNDS = (
    FindingKind.ACCURACY_DRIFTS,
    FindingKind.LOSSES_DRIFT,
    FindingKind.UNDECIDED,
    FindingKind.TOO_BUSY,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """The result of comparing one cell with its own answers in the baseline."""

    findings: tuple[SeenFinding, ...] = ()
    changed: frozenset[str] = frozenset()
    """Facts that drift from the baseline's."""


def against_baseline(
    baseline: Sequence[View],
    tonight: Sequence[View],
    own: Mapping[str, Sequence[Finding]],
    rules: Iterable[Expectation],
    at: date | None,
    again: Mapping[str, Retimed] = NOTHING_AGAIN,
) -> Mapping[str, Against]:
    """Return, by row, how each cell that both runs have differs from the baseline.

    `own` holds the findings that the run has about each cell by itself; what they report is not
    reported again. `again` holds the cells whose images were asked in turns, for their times.
    """
    expectations = tuple(one for one in rules if one.rule != "allowed")
    before = {view.row: view for view in baseline}
    held: list[HeldCell] = []
    found: dict[str, list[SeenFinding]] = {}
    moved: dict[str, frozenset[str]] = {}
    for view in tonight:
        other = before.get(view.row)
        if other is None:
            continue
        found[view.row], moved[view.row] = [], frozenset()
        if not (view.answered and other.answered):
            found[view.row] += [as_seen(one, {}, {}) for one in asked_otherwise(other, view)]
            continue
        compared, left_open, _ = hold_against(other, view, expectations, at)
        apart = [line for one in left_open for line in one.evidence]
        drift = drifting(compared.differences)
        moved[view.row] = frozenset(one.fact for one in drift)
        untold = without_told(drift, own.get(view.row, ()))
        told = asked_otherwise(other, view, apart)
        if untold:
            told += _of_facts(view.cell, replace(other.cell, id=BASELINE), untold)
        if told:
            by_fact = {
                one.fact: one for one in without_told(compared.differences, own.get(view.row, ()))
            }
            found[view.row] += [as_seen(one, by_fact, {}) for one in told]
        held.append(
            HeldCell(reference=other, view=view, own=_NOTHING, compared=compared, named=BASELINE)
        )
    answering = [(before[one.view.row], one.view) for one in held]
    for row, (told, times) in of_times(answering, again, expectations, at, BASELINE).items():
        found[row] += [as_seen(one, {}, times) for one in told]
    for judged in by_rounds(held, expectations, at, (Scale.SHARE,), whole=False):
        measured = {one.metric.fact: one for one in judged.measured}
        found[judged.row] += [
            as_seen(one, {}, measured) for one in judged.findings if one.kind in _OF_ROUNDS
        ]
    return {
        row: Against(findings=tuple(map(_to_be_accepted, findings)), changed=moved[row])
        for row, findings in found.items()
    }


def _to_be_accepted(one: SeenFinding) -> SeenFinding:
    """Replace the remedy of a drift by one that works here: the remedies of a comparison with
    another cell suggest `allowed` rules, which do not apply to the baseline."""
    if one.finding.verdict is not Verdict.DRIFT:
        return one
    remedy = (
        "pin what should not have moved; if it may stay so, accept the event (`harness accept RUN "
        "--event ID --reason ... --until DAY --owner WHO`), or the run as the baseline; if it may "
        "move every night, add an `ignore` expectation to matrix.yaml"
    )
    return replace(one, finding=replace(one.finding, remedy=remedy))


def _of_facts(
    cell: Cell, reference: Cell, differences: Sequence[Difference]
) -> tuple[Finding, ...]:
    """Return a finding for each package, and one for each group of other facts. A package is an
    input: when another package differs on a later night, the first one must keep its finding."""
    packages = [one for one in differences if one.fact.startswith(PACKAGE)]
    rest = [one for one in differences if not one.fact.startswith(PACKAGE)]
    each = (found for one in packages for found in of_drift(cell, reference, [one]))
    return (*each, *of_drift(cell, reference, rest))


def of_vanished(cell: Cell) -> Finding:
    """Return the finding for a cell that is in the baseline and missing from the run."""
    return finding(FindingKind.CELL_VANISHED, cell, {}, subject=("cell",))

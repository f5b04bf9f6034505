"""Each cell of a run held against its own answers in the baseline.

Expectations hold here as they do against the reference, but for `allowed`: it says why a cell may
differ from another one, which is no reason why it should differ from what it was itself. Facts,
accuracy and early losses are judged. Times are judged where the baseline's image was run again in
turns with tonight's: `harness.nights.times`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.compare.defects import without_told
from harness.compare.differences import Difference
from harness.compare.findings import of_drift
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.rounds import HeldCell, by_rounds
from harness.compare.rules import Judged
from harness.compare.statistics.paired import Scale
from harness.compare.view import Own, View, hold_against
from harness.model import Cell, Expectation, Verdict
from harness.nights.asked import asked_otherwise
from harness.nights.inputs import PACKAGE
from harness.nights.seen import SeenFinding, as_seen
from harness.nights.times import Retimed, of_times

NOTHING_AGAIN: Mapping[str, Retimed] = {}
BASELINE = "the baseline"
"""Stands for the cell's name of that run in what findings say."""
_OF_ROUNDS = (
    FindingKind.ACCURACY_DRIFTS,
    FindingKind.LOSSES_DRIFT,
    FindingKind.UNDECIDED,
    FindingKind.TOO_BUSY,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Against:
    """What holding one cell against its own answers in the baseline comes to."""

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
    """What every cell that both runs have differs by from the baseline, by its row. `own` holds the
    findings that the run has of each cell by itself: what they tell is not told again. `again`: the
    cells whose images were asked in turns, for their times."""
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
        reference = replace(other, cell=replace(other.cell, id=BASELINE))
        compared, left_open, _ = hold_against(reference, view, expectations, at)
        apart = [line for one in left_open for line in one.evidence]
        drifting = tuple(without_told(compared.differences, own.get(view.row, ())))
        by_fact = {one.fact: one for one in drifting}
        moved[view.row] = frozenset(
            one.fact for one in compared.differences if one.judged is Judged.DRIFT
        )
        found[view.row] += [
            as_seen(one, by_fact, {})
            for one in (
                *asked_otherwise(other, view, apart),
                *_of_facts(view.cell, reference.cell, drifting),
            )
        ]
        nothing = Own(findings=(), notes=())
        held.append(HeldCell(reference=reference, view=view, own=nothing, compared=compared))
    answering = [(before[one.view.row], one.view) for one in held]
    for row, (told, times) in of_times(answering, again, expectations, at, BASELINE).items():
        found[row] += [as_seen(one, {}, times) for one in told]
    for judged in by_rounds(held, expectations, at, (Scale.SHARE,)):
        measured = {one.metric.fact: one for one in judged.measured}
        found[judged.row] += [
            as_seen(one, {}, measured) for one in judged.findings if one.kind in _OF_ROUNDS
        ]
    return {
        row: Against(findings=tuple(map(_to_be_accepted, findings)), changed=moved[row])
        for row, findings in found.items()
    }


def _to_be_accepted(one: SeenFinding) -> SeenFinding:
    """Drift with what is to be done about it here: the remedies of a comparison with another cell
    name `allowed` rules, which do not hold against the baseline."""
    if one.finding.verdict is not Verdict.DRIFT:
        return one
    remedy = (
        "pin what should not have moved; where it may be so, accept the event (`harness accept RUN "
        "--event ID --reason ... --until DAY --owner WHO`), or the run as the baseline; what may "
        "move from night to night needs an `ignore` expectation in matrix.yaml"
    )
    return replace(one, finding=replace(one.finding, remedy=remedy))


def _of_facts(
    cell: Cell, reference: Cell, differences: Sequence[Difference]
) -> tuple[Finding, ...]:
    """A finding for each package, and one for each group of other facts. A package is an input: on
    one night another joins it, and the first is still the same finding."""
    packages = [one for one in differences if one.fact.startswith(PACKAGE)]
    rest = [one for one in differences if not one.fact.startswith(PACKAGE)]
    each = (found for one in packages for found in of_drift(cell, reference, [one]))
    return (*each, *of_drift(cell, reference, rest))


def of_vanished(cell: Cell) -> Finding:
    """The finding for a cell that the baseline has and the run has not."""
    return finding(FindingKind.CELL_VANISHED, cell, {}, subject=("cell",))

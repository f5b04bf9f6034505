"""What rounds add to a judgement: metrics that drift or stay undecided, early losses, and L4."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.compare.agreement import agreement, of_agreement, with_agreement
from harness.compare.differences import Compared, Difference
from harness.compare.early import EarlyLosses, Likeness, early_losses
from harness.compare.judgement import CellJudgement, Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.measured import measure
from harness.compare.measurement import Measured, telling
from harness.compare.rules import Judged, expectation_for, holds
from harness.compare.statistics.decision import Decision
from harness.compare.statistics.paired import Scale
from harness.compare.telling import rests_on, said, why_untold
from harness.compare.view import Own, View, conclude
from harness.model import Expectation, Level

BY_ROUNDS = "rounds"
"""The name of the rule in a difference that was judged over rounds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldCell:
    """A cell whose facts were compared with its reference's, before its rounds are."""

    reference: View
    view: View
    own: Own
    compared: Compared
    named: str = ""
    """The name of the reference in the texts of findings; empty: its id."""

    @property
    def against(self) -> str:
        """The name of the reference in the texts of findings."""
        return self.named or self.reference.cell.id


def concluded(
    held: Sequence[HeldCell],
    rules: Iterable[Expectation],
    at: date | None,
    *,
    shown: bool = True,
    whole: bool = True,
) -> tuple[CellJudgement, ...]:
    """Return the judgements of compared cells, in their order; the metrics of all form one family.
    Without `shown`, metrics that never alarm are not measured. Without `whole`, what gives no
    finding is left out."""
    expectations = tuple(rules)
    if whole:
        pairs = [(one.reference, one.view) for one in held]
        found = measure(pairs, expectations, at, shown=shown)
    else:
        found = _where_rounds_decide(held, expectations, at, tuple(Scale), shown=shown)
    return tuple(
        _concluded(one, measured, expectations, at, whole=whole)
        for one, measured in zip(held, found, strict=True)
    )


def _where_rounds_decide(
    held: Sequence[HeldCell],
    rules: tuple[Expectation, ...],
    at: date | None,
    scales: Collection[Scale],
    *,
    shown: bool = True,
) -> tuple[Sequence[Measured], ...]:
    """Measure the metrics that may give a finding: those of cells with several rounds, since a
    single one says nothing of how much rounds differ, and of cells that should agree (L4)."""
    deciding = [
        one
        for one in held
        if one.reference.parts is None or one.view.parts is None or one.view.cell.level is Level.L4
    ]
    pairs = [(one.reference, one.view) for one in deciding]
    found = measure(pairs, rules, at, compared=len(held), scales=scales, shown=shown)
    by_row = {one.view.row: measured for one, measured in zip(deciding, found, strict=True)}
    return tuple(by_row.get(one.view.row, ()) for one in held)


@dataclass(frozen=True, kw_only=True, slots=True)
class ByRounds:
    """What the rounds of one compared cell show, and nothing else."""

    row: str
    findings: tuple[Finding, ...]
    measured: Sequence[Measured]


def by_rounds(
    held: Sequence[HeldCell],
    rules: Iterable[Expectation],
    at: date | None,
    scales: Collection[Scale] = tuple(Scale),
    *,
    whole: bool = True,
) -> tuple[ByRounds, ...]:
    """Return what `concluded` finds about metrics on these scales and about early losses, without
    judging the cell. Without `whole`, what gives no finding is not measured."""
    expectations = tuple(rules)
    if whole:
        pairs = [(one.reference, one.view) for one in held]
        found = measure(pairs, expectations, at, scales=scales)
    else:
        found = _where_rounds_decide(held, expectations, at, scales)
    return tuple(
        ByRounds(
            row=one.view.row,
            findings=(
                *_of_measured(one, measured),
                *_of_early(
                    one, early_losses(one.reference.answers, one.view.answers), expectations, at
                ),
            ),
            measured=measured,
        )
        for one, measured in zip(held, found, strict=True)
    )


def settled_facts(cells: Iterable[CellJudgement]) -> frozenset[str]:
    """Return the facts that rounds decided in every cell that was compared by them."""
    told: dict[str, bool] = {}
    for cell in cells:
        for one in telling(cell.measured):
            told[one.metric.fact] = told.get(one.metric.fact, True) and _decided(one)
    return frozenset(fact for fact, every in told.items() if every)


def _concluded(
    held: HeldCell,
    measured: Sequence[Measured],
    rules: tuple[Expectation, ...],
    at: date | None,
    *,
    whole: bool,
) -> CellJudgement:
    early = early_losses(held.reference.answers, held.view.answers)
    settled = telling(measured)
    mark = agreement(held.view.ladder, settled, early)
    own = held.own.without_agreement().and_of(
        *_of_measured(held, settled),
        *_of_early(held, early, rules, at),
        *of_agreement(held.view.cell, mark),
    )
    compared = _with_rounds(held.compared, settled)
    ladder = with_agreement(held.view.ladder, mark)
    return conclude(held.view, own, compared, measured, early, ladder=ladder, whole=whole)


def _of_measured(held: HeldCell, measured: Iterable[Measured]) -> Iterator[Finding]:
    for one in measured:
        words = {
            "fact": one.metric.fact,
            "said": said(one),
            "reference": held.against,
            "why": why_untold(one),
            "rule": "drift" if one.decided.by_rule is Decision.DRIFT else "the same",
        }
        kind = None
        if one.drifts:
            timed = one.metric.scale is Scale.RATIO
            kind = FindingKind.TIME_DRIFTS if timed else FindingKind.ACCURACY_DRIFTS
        elif _asks_for_more(one):
            kind = FindingKind.TOO_BUSY if one.decided.withheld else FindingKind.UNDECIDED
        if kind is not None:
            yield finding(
                kind,
                held.view.cell,
                words,
                evidence=rests_on(one),
                probes=(one.metric.probe,),
                subject=(one.metric.fact,),
            )


def _asks_for_more(one: Measured) -> bool:
    """Tell whether rounds should have decided and did not: a metric that steers the number of
    rounds, or one that would alarm if the host had not been too busy. An allowed difference is left
    out."""
    undecided = one.decided.decision in (Decision.UNVERIFIED, Decision.ANOTHER_ROUND)
    asked = one.metric.steers or (one.primary and one.decided.by_rule is Decision.DRIFT)
    return undecided and asked and one.decided.rounds > 1 and not one.allowed


def _of_early(
    held: HeldCell, early: Iterable[EarlyLosses], rules: tuple[Expectation, ...], at: date | None
) -> Iterator[Finding]:
    for one in early:
        rule = expectation_for(rules, one.fact, held.view.row)
        allowed = rule is not None and (
            rule.rule == "ignore" or (rule.rule == "allowed" and holds(rule.until, at))
        )
        if one.likeness is Likeness.ALGORITHM and not allowed:
            words = {"said": one.told, "fact": one.fact, "reference": held.against}
            yield finding(
                FindingKind.LOSSES_DRIFT,
                held.view.cell,
                words,
                probes=(one.probe,),
                subject=(one.fact,),
            )


def _decided(one: Measured) -> bool:
    return one.primary and one.decided.decision in (Decision.SAME, Decision.DRIFT)


def _with_rounds(compared: Compared, measured: Iterable[Measured]) -> Compared:
    """Return the differences as rounds judge them, where they do."""
    by_fact = {one.metric.fact: one for one in measured if _decided(one) or one.decided.rounds > 1}
    if not by_fact:
        return compared
    differences = tuple(
        _by_rounds(one, by_fact[one.fact]) if one.fact in by_fact else one
        for one in compared.differences
    )
    return replace(compared, differences=differences)


def _by_rounds(one: Difference, told: Measured) -> Difference:
    if one.judged is Judged.ALLOWED and told.primary and told.decided.decision is Decision.SAME:
        return replace(one, judged=Judged.SAME, rule=BY_ROUNDS, reason=said(told), ends="")
    if one.judged is not Judged.NOT_JUDGED:
        return one
    if _decided(told):
        judged = Judged.DRIFT if told.drifts else Judged.ALLOWED
        if told.decided.decision is Decision.SAME:
            judged = Judged.SAME
        return replace(one, judged=judged, rule=BY_ROUNDS, reason=said(told))
    return replace(one, reason=why_untold(told)) if told.decided.rounds > 1 else one

"""Judges a run by its records: one verdict for each cell, with the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from harness.compare.apart import drifting, ruled_in
from harness.compare.attempts import of_attempts
from harness.compare.bits import bits_of, equal_bits
from harness.compare.classified import WRONG_IMAGES
from harness.compare.contradictions import of_contradictions_between
from harness.compare.defects import without_told
from harness.compare.differences import Ruled
from harness.compare.facts import natures_in, value_in
from harness.compare.findings import of_broken_reference, of_drift
from harness.compare.holding import hold_against
from harness.compare.judgement import (
    CellJudgement,
    Finding,
    Judgement,
    Note,
    NotJudged,
    as_reference,
)
from harness.compare.locked import unfit
from harness.compare.many import MANY
from harness.compare.notices import disturbed, expiries, gone, relaxations, unjudged
from harness.compare.patterns import RuleBook, rules_of
from harness.compare.rounds import HeldCell, concluded, settled_facts
from harness.compare.ruled import idle, let_pass
from harness.compare.rules import Judged, run_date
from harness.compare.shapes import FactsOfCell
from harness.compare.view import View, conclude, own_findings, views
from harness.errors import Exit, worst
from harness.model import Attempt, Nature, Record, Rules, Run, Shard, Verdict

_BROKEN = (Verdict.FAIL, Verdict.INFRASTRUCTURE)


def judge(
    run: Run,
    records: Sequence[Record],
    *,
    attempts: Sequence[Attempt] = (),
    require_verified: bool = False,
    whole: bool = True,
) -> Judgement:
    """Judge every cell of a run by the rules kept with it, at the date it was started.

    Records may be missing (an interrupted run) and may come in any order. With `require_verified`,
    a cell that is `unverified` makes the exit status 5. `attempts` that infrastructure ended are
    mentioned in the notices and not counted. Missing records give exit status 4; only the caller
    can know whether a signal interrupted the run. Without `whole`, the judgement has the verdict
    and the findings of each cell, and nothing that only a report on the run shows.
    """
    at = run_date(run)
    rules = run.rules
    seen = views(run, records)
    reference, said = _reference(seen, run)
    cells = _judged(run, seen, reference, at, whole=whole)
    ordered = ordered_findings(cells)
    counts = Counter(cell.verdict for cell in cells)
    made = Judgement(
        run=run,
        reference=reference.cell.id if reference else "",
        cells=tuple(cells),
        findings=ordered,
        not_judged=(),
        let_pass=(),
        notices=(),
        require_verified=require_verified,
        exit=exit_of(cells, require_verified=require_verified),
        counts=tuple((one, counts[one]) for one in reversed(Verdict) if counts[one]),
    )
    if not whole:
        return made
    return replace(
        made,
        not_judged=not_judged(seen, cells, rules),
        let_pass=let_pass(seen, cells, rules, at),
        notices=(
            *run.notices,
            *said,
            *of_attempts(attempts),
            *unfit(run, records),
            *relaxations(seen),
            *disturbed(cells),
            *expiries(cells),
            *(gone(seen, cells, rules) if run.shard is None else ()),
            *unjudged(run),
            *(idle(seen, rules, whole=not run.unasked) if run.shard is None else ()),
        ),
        equal_bits=equal_bits((view.cell.id, view.facts) for view in seen),
        bits=bits_of(((view.cell.id, view.facts) for view in seen), made.reference),
    )


def _judged(
    run: Run, seen: Sequence[View], reference: View | None, at: date | None, *, whole: bool
) -> list[CellJudgement]:
    """Judge the cells, each by itself and against the reference."""
    rules = run.rules
    alone: dict[str, CellJudgement] = {}
    held: list[HeldCell] = []
    own_of_reference = own_findings(reference, rules.expectations, at) if reference else None
    broken = as_reference(own_of_reference.findings) if own_of_reference else Verdict.PASS
    told = reference.told if reference else ()
    for view in seen:
        if view is reference and own_of_reference is not None:
            alone[view.row] = conclude(view, own_of_reference.without_agreement(), None)
            continue
        here = view.told
        own = own_findings(view, rules.expectations, at, here)
        if reference is not None and view.answered:
            if view.run.hosts and view.run.host != reference.run.host:
                own = own.and_of(notes=(_of_another_class(reference),))
            elif broken in _BROKEN:
                own = own.and_of(of_broken_reference(view.cell, reference.cell, broken))
            else:
                compared, open_, more = hold_against(reference, view, rules.expectations, at)
                apart = without_told(drifting(compared.differences), own.findings)
                drift = of_drift(view.cell, reference.cell, apart)
                beside = of_contradictions_between(reference.cell, told, view.cell, here)
                own = own.and_of(*beside, *drift, *open_, notes=more)
                held.append(HeldCell(reference=reference, view=view, own=own, compared=compared))
                continue
        alone[view.row] = conclude(view, own, None, whole=whole)
    shown = len(seen) < MANY
    by_row = {
        one.row: one for one in concluded(held, rules.expectations, at, shown=shown, whole=whole)
    }
    return [alone.get(view.row) or by_row[view.row] for view in seen]


def _of_another_class(reference: View) -> Note:
    return Note(
        text=f"not compared with {reference.cell.id}: the two ran on hosts of different classes"
    )


def judge_cell(run: Run, records: Sequence[Record], cell: str) -> CellJudgement:
    """Judge one cell of a run by itself, before there is anything to compare it with: its levels
    and its own findings. Raises ValueError where the run has no such cell."""
    for view in views(run, [record for record in records if record.cell == cell]):
        if view.row == cell:
            return conclude(view, own_findings(view, run.rules.expectations, run_date(run)), None)
    raise ValueError(f"run {run.id} has no cell {cell}")


def reference_of(seen: Sequence[View], run: Run) -> View | None:
    """Return the cell that the others are compared with; None where there is none."""
    return _reference(seen, run)[0]


def _reference(seen: Sequence[View], run: Run) -> tuple[View | None, tuple[str, ...]]:
    """Return the cell to compare with, and the notices about how it was chosen."""
    rules = run.rules
    if not seen:
        return None, ()
    if run.shard is not None:
        return _reference_of_shard(seen, rules, run.shard)
    named = next((view for view in seen if view.cell.id == rules.reference), None)
    if named is not None:
        return named, ()
    if len(seen) == 1:
        why = f"its reference {rules.reference} is not in this run"
        return None, ((f"{seen[0].cell.id} was not compared: {why}",) if rules.reference else ())
    first = seen[0]
    why = (
        f"{rules.reference} is not in this run"
        if rules.reference
        else "the suite names no reference"
    )
    return first, (f"the reference is {first.cell.id}, the first cell of the run: {why}",)


def _reference_of_shard(
    seen: Sequence[View], rules: Rules, shard: Shard
) -> tuple[View | None, tuple[str, ...]]:
    """Return the plan's reference if it was dealt to this shard; no other cell is taken in its
    place."""
    ids = [cell.id for cell in shard.cells]
    wanted = rules.reference if rules.reference in ids else next(iter(ids), "")
    found = next((view for view in seen if view.cell.id == wanted), None)
    told: tuple[str, ...] = (
        f"this is shard {shard.number} of {shard.count}: `harness merge` joins all to one run",
    )
    if found is None:
        told += (f"once merged, its cells are compared with {wanted}, which is in another shard",)
    return found, told


def ordered_findings(cells: Iterable[CellJudgement]) -> tuple[Finding, ...]:
    """Return the findings of all cells: worst first, then in the order of cells."""
    every = [finding for cell in cells for finding in cell.findings]
    return tuple(sorted(every, key=lambda one: -one.verdict.severity))


def exit_of(cells: Sequence[CellJudgement], *, require_verified: bool = False) -> Exit:
    """Return the exit status that these cells lead to: the worst that applies."""
    verdicts = [cell.verdict for cell in cells]
    statuses = [Exit.OK]
    for cell in cells:
        for finding in cell.findings:
            if finding.verdict is Verdict.INFRASTRUCTURE:
                statuses.append(Exit.INFRASTRUCTURE)
            if finding.verdict in (Verdict.FAIL, Verdict.DRIFT):
                statuses.append(Exit.FINDINGS)
    if all(verdict is Verdict.UNVERIFIED for verdict in verdicts):
        statuses.append(Exit.NOTHING)
    if require_verified and any(
        finding.verdict is Verdict.UNVERIFIED for cell in cells for finding in cell.findings
    ):
        statuses.append(Exit.NOTHING)
    return worst(statuses)


def _open_natures(
    seen: Sequence[View], rules: RuleBook, known: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield (fact, reason) for each measurement and time that no rule judges in some cell, without
    those that are `known`. Cells with facts of one shape, which the same rules concern, are looked
    at once."""
    looked: set[tuple[int, int]] = set()
    for view in seen:
        book = rules.of_cell(view.row)
        if isinstance(view.facts, FactsOfCell):
            if (id(view.facts.shape), id(book)) in looked:
                continue
            looked.add((id(view.facts.shape), id(book)))
        for fact, nature in natures_in(view.facts):
            if nature not in (Nature.MEASURED, Nature.TIMING) or fact in known:
                continue
            rule = book.first(fact)
            if rule is None or rule.rule == "equivalent":
                yield fact, "no rule judges it"


def _left_open(cells: Iterable[CellJudgement]) -> Iterator[Ruled]:
    """Yield what was ruled on the differences that no rule judged, once where it is one object."""
    looked: dict[int, Sequence[Ruled]] = {}
    for cell in cells:
        ruled = ruled_in(cell.differences)
        if id(ruled) not in looked:
            looked[id(ruled)] = ruled
            yield from (one for one in ruled if one.judged is Judged.NOT_JUDGED)


def not_judged(
    seen: Sequence[View], cells: Sequence[CellJudgement], rules: Rules
) -> tuple[NotJudged, ...]:
    """Return the facts that no rule judged, with all cells' values: differences left open, and
    every measurement and time without an expectation."""
    open_: dict[str, str] = {}
    settled = settled_facts(cells)
    for one in _left_open(cells):
        open_.setdefault(one.fact, one.reason)
    known = {*open_, *settled}
    open_ |= dict(_open_natures(seen, rules_of(rules.expectations), known))
    found = []
    for fact in sorted(open_):
        if fact.rpartition(".")[2] == WRONG_IMAGES:
            continue  # Reported as the number of images that two models classify alike.
        having = [view for view in seen if fact in view.facts]
        found.append(
            NotJudged(
                fact=fact,
                nature=having[0].facts[fact].nature,
                reason=open_[fact],
                values=tuple((view.cell.id, value_in(view.facts, fact)) for view in having),
            )
        )
    return tuple(found)

"""From a run and its records to a judgement: one verdict a cell, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from harness.compare.attempts import of_attempts
from harness.compare.bits import equal_bits
from harness.compare.classified import WRONG_IMAGES
from harness.compare.contradictions import of_contradictions_between
from harness.compare.defects import without_told
from harness.compare.differences import Difference
from harness.compare.findings import of_broken_reference, of_drift
from harness.compare.judgement import (
    CellJudgement,
    Finding,
    Judgement,
    NotJudged,
    as_reference,
)
from harness.compare.rounds import HeldCell, concluded, settled_facts
from harness.compare.ruled import idle, let_pass
from harness.compare.rules import Judged, expectation_for, run_date
from harness.compare.view import View, conclude, hold_against, own_findings, views
from harness.errors import Exit, worst
from harness.model import Attempt, Level, Nature, Record, Rules, Run, Verdict

_BROKEN = (Verdict.FAIL, Verdict.INFRASTRUCTURE)


def judge(
    run: Run,
    records: Sequence[Record],
    *,
    attempts: Sequence[Attempt] = (),
    require_verified: bool = False,
) -> Judgement:
    """Judge every cell of a run by its own copy of the rules, at the date it was started.

    Records may be missing (an interrupted run) and may come in any order. With
    `require_verified` a cell that is `unverified` makes the exit status 5. `attempts` that
    infrastructure ended are said in the notices, and count for nothing. That a run was
    interrupted by a signal is the caller's to know: this says 4 for records that are missing.
    """
    at = run_date(run)
    rules = run.rules
    seen = views(run, records)
    reference, said = _reference(seen, rules)
    alone: dict[str, CellJudgement] = {}
    held: list[HeldCell] = []
    own_of = {view.row: own_findings(view, rules.expectations, at) for view in seen}
    broken = as_reference(own_of[reference.row].findings) if reference else Verdict.PASS
    for view in seen:
        own = own_of[view.row]
        if reference is not None and view is not reference and view.answered:
            if broken in _BROKEN:
                own = own.and_of(of_broken_reference(view.cell, reference.cell, broken))
            else:
                compared, more = hold_against(reference, view, rules.expectations, at)
                drift = of_drift(
                    view.cell, reference.cell, without_told(compared.differences, own.findings)
                )
                beside = of_contradictions_between(
                    reference.cell, reference.told, view.cell, view.told
                )
                own = own.and_of(*beside, *drift, notes=more)
                held.append(HeldCell(reference=reference, view=view, own=own, compared=compared))
                continue
        if view is reference:
            own = own.without_agreement()
        alone[view.row] = conclude(view, own, None)
    judged = {one.row: one for one in concluded(held, rules.expectations, at)}
    cells = [alone.get(view.row) or judged[view.row] for view in seen]
    ordered = ordered_findings(cells)
    counts = Counter(cell.verdict for cell in cells)
    return Judgement(
        run=run,
        reference=reference.cell.id if reference else "",
        cells=tuple(cells),
        findings=ordered,
        not_judged=not_judged(seen, cells, rules),
        let_pass=let_pass(seen, cells, rules, at),
        notices=(
            *run.notices,
            *said,
            *of_attempts(attempts),
            *relaxations(seen),
            *expiries(cells),
            *gone(seen, cells, rules),
            *unjudged(run),
            *idle(seen, rules, whole=not run.unasked),
        ),
        require_verified=require_verified,
        exit=exit_of(cells, require_verified=require_verified),
        equal_bits=equal_bits((view.cell.id, view.facts) for view in seen),
        counts=tuple((one, counts[one]) for one in reversed(Verdict) if counts[one]),
    )


def judge_cell(run: Run, records: Sequence[Record], cell: str) -> CellJudgement:
    """One cell of a run by itself, before there is anything to compare it with: its levels and
    its own findings. Raises ValueError where the run has no such cell."""
    for view in views(run, [record for record in records if record.cell == cell]):
        if view.row == cell:
            return conclude(view, own_findings(view, run.rules.expectations, run_date(run)), None)
    raise ValueError(f"run {run.id} has no cell {cell}")


def reference_of(seen: Sequence[View], rules: Rules) -> View | None:
    """The cell that the others are compared with; None: there is none."""
    return _reference(seen, rules)[0]


def _reference(seen: Sequence[View], rules: Rules) -> tuple[View | None, tuple[str, ...]]:
    """The cell to compare with, and what has to be said about the choice."""
    if not seen:
        return None, ()
    named = next((view for view in seen if view.cell.id == rules.reference), None)
    if named is not None:
        return named, ()
    if len(seen) == 1:
        why = f"its reference {rules.reference} is not in this run"
        return None, (
            (f"{seen[0].cell.id} was compared with nothing: {why}",) if rules.reference else ()
        )
    first = seen[0]
    why = f"{rules.reference} is not in this run" if rules.reference else "the suite names none"
    return first, (f"the reference is {first.cell.id}, the first cell of the run: {why}",)


def ordered_findings(cells: Iterable[CellJudgement]) -> tuple[Finding, ...]:
    """The findings of all cells: worst first, then in the order of cells."""
    every = [finding for cell in cells for finding in cell.findings]
    return tuple(sorted(every, key=lambda one: -one.verdict.severity))


def exit_of(cells: Sequence[CellJudgement], *, require_verified: bool = False) -> Exit:
    """The exit status cells deserve: the worst that holds."""
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


def not_judged(
    seen: Sequence[View], cells: Sequence[CellJudgement], rules: Rules
) -> tuple[NotJudged, ...]:
    """The facts no rule judged, side by side: differences left open, and every measurement and
    time without an expectation."""
    open_: dict[str, str] = {}
    settled = settled_facts(cells)
    for cell in cells:
        for difference in cell.differences:
            if difference.judged is Judged.NOT_JUDGED:
                open_.setdefault(difference.fact, difference.reason)
    for view in seen:
        for fact, merged in view.facts.items():
            if (
                merged.nature not in (Nature.MEASURED, Nature.TIMING)
                or fact in open_
                or fact in settled
            ):
                continue
            rule = expectation_for(rules.expectations, fact, view.row)
            if rule is None or rule.rule == "equivalent":
                open_[fact] = "no rule judges it"
    found = []
    for fact in sorted(open_):
        if fact.rpartition(".")[2] == WRONG_IMAGES:
            continue  # told as how many images two models classify alike
        sides = [(view.cell.id, view.facts[fact]) for view in seen if fact in view.facts]
        found.append(
            NotJudged(
                fact=fact,
                nature=sides[0][1].nature,
                reason=open_[fact],
                values=tuple((cell, merged.value) for cell, merged in sides),
            )
        )
    return tuple(found)


def relaxations(seen: Iterable[View]) -> tuple[str, ...]:
    """A notice for every cell whose containers ran under other limits than the strict ones."""
    return tuple(
        f"{view.cell.id} ran under relaxed limits: {', '.join(relaxed)}"
        for view in seen
        if (relaxed := _relaxed(view))
    )


def _relaxed(view: View) -> tuple[str, ...]:
    profiles = (view.cell.profile, *(one.profile for one in view.answers.values()))
    return tuple(dict.fromkeys(item for profile in profiles for item in profile.relaxations))


def unjudged(run: Run) -> Iterator[str]:
    """A notice for every probe of a stored run that asked for what no version has done yet."""
    for probe in run.probes:
        if any(one.level is Level.L4 for one in probe.evidence):
            why = "L4 rests on what rounds of two cells show"
            yield f"the evidence of {probe.name} for L4 is not judged: {why}"
        if probe.where == "outside":
            yield f"{probe.name} asked to be run outside the container, and was run inside"


def gone(seen: Sequence[View], cells: Sequence[CellJudgement], rules: Rules) -> tuple[str, ...]:
    """A notice for every dated allowance under which nothing differs any more, though what it is
    for was compared: what was allowed for a time went away."""
    told = []
    for rule in dict.fromkeys(rules.expectations):
        if rule.rule != "allowed" or not rule.until:
            continue
        covered, differs = False, False
        for view, cell in zip(seen, cells, strict=True):
            facts = [
                one
                for one in view.facts
                if expectation_for(rules.expectations, one, view.row) == rule
            ]
            covered = covered or (cell.compared and bool(facts))
            apart = {one.fact for one in cell.differences if one.judged is not Judged.SAME}
            differs = differs or any(
                expectation_for(rules.expectations, one, view.row) == rule for one in apart
            )
        if covered and not differs:
            told.append(
                f"nothing differs any more that the rule for `{rule.facts}` allows until "
                f"{rule.until} ({rule.reason}): take it out, and it is drift when it comes back"
            )
    return tuple(told)


def expiries(cells: Iterable[CellJudgement]) -> tuple[str, ...]:
    """A notice for every allowance in use, and every failure that is expected, that ends within two
    weeks of the run."""
    told = tuple(cells)
    ending: dict[tuple[str, str], list[Difference]] = {}
    for cell in told:
        for difference in cell.differences:
            if difference.ends:
                ending.setdefault((difference.ends, difference.reason), []).append(difference)
    allowances = [
        f"an allowance ends on {ends} ({reason}): from then on it is drift. "
        f"It covers {len({one.fact for one in found})} facts, {found[0].fact} among them"
        for (ends, reason), found in sorted(ending.items(), key=lambda one: one[0])
    ]
    failures = [
        f"that {cell.cell.id} fails is expected until {cell.expected.ends} "
        f"({cell.cell.expect.reason}): from then on it is a failure"
        for cell in told
        if cell.expected and cell.expected.ends and cell.cell.expect
    ]
    return (*allowances, *failures)

"""Findings of one cell: what its probes ended in, what its levels lack, what drifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from harness.compare.breakages import EXPLICABLE, UNKNOWN, breakage_of
from harness.compare.causes import cause_of, final_exception, last_line
from harness.compare.differences import Difference
from harness.compare.groups import group
from harness.compare.judgement import Finding
from harness.compare.levels import Ladder, Standing
from harness.compare.outcomes import SIGNALS, TELLING
from harness.compare.rules import Judged
from harness.compare.shown import difference_line, shown
from harness.model import Cell, Outcome, Probe, Record, Run, Verdict

_TOLD = 6
"""Facts a finding quotes; the report lists the others beside it."""
_VERDICT = {
    Standing.FAILED: Verdict.FAIL,
    Standing.UNVERIFIED: Verdict.UNVERIFIED,
    Standing.INFRASTRUCTURE: Verdict.INFRASTRUCTURE,
}


def of_outcomes(
    cell: Cell, probes: Mapping[str, Probe], records: Iterable[Record]
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Findings for how probes ended, the same end told once; and notes for what ended so in a
    probe that only shows levels above the one the cell should reach."""
    alike: dict[tuple[Outcome, str], list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda one: (one.probe, one.round)):
        if TELLING[record.outcome].verdict not in (None, Verdict.PASS):
            alike[(record.outcome, _said(record))].append(record)
    findings, notes = [], []
    for (_, said), same in sorted(alike.items()):
        judged = [one for one in same if not _above(cell, probes.get(one.probe), one.outcome)]
        if judged:
            findings.append(_outcome_finding(cell, said, judged))
        else:
            names = ", ".join(dict.fromkeys(one.probe for one in same))
            notes.append(f"{names}, above the level {cell.level} it should reach: {said}")
    return tuple(findings), tuple(notes)


def _said(record: Record) -> str:
    """What two records must share to be told as one."""
    if record.outcome is Outcome.RAISED and record.raised is not None:
        return cause_of(record.raised).headline
    telling = TELLING[record.outcome]
    told = telling.told if telling.of_cell else f"{record.probe} {telling.told}"
    reason = record.reason.strip()
    return f"{told}: {reason}" if reason else told


def _above(cell: Cell, probe: Probe | None, outcome: Outcome) -> bool:
    """Whether a probe ended so by itself and only shows levels that are not asked of the cell."""
    if TELLING[outcome].of_cell:
        return False
    levels = [evidence.level.rank for evidence in probe.evidence] if probe else []
    return bool(levels) and min(levels) > cell.level.rank


def _outcome_finding(cell: Cell, said: str, records: Sequence[Record]) -> Finding:
    first = records[0]
    telling = TELLING[first.outcome]
    names = list(dict.fromkeys(record.probe for record in records))
    rounds = sorted({record.round for record in records})
    where = "in round " if len(rounds) == 1 else "in rounds "
    asked = f"{', '.join(names)}, {where}{', '.join(map(str, rounds))}: {first.outcome}"
    if telling.of_cell:
        asked = f"{len(records)} of its records end in {first.outcome}"
    evidence, meaning, remedy = [asked], telling.meaning, telling.remedy
    if first.outcome is Outcome.CRASHED:
        told = (SIGNALS[one] for one in SIGNALS if one in first.reason)
        meaning, remedy = next(told, (meaning, remedy))
    if first.raised is not None:
        cause = cause_of(first.raised)
        meaning, remedy = cause.meaning or meaning, cause.remedy or remedy
        lines = dict.fromkeys((cause.line, final_exception(first.raised)))
        evidence += [line for line in lines if line != said]
    if first.noise.strip() and first.outcome is not Outcome.RAISED:
        evidence.append(f"it printed last: {last_line(first.noise)}")
    if first.outcome in EXPLICABLE:
        known = breakage_of(first)
        evidence.append(known.told if known else UNKNOWN)
        meaning, remedy = (known.cause, known.remedy) if known else (meaning, remedy)
    return Finding(
        verdict=telling.verdict or Verdict.UNVERIFIED,
        cell=cell.id,
        title=said,
        evidence=tuple(evidence),
        cause=meaning,
        remedy=remedy,
        probe=", ".join(names),
    )


def of_missing(cell: Cell, run: Run, planned: int, missing: Sequence[str]) -> tuple[Finding, ...]:
    """The finding for planned records that are not there; `missing` names their probes."""
    if not missing:
        return ()
    names = ", ".join(dict.fromkeys(missing))
    return (
        Finding(
            verdict=Verdict.INFRASTRUCTURE,
            cell=cell.id,
            title=f"{len(missing)} of {planned} planned were not run",
            evidence=(names,),
            cause=f"the run is {run.state}" if run.state != "complete" else "",
            remedy="run it again; records of earlier runs are kept",
            probe=names,
        ),
    )


def of_levels(cell: Cell, ladder: Ladder) -> tuple[Finding, ...]:
    """Findings for the levels the cell should reach and does not, where an answer (or the lack
    of any question) is the reason. Above a gap only contradictions count, and not where the gap
    is there because this host cannot tell."""
    findings = []
    unverifiable = False
    for mark in ladder.marks:
        wanted = mark.level.rank <= cell.level.rank
        blocked = mark.standing is Standing.BLOCKED
        told = not blocked or (mark.own is Standing.FAILED and not unverifiable)
        if mark.standing in (Standing.UNVERIFIED, Standing.INFRASTRUCTURE):
            unverifiable = True
        if not wanted or not told or mark.by_outcome or mark.own is Standing.REACHED:
            continue
        how = "is not reached" if mark.own is Standing.FAILED else "cannot be told"
        findings.append(
            Finding(
                verdict=_VERDICT[mark.own],
                cell=cell.id,
                title=f"{mark.level} ({mark.level.meaning}) {how}: {mark.why}",
                remedy=mark.remedy,
            )
        )
    return tuple(findings)


def of_drift(cell: Cell, reference: Cell, differences: Iterable[Difference]) -> tuple[Finding, ...]:
    """One finding for each group of facts that drift from the reference for the same reason."""
    findings = []
    for found in group(differences, (reference, cell)):
        reasons: dict[str, list[Difference]] = defaultdict(list)
        for difference in found.differences:
            if difference.judged is Judged.DRIFT:
                reasons[difference.reason].append(difference)
        for reason, drifting in reasons.items():
            findings.append(
                Finding(
                    verdict=Verdict.DRIFT,
                    cell=cell.id,
                    title=_drift_title(found.name, drifting, reference.id),
                    evidence=_listed(drifting),
                    cause=reason or "no expectation allows it",
                    remedy="pin what should not move; what is meant to differ needs an `allowed` "
                    "expectation with a reason in matrix.yaml",
                )
            )
    return tuple(findings)


def _drift_title(name: str, drifting: Sequence[Difference], reference: str) -> str:
    if len(drifting) == 1:
        return f"{drifting[0].fact} differs from {reference}"
    what = name if name == "packages" else f"facts about {name}"
    return f"{len(drifting)} {what} differ from {reference}"


def _listed(differences: Sequence[Difference]) -> tuple[str, ...]:
    lines = [difference_line(one) for one in differences[:_TOLD]]
    rest = len(differences) - _TOLD
    return (*lines, f"and {rest} more") if rest > 0 else tuple(lines)


def of_variation(cell: Cell, variations: Sequence[Difference]) -> tuple[Finding, ...]:
    """One finding for the facts on which a cell's own rounds do not agree."""
    if not variations:
        return ()
    count = (
        f"{variations[0].fact} varies" if len(variations) == 1 else f"{len(variations)} facts vary"
    )
    lines = [
        f"{one.fact}: {shown(one.reference, one.nature)} in one round, "
        f"{shown(one.candidate, one.nature)} in another"
        for one in variations[:_TOLD]
    ]
    rest = len(variations) - _TOLD
    return (
        Finding(
            verdict=Verdict.DRIFT,
            cell=cell.id,
            title=f"{count} from round to round",
            evidence=(*lines, f"and {rest} more") if rest > 0 else tuple(lines),
            cause="the same image answers differently, though the fact should not move",
            remedy="run more rounds; if it is meant to vary, give it an `ignore` expectation",
        ),
    )


def of_broken_reference(cell: Cell, reference: Cell, verdict: Verdict) -> Finding:
    """The finding for a cell that cannot be compared because its reference is broken."""
    return Finding(
        verdict=Verdict.UNVERIFIED,
        cell=cell.id,
        title=f"not compared: the reference {reference.id} itself ends in {verdict}",
        remedy="mend the reference first, or name another under `reference:` in matrix.yaml",
    )

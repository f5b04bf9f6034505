"""Findings of one cell: what its probes ended in, what its levels lack, what drifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.compare.breakages import EXPLICABLE, UNKNOWN, Known, breakage_of
from harness.compare.causes import cause_of, final_exception, last_line
from harness.compare.differences import Difference
from harness.compare.files import of_other_bytes, without_files
from harness.compare.groups import group
from harness.compare.images import distinct
from harness.compare.judgement import Finding, Note, finding
from harness.compare.kinds import FindingKind, kind_of
from harness.compare.levels import Ladder, LevelStanding
from harness.compare.rules import Judged
from harness.compare.shown import difference_line, shown
from harness.model import Cell, Outcome, Probe, Record, Run, Verdict
from harness.outcomes import SIGNALS, TELLING, Unanswered, unanswered

_TOLD = 6
"""Facts a finding quotes; the report lists the others beside it."""


def of_outcomes(
    cell: Cell, probes: Mapping[str, Probe], records: Iterable[Record]
) -> tuple[tuple[Finding, ...], tuple[Note, ...]]:
    """Findings for how probes ended, the same end told once; and notes for what ended so in a
    probe that only shows levels above the one the cell should reach."""
    alike: dict[tuple[Outcome, str], list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda one: (one.probe, one.round)):
        if how := unanswered(record):
            alike[(record.outcome, _said(record, how))].append(record)
    findings, notes = [], []
    for (_, said), same in sorted(alike.items()):
        judged = [one for one in same if not _above(cell, probes.get(one.probe), one.outcome)]
        if judged:
            findings.append(_outcome_finding(cell, said, judged))
        else:
            names = tuple(dict.fromkeys(one.probe for one in same))
            text = f"{', '.join(names)}, above the level {cell.level} it should reach: {said}"
            notes.append(Note(text=text, probes=names))
    return tuple(findings), tuple(notes)


def _said(record: Record, how: Unanswered) -> str:
    """What two records must share to be told as one."""
    if record.outcome is Outcome.RAISED and record.raised is not None:
        return cause_of(record.raised).headline
    reason = record.reason.strip()
    return f"{how.told}: {reason}" if reason else how.told


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
    made = finding(kind_of(first.outcome), cell.id, {"said": said}, probes=names)
    evidence, meaning, remedy = [asked], made.cause, made.remedy
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
    known = breakage_of(first)
    if known is not None:
        evidence.append(known.told)
        meaning, remedy = known.cause, known.remedy
    elif first.outcome in EXPLICABLE:
        evidence.append(UNKNOWN)
    return replace(
        made,
        evidence=tuple(evidence),
        cause=meaning,
        remedy=remedy,
        of_cell=telling.of_cell,
        breakage=_shared_breakage(known, records[1:]),
    )


def _shared_breakage(known: Known | None, others: Iterable[Record]) -> str:
    """The id of the breakage, where all the others show it too."""
    if known is None or any(breakage_of(one) != known for one in others):
        return ""
    return known.id


def of_missing(cell: Cell, run: Run, planned: int, missing: Sequence[str]) -> tuple[Finding, ...]:
    """The finding for planned records that are not there; `missing` names their probes."""
    if not missing:
        return ()
    names = tuple(dict.fromkeys(missing))
    words = {
        "missing": len(missing),
        "planned": planned,
        "state": f"the run is {run.state}" if run.state != "complete" else "",
    }
    listed = (", ".join(names),)
    return (finding(FindingKind.NOT_RUN, cell.id, words, evidence=listed, probes=names),)


def of_levels(cell: Cell, ladder: Ladder) -> tuple[Finding, ...]:
    """Findings for the levels the cell should reach and does not, where an answer (or the lack
    of any question) is the reason. Above a gap only contradictions count, and not where the gap
    is there because this host cannot tell."""
    findings = []
    unverifiable = False
    for mark in ladder.marks:
        wanted = mark.level.rank <= cell.level.rank
        blocked = mark.standing is LevelStanding.BLOCKED
        told = not blocked or (mark.own is LevelStanding.FAILED and not unverifiable)
        if mark.standing in (LevelStanding.UNVERIFIED, LevelStanding.INFRASTRUCTURE):
            unverifiable = True
        if not wanted or not told or mark.by_outcome or mark.own is LevelStanding.REACHED:
            continue
        kind = FindingKind.LEVEL_UNTOLD
        if mark.own is LevelStanding.FAILED:
            kind = FindingKind.LEVEL_MISSED
        words = {
            "level": mark.level,
            "meaning": mark.level.meaning,
            "why": mark.why,
            "remedy": mark.remedy,
        }
        findings.append(finding(kind, cell.id, words, level=mark.level))
    return tuple(findings)


def of_drift(cell: Cell, reference: Cell, differences: Iterable[Difference]) -> tuple[Finding, ...]:
    """One finding for each group of facts that drift from the reference for the same reason."""
    every = tuple(differences)
    findings = [*of_other_bytes(cell, reference, every)]
    for found in group(without_files(every), (reference, cell)):
        reasons: dict[str, list[Difference]] = defaultdict(list)
        for difference in found.differences:
            if difference.judged is Judged.DRIFT:
                reasons[difference.reason].append(difference)
        for reason, drifting in reasons.items():
            words = {
                "what": _what_differs(found.name, drifting),
                "reference": reference.id,
                "reason": reason or "no expectation allows it",
            }
            lines = _listed(drifting)
            findings.append(finding(FindingKind.DIFFERS, cell.id, words, evidence=lines))
    return tuple(findings)


def _what_differs(name: str, drifting: Sequence[Difference]) -> str:
    if len(drifting) == 1:
        return f"{drifting[0].fact} differs"
    what = name if name == "packages" else f"facts about {name}"
    return f"{len(drifting)} {what} differ"


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
        + ("missing in another" if one.absent else f"{shown(one.candidate, one.nature)} in another")
        for one in variations[:_TOLD]
    ]
    rest = len(variations) - _TOLD
    if rest > 0:
        lines.append(f"and {rest} more")
    return (finding(FindingKind.ROUNDS_DIFFER, cell.id, {"what": count}, evidence=lines),)


def of_images(cell: Cell, records: Iterable[Record]) -> tuple[Finding, ...]:
    """The finding for a cell whose records come from more than one image."""
    asked = [one for one in records if one.image is not None]
    images = distinct(cell, (one.image for one in asked))
    if len(images) < 2:
        return ()
    words = {"count": len(images)}
    listed = (image.id for image in images)
    names = sorted({one.probe for one in asked})
    return (finding(FindingKind.IMAGES_DIFFER, cell.id, words, evidence=listed, probes=names),)


def of_broken_reference(cell: Cell, reference: Cell, verdict: Verdict) -> Finding:
    """The finding for a cell that cannot be compared because its reference is broken."""
    words = {"reference": reference.id, "verdict": verdict}
    return finding(FindingKind.REFERENCE_BROKEN, cell.id, words)

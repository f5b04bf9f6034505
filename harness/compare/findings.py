"""Findings about one cell: how its probes ended, which levels it lacks, what drifts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from harness.compare.breakages import EXPLICABLE, UNKNOWN, Known, breakage_of
from harness.compare.causes import (
    MadeFrom,
    cause_of,
    final_exception,
    last_line,
    made_from,
    probe_line,
)
from harness.compare.differences import Difference
from harness.compare.files import of_other_bytes, without_files
from harness.compare.groups import group, in_short, is_hash
from harness.compare.images import distinct
from harness.compare.imports import hidden_module
from harness.compare.installing import to_be_as
from harness.compare.judgement import Finding, Note, finding
from harness.compare.kinds import FindingKind, kind_of
from harness.compare.levels import Ladder, LevelStanding
from harness.compare.rules import MUST_BE_EQUAL, Judged
from harness.compare.shown import difference_line, named, shown
from harness.model import Cell, Outcome, Probe, Record, Run, Verdict
from harness.outcomes import NOT_BEGUN, SIGNALS, TELLING, told, unanswered

_NAMED = 2
"""How many facts a headline names."""
_WORD = 60
"""How many characters of a value a headline shows."""
_LINES = 8
"""How many of the last lines of a reason a finding quotes; the build log has all of them."""
_TOLD = 6
"""How many facts a finding quotes; the report lists the others beside it."""


def of_outcomes(
    cell: Cell, probes: Mapping[str, Probe], records: Iterable[Record]
) -> tuple[tuple[Finding, ...], tuple[Note, ...]]:
    """Return findings about how probes ended, one for each distinct reason, and notes about probes
    that ended so but only show levels above the one the cell should reach."""
    alike: dict[tuple[Outcome, bool, str], list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda one: (one.probe, one.round)):
        if unanswered(record):
            why = _why(cell, record)
            alike[(record.outcome, record.begun is False, why)].append(record)
    findings, notes = [], []
    for (_, _, why), same in sorted(alike.items(), key=lambda one: one[0]):
        judged = [one for one in same if not _above(cell, probes.get(one.probe), one)]
        if judged:
            findings.append(_outcome_finding(cell, why, judged))
        else:
            names = _names(same)
            said = _said(why, same)
            text = f"{', '.join(names)}, above the level {cell.level} it should reach: {said}"
            notes.append(Note(text=text, probes=names))
    return tuple(findings), tuple(notes)


def _why(cell: Cell, record: Record) -> str:
    """Return what two records must share, besides their outcome, to be reported as one."""
    if record.outcome is Outcome.RAISED and record.raised is not None:
        hidden = hidden_module(cell, record)
        return hidden.headline if hidden else cause_of(record.raised).headline
    return record.reason.strip()


def _said(why: str, records: Sequence[Record]) -> str:
    """Return the headline of records that ended alike."""
    first = records[0]
    if first.outcome is Outcome.RAISED and first.raised is not None:
        return why
    said = told(_names(records), first)
    return f"{said}: {why.splitlines()[0]}" if why else said


def _further(why: str) -> list[str]:
    """Return the further lines of a reason after its first: the step that failed, and the last
    output."""
    return [line.strip() for line in why.splitlines()[1:] if line.strip()][-_LINES:]


def _names(records: Sequence[Record]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.probe for one in records))


def _above(cell: Cell, probe: Probe | None, record: Record) -> bool:
    """Tell whether a probe failed on its own and only shows levels that the cell does not have to
    reach."""
    if TELLING[record.outcome].of_cell or record.begun is False:
        return False
    levels = [evidence.level.rank for evidence in probe.evidence] if probe else []
    return bool(levels) and min(levels) > cell.level.rank


def _outcome_finding(cell: Cell, why: str, records: Sequence[Record]) -> Finding:
    first = records[0]
    names = _names(records)
    of_cell = TELLING[first.outcome].of_cell or first.begun is False
    known, shows = breakage_of(first), ""
    breakage = _shared_breakage(known, records[1:])
    made = finding(
        kind_of(first.outcome),
        cell,
        {"said": _said(why, records)},
        probes=names,
        subject=(breakage,) if breakage else _about(first, names),
    )
    meaning, remedy = made.cause, made.remedy
    evidence = [_asked(records, of_cell=of_cell)]
    if first.raised is None:
        evidence += _further(why)
    if first.outcome is Outcome.CRASHED:
        meaning, remedy = SIGNALS.get(first.signal or "", (meaning, remedy))
    elif first.begun is False and not TELLING[first.outcome].of_cell:
        of_host = made_from(cell) is MadeFrom.HOST
        meaning, remedy = NOT_BEGUN[0], NOT_BEGUN[2 if of_host else 1]
    if first.raised is not None:
        cause = cause_of(first.raised, made_from(cell))
        meaning, remedy = cause.meaning or meaning, cause.remedy or remedy
        lines = dict.fromkeys((cause.line, final_exception(first.raised)))
        evidence += [line for line in lines if line != made.title]
        evidence += [f"in {line}" for line in _probe_lines(records)]
    if first.noise.strip() and first.outcome is not Outcome.RAISED:
        evidence.append(f"it printed last: {last_line(first.noise)}")
    if hidden := hidden_module(cell, first):
        meaning, remedy, shows = hidden.meaning, hidden.remedy, hidden.shows
    elif known is not None:
        evidence.append(known.told)
        meaning, remedy = known.cause, known.remedy
    elif first.outcome in EXPLICABLE:
        evidence.append(UNKNOWN)
    return replace(
        made,
        evidence=tuple(evidence),
        cause=meaning,
        remedy=remedy,
        of_cell=of_cell,
        breakage=breakage,
        shows=shows,
        traceback=first.raised.traceback if first.raised else "",
    )


def _about(record: Record, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what records that ended alike are about: what is missing, where that is known,
    otherwise the exception and the probes it ended."""
    if record.raised is None:
        return names
    what = cause_of(record.raised).what
    return (what,) if what else (record.raised.type, *names)


def _asked(records: Sequence[Record], *, of_cell: bool) -> str:
    """Return the line that says which probes and rounds the records belong to."""
    first = records[0]
    if of_cell:
        return f"{len(records)} of its records end in {first.outcome}"
    rounds = sorted({record.round for record in records})
    where = "in round " if len(rounds) == 1 else "in rounds "
    return f"{', '.join(_names(records))}, {where}{', '.join(map(str, rounds))}: {first.outcome}"


def _probe_lines(records: Iterable[Record]) -> tuple[str, ...]:
    """Return, for each probe, the line of its file at which it raised."""
    lines = (probe_line(one.raised, one.probe) for one in records if one.raised is not None)
    return tuple(dict.fromkeys(line for line in lines if line))


def _shared_breakage(known: Known | None, others: Iterable[Record]) -> str:
    """Return the id of the breakage if all the other records show it too; otherwise an empty
    text."""
    if known is None or any(breakage_of(one) != known for one in others):
        return ""
    return known.id


def of_missing(cell: Cell, run: Run, planned: int, missing: Sequence[str]) -> tuple[Finding, ...]:
    """Return the finding for planned records that are missing; `missing` names their probes."""
    if not missing:
        return ()
    lost = next((one for one in run.merged or () if not one.run and cell.id in one.cells), None)
    if lost is not None:
        shard = {"number": lost.number, "count": max(one.number for one in run.merged or ())}
        return (finding(FindingKind.SHARD_MISSING, cell, shard, subject=(f"shard {lost.number}",)),)
    names = tuple(dict.fromkeys(missing))
    words = {
        "missing": len(missing),
        "planned": planned,
        "state": f"the run is {run.state}" if run.state != "complete" else "",
    }
    listed = (", ".join(names),)
    return (finding(FindingKind.NOT_RUN, cell, words, evidence=listed, probes=names),)


def of_levels(cell: Cell, ladder: Ladder) -> tuple[Finding, ...]:
    """Return findings for the levels the cell should reach and does not, where an answer, or the
    absence of any question, is the reason.

    Above a missed level only contradictions count, and not even those where this host cannot verify
    that level.
    """
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
        findings.append(finding(kind, cell, words, level=mark.level))
    return tuple(findings)


def of_drift(cell: Cell, reference: Cell, differences: Iterable[Difference]) -> tuple[Finding, ...]:
    """Return one finding for each group of facts that drift from the reference for the same
    reason."""
    every = tuple(differences)
    findings = [*of_other_bytes(cell, reference, every)]
    drifts = tuple(one for one in without_files(every) if one.judged is Judged.DRIFT)
    for found in group(in_short(drifts), (reference, cell)) if drifts else ():
        reasons: dict[str, list[Difference]] = defaultdict(list)
        for difference in found.differences:
            reasons[difference.reason].append(difference)
        for reason, drifting in reasons.items():
            words = {
                "what": _what_differs(found.name, drifting, reference),
                "reference": reference.id,
                "reason": "" if reason == MUST_BE_EQUAL else reason,
                "as_reference": to_be_as(cell, reference, drifting),
            }
            lines = _listed(drifting)
            about = (one.fact for one in drifting)
            findings.append(
                finding(FindingKind.DIFFERS, cell, words, evidence=lines, subject=about)
            )
    return tuple(findings)


def _what_differs(name: str, drifting: Sequence[Difference], reference: Cell) -> str:
    """Name what differs: the most important facts, and how many more there are."""
    first = " and ".join(_in_a_word(one) for one in drifting[:_NAMED])
    more = len(drifting) - _NAMED
    of_packages = name == "packages"
    if more > 0:
        one, many = ("package", "packages") if of_packages else ("fact", "facts")
        about = "" if of_packages else f" about {name}"
        first = f"{first}, and {more} more {many if more > 1 else one}{about},"
    return f"{first} differ{'s' if len(drifting) == 1 else ''} from {reference.id}"


def _in_a_word(difference: Difference) -> str:
    name = named(difference.fact)
    if difference.absent == "candidate":
        return f"{name} (missing)"
    if isinstance(difference.candidate, tuple) or is_hash(difference.candidate):
        return name
    return f"{name} {shown(difference.candidate, difference.nature)[:_WORD]}"


def _listed(differences: Sequence[Difference]) -> tuple[str, ...]:
    lines = [difference_line(one) for one in differences[:_TOLD]]
    rest = len(differences) - _TOLD
    return (*lines, f"and {rest} more") if rest > 0 else tuple(lines)


def of_variation(cell: Cell, variations: Sequence[Difference]) -> tuple[Finding, ...]:
    """Return one finding for the facts on which a cell's own rounds disagree."""
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
    about = (one.fact for one in variations)
    words = {"what": count}
    return (finding(FindingKind.ROUNDS_DIFFER, cell, words, evidence=lines, subject=about),)


def of_images(cell: Cell, records: Iterable[Record]) -> tuple[Finding, ...]:
    """Return the finding for a cell whose records come from more than one image."""
    asked = [one for one in records if one.image is not None]
    images = distinct(cell, (one.image for one in asked))
    if len(images) < 2:
        return ()
    words = {"count": len(images)}
    listed = (image.id for image in images)
    names = sorted({one.probe for one in asked})
    return (finding(FindingKind.IMAGES_DIFFER, cell, words, evidence=listed, probes=names),)


def of_broken_reference(cell: Cell, reference: Cell, verdict: Verdict) -> Finding:
    """Return the finding for a cell that cannot be compared because its reference is broken."""
    words = {"reference": reference.id, "verdict": verdict}
    return finding(FindingKind.REFERENCE_BROKEN, cell, words)

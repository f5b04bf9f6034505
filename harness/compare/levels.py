"""The ladder of one cell: which levels its records show, and what each rests on.

A level is shown by evidence, which probes declare in their metadata. In every round, each kind of
evidence must be given by at least one probe, and no answer may contradict it or the cell's claims
about Python and CUDA. A level needs the one before it: what is shown above a missed level is
reported but does not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from harness.compare.claims import contradictions
from harness.compare.evidence import Shown, level_of, says_of, show
from harness.model import (
    ASKED,
    Cell,
    Evidence,
    EvidenceKind,
    Level,
    Outcome,
    Probe,
    Record,
    Run,
    Verdict,
)
from harness.outcomes import unanswered
from harness.probing.probe import applies

Answers = Mapping[tuple[int, str], Record]
"""The records of one cell by (round, probe)."""


class LevelStanding(StrEnum):
    """Where a cell stands on one level."""

    REACHED = "reached"
    FAILED = "failed"
    UNVERIFIED = "unverified"
    INFRASTRUCTURE = "infrastructure"
    BLOCKED = "blocked"
    """A level before it is not reached."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Basis:
    """What a level rests on: a method, and the probes whose answers it was used on."""

    method: str
    probes: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """Both, as text for a person."""
        return f"{self.method} ({', '.join(self.probes)})" if self.probes else self.method


@lru_cache(maxsize=4096)
def _basis(method: str, probes: tuple[str, ...]) -> Basis:
    """Return the basis with this content: one object for many cells."""
    return Basis(method=method, probes=probes)


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelMark:
    """One level of one cell. `own` is the result of its own evidence, whether or not a lower level
    blocks it."""

    level: Level
    standing: LevelStanding
    own: LevelStanding
    why: str
    rests_on: tuple[Basis, ...] = ()
    remedy: str = ""
    by_outcome: bool = False
    """The reason is a probe that did not answer, which has a finding of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """The marks L0 to L3 (and L4 where the cell wants it or was compared), and the highest level
    reached."""

    marks: tuple[LevelMark, ...]
    reached: Level


_STANDING = {
    Verdict.PASS: LevelStanding.REACHED,
    Verdict.FAIL: LevelStanding.FAILED,
    Verdict.UNVERIFIED: LevelStanding.UNVERIFIED,
    Verdict.INFRASTRUCTURE: LevelStanding.INFRASTRUCTURE,
}


def climb(run: Run, cell: Cell, planned: frozenset[str], answers: Answers) -> Ladder:
    """Return the ladder of `cell` from the existing records; `planned` names its probes.

    A planned record that is missing shows nothing and counts as infrastructure.
    """
    own = [_obtained(planned, answers)]
    own += [_shown(run, cell, planned, answers, one) for one in (Level.L1, Level.L2, Level.L3)]
    if cell.level is Level.L4:
        why = "it was compared with no reference"
        own.append(_mark(Level.L4, Shown(verdict=Verdict.UNVERIFIED, why=why)))
    marks: list[LevelMark] = []
    reached, gap = Level.NONE, False
    for mark in own:
        marks.append(replace(mark, standing=LevelStanding.BLOCKED) if gap else mark)
        gap = gap or mark.own is not LevelStanding.REACHED
        reached = reached if gap else mark.level
    return Ladder(marks=tuple(marks), reached=reached)


def _obtained(planned: frozenset[str], answers: Answers) -> LevelMark:
    records = answers.values()
    ran = [one for one in records if one.image is not None or one.outcome in ASKED]
    if ran:
        return _mark(Level.L0, _image(ran))
    if not planned:
        return _mark(Level.L0, Shown(verdict=Verdict.UNVERIFIED, why="no probe was planned"))
    if not answers:
        why = "none of its probes was run"
        shown = Shown(verdict=Verdict.INFRASTRUCTURE, why=why, by_outcome=True)
        return _mark(Level.L0, shown)
    told = [_silent(one) for one in records if one.outcome is not Outcome.NOT_APPLICABLE]
    nothing = Shown(verdict=Verdict.UNVERIFIED, why="no probe applies to it")
    return _mark(Level.L0, _worst(told or [nothing]))


def _image(ran: list[Record]) -> Shown:
    images = sorted({(one.image.origin, one.image.id) for one in ran if one.image is not None})
    how = ", ".join(sorted({origin for origin, _ in images if origin}))
    return Shown(
        verdict=Verdict.PASS,
        why=", ".join(f"{origin} {name[:19]}".strip() for origin, name in images)
        or "a probe was started in it",
        rests_on=f"the image's id ({how})"
        if how
        else ("the image's id" if images else "a probe started in it"),
    )


def _shown(
    run: Run, cell: Cell, planned: frozenset[str], answers: Answers, level: Level
) -> LevelMark:
    kept: list[Shown] = []
    methods: dict[str, dict[str, None]] = defaultdict(dict)
    for number in range(1, run.rounds_of(cell.id) + 1):
        kinds: dict[str, list[Shown]] = defaultdict(list)
        for probe, evidence in _asked(run, cell, planned, level):
            record = answers.get((number, probe.name))
            if record is None or record.outcome is not Outcome.NOT_APPLICABLE:
                shown = _statement(run, cell, probe, evidence, record)
                kinds[evidence.kind].append(shown)
                if shown.verdict is Verdict.PASS:
                    methods[shown.rests_on][probe.name] = None
        kept += [_one_kind(statements) for statements in kinds.values()]
        if level is Level.L1:
            of_round = (one for (round_, _), one in answers.items() if round_ == number)
            kept += contradictions(cell, of_round)
        if level is Level.L2 and cell.gpu and "devices" not in kinds:
            why = "the cell asks for a GPU, but no probe lists the devices"
            kept.append(Shown(verdict=Verdict.UNVERIFIED, why=why))
    if not kept:
        kept.append(_unshown(run, cell, level))
    rests_on = tuple(_basis(one, tuple(names)) for one, names in methods.items())
    return _mark(level, _together(kept) if level is Level.L1 else _worst(kept), rests_on)


def _asked(
    run: Run, cell: Cell, planned: frozenset[str], level: Level
) -> tuple[tuple[Probe, Evidence], ...]:
    """Return the evidence for a level that a cell's probes give."""
    key = (id(run.probes), id(run.rules), planned, bool(cell.gpu), level)
    kept = _ASKED.get(key)
    if kept is None:
        found = tuple(
            (probe, evidence)
            for probe in run.probes
            if probe.name in planned
            for evidence in probe.evidence
            if level_of(run, evidence) is level and says_of(evidence, cell)
        )
        if len(_ASKED) >= _MOST:
            _ASKED.clear()
        kept = _ASKED[key] = run, found
    return kept[1]


_MOST = 1024
_ASKED: dict[
    tuple[int, int, frozenset[str], bool, Level], tuple[Run, tuple[tuple[Probe, Evidence], ...]]
] = {}
"""Keyed by the identity of a run's probes and rules, which the entry keeps alive."""


def _unshown(run: Run, cell: Cell, level: Level) -> Shown:
    """Say why nothing was asked that shows a level, and what would have to be asked."""

    def showing(probes: Iterable[Probe]) -> list[str]:
        return [
            probe.name
            for probe in probes
            if applies(probe, cell)
            and any(level_of(run, one) is level and says_of(one, cell) for one in probe.evidence)
        ]

    if names := showing(run.unasked or ()):
        asked = " ".join(f"--probe {name}" for name in names)
        why = f"no probe that shows it was run; {' and '.join(names)} can show it"
        remedy = f"add {asked}, or leave out --probe to run every probe"
        return Shown(verdict=Verdict.UNVERIFIED, why=why, remedy=remedy)
    claimed = sorted(
        {
            name
            for probe in (*run.probes, *(run.unasked or ()))
            if any(level_of(run, one) is level for one in probe.evidence)
            for name in probe.frameworks
        }
    )
    if claimed and not cell.framework:
        why = "no probe that shows it was run: the cell claims no framework"
        remedy = f"claim one in the cell's row (`framework:`): {', '.join(claimed)}"
        return Shown(verdict=Verdict.UNVERIFIED, why=why, remedy=remedy)
    remedy = (
        "leave out --probe to run every probe"
        if run.unasked is None
        else ("add a probe that shows it to `probes:` in matrix.yaml, or write one")
    )
    why = "no probe that shows it was run"
    return Shown(verdict=Verdict.UNVERIFIED, why=why, remedy=remedy)


def _statement(
    run: Run, cell: Cell, probe: Probe, evidence: Evidence, record: Record | None
) -> Shown:
    if record is None:
        why = f"{probe.name} was not run"
        return Shown(verdict=Verdict.INFRASTRUCTURE, why=why, by_outcome=True)
    if record.outcome is not Outcome.OK:
        return _silent(record)
    if evidence.kind not in _BY_VALUE:
        return show(run, cell, probe, evidence, record)
    value = repr(record.facts[evidence.fact]) if evidence.fact in record.facts else ""
    key = (id(evidence), id(probe), id(run.host), cell.framework, bool(cell.gpu), value)
    kept = _SHOWN.get(key)
    if kept is None:
        if len(_SHOWN) >= _MOST:
            _SHOWN.clear()
        found = show(run, cell, probe, evidence, record)
        kept = _SHOWN[key] = (run, probe, found)
    return kept[2]


_BY_VALUE = (EvidenceKind.CLAIMED, EvidenceKind.LOADED, EvidenceKind.DEVICES, EvidenceKind.FINISHED)
"""The kinds of evidence whose result follows from the fact, the cell's claims, and the host."""
_SHOWN: dict[tuple[object, ...], tuple[Run, Probe, Shown]] = {}
"""By the identity of evidence, probe and host, which the entry keeps alive, and by what else the
result follows from."""


def _one_kind(statements: list[Shown]) -> Shown:
    """Return a contradiction if there is one, otherwise evidence that shows the level, otherwise
    the worst of the rest."""
    if len(statements) == 1:
        return statements[0]
    return next(
        (one for one in statements if one.verdict is Verdict.FAIL and not one.by_outcome),
        next((one for one in statements if one.verdict is Verdict.PASS), _worst(statements)),
    )


def _silent(record: Record) -> Shown:
    how = unanswered(record)
    assert how is not None, "an answer speaks for itself"
    return Shown(verdict=how.verdict, why=how.told, by_outcome=True)


def _worst(shown: list[Shown]) -> Shown:
    """Return the worst verdict. Among equally bad ones, an actual answer comes first, then the
    order of the texts decides."""
    if len(shown) == 1:
        return shown[0]
    return min(shown, key=lambda one: (-one.verdict.severity, one.by_outcome, one.why))


def _together(shown: list[Shown]) -> Shown:
    """Return the worst; where several answers contradict several claims, join them all."""
    worst = _worst(shown)
    if worst.verdict is not Verdict.FAIL or worst.by_outcome:
        return worst
    failed = [one for one in shown if one.verdict is Verdict.FAIL and not one.by_outcome]
    return replace(
        worst,
        why="; ".join(dict.fromkeys(one.why for one in failed)),
        remedy="; ".join(dict.fromkeys(one.remedy for one in failed if one.remedy)),
    )


@lru_cache(maxsize=16_384)
def _mark(level: Level, shown: Shown, rests_on: tuple[Basis, ...] = ()) -> LevelMark:
    standing = _STANDING[shown.verdict]
    reached = standing is LevelStanding.REACHED
    return LevelMark(
        level=level,
        standing=standing,
        own=standing,
        why=shown.why,
        rests_on=(rests_on or (Basis(method=shown.rests_on),)) if reached else (),
        remedy=shown.remedy,
        by_outcome=shown.by_outcome,
    )

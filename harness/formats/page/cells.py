"""One cell as the page shows it: its levels, its grouped differences, what was not verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.compare.apart import KeptByRulings
from harness.compare.differences import Difference
from harness.compare.groups import FactGroup, group, in_short, is_hash
from harness.compare.judgement import CellJudgement, Finding
from harness.compare.levels import LevelStanding
from harness.compare.rules import Judged
from harness.compare.shown import seconds, shown
from harness.formats.marks import JUDGED_SIGN, MEANING, VERDICT_SIGN, sign
from harness.formats.page.facts import GpuStep, Rows, gpu_answer, gpu_steps, made_of, seen_by
from harness.formats.sentences import (
    counted,
    cuda,
    finding_word,
    framework,
    python,
    reason,
    verdict_word,
)
from harness.formats.sidebyside import ABSENT
from harness.model import Cell, Fact, Nature

ROWS = 40
"""At most so many differences of one group are shown; the rest is counted."""
_FEWEST, _OF_ALL = 4, 1000
_DIGITS = 12
"""Shown digits of a hash, enough to distinguish two."""
_VALUE = 160


@dataclass(frozen=True, kw_only=True, slots=True)
class LevelRow:
    """One level of a cell."""

    sign: str
    level: str
    meaning: str
    standing: str
    why: str
    rests_on: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferenceRow:
    """One fact that differs from the reference."""

    fact: str
    here: str
    there: str
    judged: str
    sign: str
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferenceGroup:
    """The differences in facts of one kind."""

    name: str
    told: str
    """How many differ, and how they were judged."""
    drifts: bool
    rows: tuple[DifferenceRow, ...]
    more: int
    """How many are not shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FindingLine:
    """A finding of the cell; its evidence stands elsewhere on the page."""

    href: str
    verdict: str
    sign: str
    word: str
    title: str
    cause: str
    remedy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CellPart:
    """Everything the page shows of one cell."""

    id: str
    anchor: str
    verdict: str
    sign: str
    word: str
    level: str
    level_meaning: str
    wanted: str
    framework: str
    cuda: str
    python: str
    marks: tuple[str, ...]
    """One sign for each level of the grid."""
    accuracy: str
    loss: str
    step: str
    why: str
    levels: tuple[LevelRow, ...]
    claims: tuple[tuple[str, str, str, bool], ...]
    """(what, claimed, measured, False if a measurement contradicts the claim)."""
    findings: tuple[FindingLine, ...]
    made: Rows
    seen: Rows
    gpu: str
    gpu_steps: tuple[GpuStep, ...]
    compared: str
    """The comparison in a sentence; empty if the cell was not compared with another."""
    groups: tuple[DifferenceGroup, ...]
    unverified: Rows
    """(what, why) of everything that was asked or wanted and is not known."""


def cell_part(
    judged: CellJudgement,
    reference: Cell | None,
    places: Mapping[str, str],
    findings: Mapping[Finding, str],
    most: int = ROWS,
) -> CellPart:
    """Prepare a cell for the page. `places` maps cell ids to anchors, `findings` maps findings to
    theirs. At most `most` differences of a group are shown; if it is 0, no group is."""
    told = judged.headline
    compared_with = reference.id if reference else ""
    cells = [judged.cell, *([reference] if reference else [])]
    return CellPart(
        id=judged.cell.id,
        anchor=places[judged.cell.id],
        verdict=str(judged.verdict),
        sign=VERDICT_SIGN[judged.verdict],
        word=verdict_word(judged),
        level=str(judged.level),
        level_meaning=judged.level.meaning,
        wanted=str(judged.wanted),
        framework=framework(judged),
        cuda=cuda(judged),
        python=python(judged),
        marks=tuple(sign(judged, mark).strip() for mark in judged.ladder.marks[:4]),
        accuracy="" if told.accuracy is None else f"{told.accuracy:.4f}",
        loss="" if told.loss is None else f"{told.loss:.4g}",
        step="" if told.step_seconds is None else seconds(told.step_seconds),
        why=reason(judged, compared_with),
        levels=tuple(_levels(judged)),
        claims=tuple((one.what, one.claimed, one.measured, one.holds) for one in judged.claims),
        findings=tuple(_line(one, findings[one]) for one in judged.findings if one in findings),
        made=made_of(judged),
        seen=seen_by(judged),
        gpu=gpu_answer(judged),
        gpu_steps=gpu_steps(judged),
        compared=_compared(judged, compared_with),
        groups=tuple(_group(one, most) for one in group(_told(judged), cells)) if most else (),
        unverified=tuple(_unverified(judged)),
    )


def _levels(judged: CellJudgement) -> Iterator[LevelRow]:
    for mark in judged.ladder.marks:
        yield LevelRow(
            sign=sign(judged, mark).strip(),
            level=str(mark.level),
            meaning=mark.level.meaning,
            standing=MEANING[mark.standing],
            why=mark.why,
            rests_on="; ".join(basis.told for basis in mark.rests_on),
        )


def _line(one: Finding, href: str) -> FindingLine:
    return FindingLine(
        href=href,
        verdict=str(one.verdict),
        sign=VERDICT_SIGN[one.verdict],
        word=finding_word(one),
        title=one.title,
        cause=one.cause,
        remedy=one.remedy,
    )


def _told(judged: CellJudgement) -> tuple[Difference, ...]:
    return in_short(one for one in judged.differences if one.judged is not Judged.IGNORED)


def _compared(judged: CellJudgement, reference: str) -> str:
    if not judged.compared:
        return ""
    told, kinds, ignored = _counts(judged.differences)
    passed_over = f"; {ignored} differences are ignored" if ignored else ""
    return (
        f"Held against {reference}: {told} differences{kinds}; {judged.same} facts are "
        f"equal{passed_over}."
    )


def _counted(differences: Sequence[Difference]) -> tuple[int, str, int]:
    """How many differences are shown, of which kinds they are, and how many are ignored."""
    every = tuple(differences)
    told = in_short(one for one in every if one.judged is not Judged.IGNORED)
    ignored = sum(one.judged is Judged.IGNORED for one in every)
    return len(told), f": {counted(told)}" if told else "", ignored


_counts = KeptByRulings(_counted)


def rows_for(cells: int) -> int:
    """How many differences of a group to show on a page of so many cells: a page of two hundred
    cells must still open at once."""
    return max(_FEWEST, min(ROWS, _OF_ALL // max(1, cells)))


def _group(found: FactGroup, most: int) -> DifferenceGroup:
    counts = ((judged, found.count(judged)) for judged in Judged)
    return DifferenceGroup(
        name=found.name,
        told=", ".join(f"{count} {judged.replace('-', ' ')}" for judged, count in counts if count),
        drifts=found.count(Judged.DRIFT) > 0,
        rows=tuple(_row(one) for one in found.differences[:most]),
        more=max(0, len(found.differences) - most),
    )


def _row(one: Difference) -> DifferenceRow:
    return DifferenceRow(
        fact=one.fact,
        here=_value(one.candidate, one.nature, absent=one.absent == "candidate"),
        there=_value(one.reference, one.nature, absent=one.absent == "reference"),
        judged=str(one.judged).replace("-", " "),
        sign=JUDGED_SIGN.get(one.judged, ""),
        why=one.reason,
    )


def _value(value: Fact, nature: Nature, *, absent: bool) -> str:
    if absent:
        return ABSENT
    if is_hash(value):
        return f"{str(value)[:_DIGITS]}…"
    told = shown(value, nature)
    return told if len(told) <= _VALUE else f"{told[:_VALUE]}…"


def _unverified(judged: CellJudgement) -> Iterator[tuple[str, str]]:
    for mark in judged.ladder.marks:
        wanted = mark.level.rank <= judged.wanted.rank
        if wanted and mark.standing is not LevelStanding.REACHED:
            yield f"{mark.level} {mark.level.meaning}", f"{MEANING[mark.standing]}: {mark.why}"
    for one in judged.account.silences:
        yield f"{one.probe}, round {one.round}", f"{one.outcome}: {one.reason}".rstrip(": ")
    if judged.left_out:
        yield "not compared", f"{', '.join(judged.left_out)}: only one side answered"
    for note in judged.notes:
        yield "note", note.text
    if judged.missing:
        yield "records", f"{judged.missing} of {judged.planned} planned ones are not there"

"""Tables of facts by cells: what differs from the reference, and what no rule judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.compare.differences import Difference
from harness.compare.groups import group, in_short
from harness.compare.judgement import CellJudgement, NotJudged
from harness.compare.rules import Judged
from harness.compare.shown import shown
from harness.model import Expectation, Fact, Nature, Verdict

SAME = "="
"""Shown where a value equals the reference's."""
NOT_COMPARED = "-"
"""Shown where nothing was compared, because that side did not answer the probe."""
ABSENT = "absent"
"""Shown where that side has no such fact. A missing fact is not equal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FactRow:
    """One fact, with a value and a judgement for each column (None: not compared)."""

    fact: str
    values: tuple[str, ...]
    judged: tuple[Judged | None, ...]
    by: tuple[Expectation | None, ...]
    """The expectation that decided, for each column."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """The rows of one group, the most important first."""

    name: str
    rows: tuple[FactRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SideBySide:
    """Columns by cell id, with the reference (if there is one) last."""

    columns: tuple[str, ...]
    sections: tuple[Section, ...]


def differing(cells: Sequence[CellJudgement], reference: str) -> SideBySide:
    """What differs in any compared cell, without ignored differences. Groups that contain drift
    come first, then by importance; single facts are put together."""
    compared = [cell for cell in cells if cell.compared]
    told = [_told(cell) for cell in compared]
    by_cell = [{one.fact: one for one in some} for some in told]
    groups = group((one for some in told for one in some), (cell.cell for cell in cells))
    sections: list[Section] = []
    single: list[FactRow] = []
    for found in groups:
        facts = dict.fromkeys(one.fact for one in found.differences)
        rows = tuple(_row(fact, compared, by_cell) for fact in facts)
        if len(facts) == 1:
            single += (replace(row, fact=fact) for row, fact in zip(rows, facts, strict=True))
        else:
            sections.append(Section(name=found.name, rows=rows))
    if single:
        sections.append(Section(name="others", rows=tuple(single)))
    columns = (*(cell.cell.id for cell in compared), reference)
    return SideBySide(columns=columns, sections=tuple(sections))


def _told(cell: CellJudgement) -> tuple[Difference, ...]:
    return in_short(
        one
        for one in cell.differences
        if one.judged is not Judged.IGNORED and one.nature in (Nature.STATIC, Nature.SEEDED)
    )


def _row(
    fact: str, cells: Sequence[CellJudgement], by_cell: Sequence[dict[str, Difference]]
) -> FactRow:
    known = next(differences[fact] for differences in by_cell if fact in differences)
    same = ABSENT if known.absent == "reference" else SAME
    values: list[str] = []
    judged: list[Judged | None] = []
    by: list[Expectation | None] = []
    for cell, differences in zip(cells, by_cell, strict=True):
        one = differences.get(fact)
        if one is None:
            values.append(NOT_COMPARED if known.probe in cell.left_out else same)
        elif one.absent == "candidate":
            values.append(ABSENT)
        else:
            values.append(shown(one.candidate, one.nature))
        judged.append(one.judged if one else None)
        by.append(one.by if one else None)
    there = known.absent != "reference"
    values.append(shown(known.reference, known.nature) if there else ABSENT)
    label = fact.partition(".")[2] or fact
    return FactRow(fact=label, values=tuple(values), judged=(*judged, None), by=(*by, None))


def left_open(
    facts: Sequence[NotJudged], cells: Sequence[CellJudgement], reference: str
) -> SideBySide:
    """Measurements, times and differences that no rule judges, side by side, the reference last."""
    answering = {cell for fact in facts for cell, _ in fact.values}
    ids = [cell.cell.id for cell in cells if cell.cell.id in answering]
    ordered = [*(one for one in ids if one != reference), *(one for one in ids if one == reference)]
    rows = []
    for fact in facts:
        said: dict[str, Fact] = dict(fact.values)
        values = tuple(
            shown(said[one], fact.nature) if one in said else NOT_COMPARED for one in ordered
        )
        none = (None,) * len(values)
        rows.append(FactRow(fact=fact.fact, values=values, judged=none, by=none))
    return SideBySide(
        columns=tuple(ordered), sections=(Section(name="not judged", rows=tuple(rows)),)
    )


def _differs(row: FactRow, place: int) -> bool:
    """Whether a column differs from the reference or was not compared."""
    value = row.values[place]
    return value != NOT_COMPARED and value != SAME and (value, value) != (row.values[-1], ABSENT)


def abridged(
    table: SideBySide, cells: Sequence[CellJudgement], reference: str, most: int
) -> SideBySide:
    """The table cut to at most `most` columns beside the reference's; cells that drift come
    first."""
    others = [one for one in table.columns if one != reference]
    drifting = {cell.cell.id for cell in cells if cell.verdict is Verdict.DRIFT}
    first = sorted(others, key=lambda one: one not in drifting)[:most]
    last = [reference] if reference in table.columns else []
    return part_of(table, [*(one for one in others if one in first), *last])


def part_of(table: SideBySide, columns: Sequence[str]) -> SideBySide:
    """The table with only some of its columns, without rows that have nothing to show in them."""
    kept = [table.columns.index(one) for one in columns]
    sections = []
    for section in table.sections:
        rows = tuple(
            FactRow(
                fact=row.fact,
                values=tuple(row.values[place] for place in kept),
                judged=tuple(row.judged[place] for place in kept),
                by=tuple(row.by[place] for place in kept),
            )
            for row in section.rows
            if len(kept) < 2 or any(_differs(row, place) for place in kept[:-1])
        )
        if rows:
            sections.append(Section(name=section.name, rows=rows))
    return SideBySide(columns=tuple(columns), sections=tuple(sections))

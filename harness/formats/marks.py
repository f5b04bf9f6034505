"""A sign and a colour for each standing, verdict and judgement. Colour never stands alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.compare.judgement import CellJudgement
from harness.compare.levels import Basis, LevelMark, LevelStanding
from harness.compare.measurement import telling
from harness.compare.rules import Judged
from harness.model import Level, Verdict

SIGN: Mapping[LevelStanding, str] = {
    LevelStanding.REACHED: "✓",
    LevelStanding.FAILED: "✗",
    LevelStanding.UNVERIFIED: "?",
    LevelStanding.INFRASTRUCTURE: "!",
    LevelStanding.BLOCKED: "·",
}
MEANING: Mapping[LevelStanding, str] = {
    LevelStanding.REACHED: "reached",
    LevelStanding.FAILED: "missed",
    LevelStanding.UNVERIFIED: "unverified",
    LevelStanding.INFRASTRUCTURE: "infrastructure",
    LevelStanding.BLOCKED: "needs the level before it",
}
NOT_ASKED = " "
"""Shown in place of a sign if the cell neither needs to reach this level nor does."""

COLOR: Mapping[Verdict, str] = {
    Verdict.PASS: "green",
    Verdict.UNVERIFIED: "yellow",
    Verdict.DRIFT: "magenta",
    Verdict.FAIL: "red",
    Verdict.INFRASTRUCTURE: "cyan",
}
VERDICT_SIGN: Mapping[Verdict, str] = {
    Verdict.PASS: "✓",
    Verdict.UNVERIFIED: "?",
    Verdict.DRIFT: "≠",
    Verdict.FAIL: "✗",
    Verdict.INFRASTRUCTURE: "!",
}
STANDING_COLOR: Mapping[LevelStanding, str] = {
    LevelStanding.REACHED: COLOR[Verdict.PASS],
    LevelStanding.FAILED: COLOR[Verdict.FAIL],
    LevelStanding.UNVERIFIED: COLOR[Verdict.UNVERIFIED],
    LevelStanding.INFRASTRUCTURE: COLOR[Verdict.INFRASTRUCTURE],
    LevelStanding.BLOCKED: "",
}
JUDGED_SIGN: Mapping[Judged, str] = {Judged.DRIFT: "≠", Judged.NOT_JUDGED: "~"}
JUDGED_MEANING: Mapping[Judged, str] = {
    Judged.DRIFT: "drift",
    Judged.NOT_JUDGED: "not judged",
}
"""Allowed differences carry no sign."""


def sign(cell: CellJudgement, mark: LevelMark | None) -> str:
    """The sign of one level of a cell; a blank if the cell has no mark for it."""
    if mark is None:
        return NOT_ASKED
    asked = mark.level.rank <= cell.wanted.rank
    return SIGN[mark.standing] if asked or mark.standing is LevelStanding.REACHED else NOT_ASKED


def shown_levels(cells: Iterable[CellJudgement]) -> tuple[Level, ...]:
    """The levels that have a column in the grid: L0 to L3, and L4 if a cell should reach it or if
    several rounds were compared, which is what L4 rests on."""
    told = any(
        cell.wanted is Level.L4 or any(one.decided.rounds > 1 for one in telling(cell.measured))
        for cell in cells
    )
    return _LADDER if told else _LADDER[:-1]


_LADDER = (Level.L0, Level.L1, Level.L2, Level.L3, Level.L4)


def shown_marks(
    cell: CellJudgement, levels: tuple[Level, ...] = _LADDER
) -> tuple[LevelMark | None, ...]:
    """The cell's marks for these levels; None where it has none, as the reference has no L4: it is
    compared with no other cell."""
    marks = {mark.level: mark for mark in cell.ladder.marks}
    return tuple(marks.get(level) for level in levels)


def bases(cells: Iterable[CellJudgement], level: Level) -> tuple[str, ...]:
    """What a level rests on in any of the cells: each method with the probes it was used with."""
    methods: dict[str, dict[str, None]] = {}
    for cell in cells:
        for basis in (
            one for mark in cell.ladder.marks if mark.level is level for one in mark.rests_on
        ):
            methods.setdefault(basis.method, {}).update(dict.fromkeys(basis.probes))
    return tuple(Basis(method=one, probes=tuple(many)).told for one, many in methods.items())


def legend(cells: tuple[CellJudgement, ...]) -> tuple[str, ...]:
    """The meaning of each sign that occurs; empty if all levels are reached."""
    levels = shown_levels(cells)
    used = {
        mark.standing
        for cell in cells
        for mark in shown_marks(cell, levels)
        if mark is not None and sign(cell, mark) != NOT_ASKED
    }
    if used == {LevelStanding.REACHED}:
        return ()
    return tuple(f"{SIGN[one]} {MEANING[one]}" for one in LevelStanding if one in used)

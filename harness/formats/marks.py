"""One sign and one colour for each standing, verdict and judgement: never the colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.compare.judgement import CellJudgement
from harness.compare.levels import Basis, LevelMark, LevelStanding
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
    LevelStanding.UNVERIFIED: "cannot be told",
    LevelStanding.INFRASTRUCTURE: "infrastructure",
    LevelStanding.BLOCKED: "needs the level before it",
}
NOT_ASKED = " "
"""In place of a sign: the cell need not reach this level, and does not."""

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
"""What is allowed carries no sign."""


def sign(cell: CellJudgement, mark: LevelMark) -> str:
    """The sign of one level of a cell."""
    asked = mark.level.rank <= cell.wanted.rank
    return SIGN[mark.standing] if asked or mark.standing is LevelStanding.REACHED else NOT_ASKED


def shown_marks(cell: CellJudgement) -> tuple[LevelMark, ...]:
    """The marks a grid has columns for: L0 to L3."""
    return cell.ladder.marks[:4]


def bases(cells: Iterable[CellJudgement], level: Level) -> tuple[str, ...]:
    """What a level rests on in any of the cells: each method with the probes it was used on."""
    methods: dict[str, dict[str, None]] = {}
    for cell in cells:
        for basis in (
            one for mark in cell.ladder.marks if mark.level is level for one in mark.rests_on
        ):
            methods.setdefault(basis.method, {}).update(dict.fromkeys(basis.probes))
    return tuple(Basis(method=one, probes=tuple(many)).told for one, many in methods.items())


def legend(cells: tuple[CellJudgement, ...]) -> tuple[str, ...]:
    """What each sign that occurs means; nothing where there is nothing to explain."""
    used = {mark.standing for cell in cells for mark in shown_marks(cell)}
    if used == {LevelStanding.REACHED}:
        return ()
    return tuple(f"{SIGN[one]} {MEANING[one]}" for one in LevelStanding if one in used)

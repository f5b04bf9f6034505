"""One sign and one colour for each standing, verdict and judgement: never the colour alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.compare.judgement import CellJudgement
from harness.compare.levels import Basis, Mark, Standing
from harness.compare.rules import Judged
from harness.model import Level, Verdict

SIGN: Mapping[Standing, str] = {
    Standing.REACHED: "✓",
    Standing.FAILED: "✗",
    Standing.UNVERIFIED: "?",
    Standing.INFRASTRUCTURE: "!",
    Standing.BLOCKED: "·",
}
MEANING: Mapping[Standing, str] = {
    Standing.REACHED: "reached",
    Standing.FAILED: "missed",
    Standing.UNVERIFIED: "cannot be told",
    Standing.INFRASTRUCTURE: "infrastructure",
    Standing.BLOCKED: "needs the level before it",
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
STANDING_COLOR: Mapping[Standing, str] = {
    Standing.REACHED: COLOR[Verdict.PASS],
    Standing.FAILED: COLOR[Verdict.FAIL],
    Standing.UNVERIFIED: COLOR[Verdict.UNVERIFIED],
    Standing.INFRASTRUCTURE: COLOR[Verdict.INFRASTRUCTURE],
    Standing.BLOCKED: "",
}
JUDGED_SIGN: Mapping[Judged, str] = {Judged.DRIFT: "≠", Judged.NOT_JUDGED: "~"}
JUDGED_MEANING: Mapping[Judged, str] = {
    Judged.DRIFT: "drift",
    Judged.NOT_JUDGED: "not judged",
}
"""What is allowed carries no sign."""


def sign(cell: CellJudgement, mark: Mark) -> str:
    """The sign of one level of a cell."""
    asked = mark.level.rank <= cell.wanted.rank
    return SIGN[mark.standing] if asked or mark.standing is Standing.REACHED else NOT_ASKED


def shown_marks(cell: CellJudgement) -> tuple[Mark, ...]:
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


def legend(cells: tuple[CellJudgement, ...]) -> str:
    """What the signs that occur mean; nothing where there is nothing to explain."""
    used = {mark.standing for cell in cells for mark in shown_marks(cell)}
    if used == {Standing.REACHED}:
        return ""
    return "   ".join(f"{SIGN[one]} {MEANING[one]}" for one in Standing if one in used)

"""The sentences of a report: how many cells end how, who learns how well, who is slower."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.compare.judgement import CellJudgement
from harness.compare.rules import Judged
from harness.compare.shown import seconds
from harness.model import Cell, Verdict

_SAID = {
    Verdict.PASS: ("passes", "pass"),
    Verdict.UNVERIFIED: ("is unverified", "are unverified"),
    Verdict.DRIFT: ("drifts", "drift"),
    Verdict.FAIL: ("fails", "fail"),
    Verdict.INFRASTRUCTURE: ("met trouble in the infrastructure",) * 2,
}


def summary(counts: Sequence[tuple[Verdict, int]]) -> str:
    """How many cells end how: "4 cells: 1 fails, 3 pass"."""
    total = sum(count for _, count in counts)
    if not total:
        return "No cell was run."
    said = ", ".join(f"{count} {_SAID[one][count > 1]}" for one, count in counts)
    if total == 1:
        return f"The one cell {_SAID[counts[0][0]][0]}."
    if len(counts) == 1:
        return f"All {total} cells {_SAID[counts[0][0]][1]}."
    return f"{total} cells: {said}."


def framework(cell: Cell) -> str:
    """What a cell claims to be: names and versions as the suite gives them."""
    return ", ".join(f"{name} {version}".strip() for name, version in cell.framework) or "none"


def reason(cell: CellJudgement, reference: str) -> str:
    """Why a cell has its verdict, or what a person wants to know where all is well."""
    if cell.findings:
        more = len(cell.findings) - 1
        return cell.findings[0].title + (f" (and {more} more)" if more else "")
    if cell.cell.id == reference:
        return "the reference"
    if not cell.compared:
        return ""
    allowed = sum(1 for one in cell.differences if one.judged is Judged.ALLOWED)
    return f"{allowed} facts differ as allowed" if allowed else "nothing differs that is judged"


def story(cells: Sequence[CellJudgement], reference: str) -> tuple[str, ...]:
    """What the numbers say, for a person: accuracy, and time by step. Not a judgement."""
    return (*_accuracy(cells), *_step_time(cells, reference))


def _accuracy(cells: Iterable[CellJudgement]) -> tuple[str, ...]:
    measured = [(one.headline.accuracy, one) for one in cells if one.headline.accuracy is not None]
    if not measured:
        return ()
    low, worst = min(measured, key=lambda one: one[0])
    high, best = max(measured, key=lambda one: one[0])
    if len(measured) == 1:
        return (f"{_named(worst)} trains to a test accuracy of {low:.4f}.",)
    if low == high:
        return (f"All {len(measured)} that train reach a test accuracy of {low:.4f}.",)
    return (
        f"Those that train reach a test accuracy from {low:.4f} ({_named(worst)}) "
        f"to {high:.4f} ({_named(best)}).",
    )


def _step_time(cells: Sequence[CellJudgement], reference: str) -> tuple[str, ...]:
    timed = [
        (one.headline.step_seconds, one) for one in cells if (one.headline.step_seconds or 0) > 0
    ]
    steps = [(time, one) for time, one in timed if time is not None]
    if len(steps) < 2:
        return ()
    slow, slowest = max(steps, key=lambda one: one[0])
    quick, quickest = next(
        ((time, one) for time, one in steps if one.cell.id == reference and one is not slowest),
        min(steps, key=lambda one: one[0]),
    )
    if slow < 1.1 * quick:
        return (f"Their training steps take about as long, {seconds(quick)} to {seconds(slow)}.",)
    return (
        f"A training step takes {slow / quick:.2g} times as long in {_named(slowest)} "
        f"({seconds(slow)}) as in {_named(quickest)} ({seconds(quick)}).",
    )


def _named(one: CellJudgement) -> str:
    return one.cell.id

"""The sentences of a report: how many cells end how, how well they learn, which are slower."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from harness.compare.apart import KeptByRulings
from harness.compare.claims import CUDA, PYTHON, ClaimShown
from harness.compare.differences import Difference
from harness.compare.groups import in_short, unordered
from harness.compare.judgement import CellJudgement, Finding, RuleUse
from harness.compare.kinds import FindingKind
from harness.compare.rules import Judged
from harness.compare.shown import named, seconds
from harness.model import Expectation, Verdict
from harness.text import clean_line

_SAID = {
    Verdict.PASS: ("passes", "pass"),
    Verdict.UNVERIFIED: ("is unverified", "are unverified"),
    Verdict.DRIFT: ("drifts", "drift"),
    Verdict.FAIL: ("fails", "fail"),
    Verdict.INFRASTRUCTURE: ("met trouble in the infrastructure",) * 2,
}
REMEDY_LIMIT = 4000
"""Longest cause or remedy, in characters: one may contain a long command."""
EXPECTED = "expected"
"""The word for a cell that fails as expected."""
_TRACEBACK = 20_000
_PARTS = 5
_AS_EXPECTED = ("fails as expected", "fail as expected")


def summary(cells: Iterable[CellJudgement]) -> str:
    """How many cells end with which verdict, worst first: "4 cells: 1 fails, 3 pass". Cells that
    fail as expected are counted separately from those that pass."""
    counts = Counter((cell.verdict, cell.fails_as_expected) for cell in cells)
    total = counts.total()
    if not total:
        return "No cell was run."
    endings = sorted(counts, key=lambda one: (-one[0].severity, not one[1]))
    words = [(counts[one], _AS_EXPECTED if one[1] else _SAID[one[0]]) for one in endings]
    if total == 1:
        return f"The one cell {words[0][1][0]}."
    if len(words) == 1:
        return f"All {total} cells {words[0][1][1]}."
    said = ", ".join(f"{count} {word[count > 1]}" for count, word in words)
    return f"{total} cells: {said}."


def verdict_word(cell: CellJudgement) -> str:
    """A cell's verdict for the grid, where an expected failure is distinguished from a pass."""
    return EXPECTED if cell.fails_as_expected else str(cell.verdict)


def finding_word(finding: Finding) -> str:
    """A finding's verdict for a list, where an expected failure is distinguished from a pass."""
    as_expected = finding.kind is FindingKind.FAILS_AS_EXPECTED
    return EXPECTED if as_expected else str(finding.verdict)


def framework(cell: CellJudgement) -> str:
    """The frameworks of a cell as measured; marked if they are only claimed."""
    told = (one for one in cell.claims if one.what not in (PYTHON, CUDA))
    return ", ".join(f"{one.what} {_measured(one)}".strip() for one in told) or "none"


def cuda(cell: CellJudgement) -> str:
    """The CUDA version that a cell claims its framework is built for: as measured, marked if it is
    only claimed, empty if none is claimed."""
    return next((f"CUDA {_measured(one)}" for one in cell.claims if one.what == CUDA), "")


def python(cell: CellJudgement) -> str:
    """The Python of a cell as measured; marked if it is only claimed; empty if it is neither."""
    return next((_measured(one) for one in cell.claims if one.what == PYTHON), "")


def claim_marks(cells: Iterable[CellJudgement]) -> tuple[str, ...]:
    """The meaning of the marks on claims in a grid, for those that occur."""
    every = [claim for cell in cells for claim in cell.claims]
    marks = []
    if any(one.claimed and not one.measured for one in every):
        marks.append("(...) claimed, not measured")
    if any(not one.holds for one in every):
        marks.append("≠ measured, and what was claimed")
    return tuple(marks)


def _measured(claim: ClaimShown) -> str:
    if not claim.measured:
        return f"({claim.claimed})" if claim.claimed else ""
    return claim.measured if claim.holds else f"{claim.measured} ≠ {claim.claimed}"


def reason(cell: CellJudgement, reference: str) -> str:
    """Why a cell has its verdict, or a short remark if all is well."""
    if cell.findings:
        more = len(cell.findings) - 1
        return cell.findings[0].title + (f" (and {more} more)" if more else "")
    if cell.cell.id == reference:
        return "the reference"
    if not cell.compared:
        return ""
    return _passed_over(cell.differences)


def _differences_passed_over(differences: Iterable[Difference]) -> str:
    every = tuple(differences)
    allowed = [one for one in every if one.judged is Judged.ALLOWED]
    ignored = sum(one.judged is Judged.IGNORED for one in every)
    told = [f"as allowed, {counted(allowed)} differ"] if allowed else []
    told += [f"{ignored} differences are ignored"] if ignored else []
    return ", ".join(told) or "no judged fact differs"


_passed_over = KeptByRulings(_differences_passed_over)


def counted(differences: Iterable[Difference]) -> str:
    """Count differences by kind: "12 packages, 3 facts about python"."""
    parts = []
    for found in unordered(in_short(differences)):
        count = len(found.differences)
        if count == 1:
            parts.append(clean_line(named(found.differences[0].fact), 80))
        elif found.name == "packages":
            parts.append(f"{count} packages")
        else:
            parts.append(f"{count} facts about {clean_line(found.name, 80)}")
    more = len(parts) - _PARTS
    return ", ".join((*parts[:_PARTS], *([f"{more} more kinds"] if more > 0 else [])))


def rule_word(use: RuleUse) -> str:
    """A rule in short, close to how it is written."""
    cells = f", cells: {use.rule.cells}" if use.rule.cells != "*" else ""
    return f"{use.rule.facts} ({use.rule.rule}{cells})"


def numbered(uses: Sequence[RuleUse]) -> Mapping[Expectation, int]:
    """The number by which a report refers to each rule that let differences pass."""
    return {use.rule: number for number, use in enumerate(uses, 1)}


def traceback_lines(traceback: str, most: int) -> tuple[str, ...]:
    """At most `most` lines of a traceback: its first ones, which show the probe, and its last ones,
    which show the exception."""
    lines = [line.rstrip() for line in traceback[:_TRACEBACK].splitlines() if line.strip()]
    if len(lines) <= most:
        return tuple(lines)
    first = most // 2
    last = most - first - 1
    gap = f"[... {len(lines) - first - last} lines ...]"
    return (*lines[:first], gap, *lines[-last:])


def use_word(use: RuleUse) -> str:
    """How many differences a rule let pass, and where."""
    where = use.cells[0] if len(use.cells) == 1 else f"{len(use.cells)} cells"
    return f"{use.differences} in {where}"


def story(
    cells: Sequence[CellJudgement], reference: str, *, by_one_job: bool = True
) -> tuple[str, ...]:
    """Sentences about accuracy and, if one job ran all cells, the time of a training step. No
    judgement."""
    times = _step_time(cells, reference) if by_one_job else ()
    return (*_accuracy(cells), *_same_bits(cells, reference), *times)


def _same_bits(cells: Sequence[CellJudgement], reference: str) -> tuple[str, ...]:
    """A sentence about the cells whose final weights equal those of the reference."""
    wanted = next((one.headline.weights for one in cells if one.cell.id == reference), "")
    alike = [
        _named(one)
        for one in cells
        if wanted and one.cell.id != reference and one.headline.weights == wanted
    ]
    if not alike:
        return ()
    who = f"{', '.join(alike[:-1])} and {alike[-1]}" if len(alike) > 1 else alike[0]
    ends = "ends" if len(alike) == 1 else "end"
    return (f"{who} {ends} in the same bits as {reference}: their final weights are equal.",)


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
    if len({one.processors for _, one in steps if one.processors}) > 1:
        return ("Their training steps are not compared: they could use other processors.",)
    if any(one.busy for _, one in steps):
        return ("Their training steps are not compared: the host was too busy with other work.",)
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

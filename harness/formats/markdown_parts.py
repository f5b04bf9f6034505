"""Parts that Markdown reports share: the grid, a finding, a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from harness.compare.differences import Difference
from harness.compare.judgement import CellJudgement, Finding
from harness.compare.shown import seconds, shown
from harness.formats.marks import VERDICT_SIGN, legend, shown_levels, shown_marks, sign
from harness.formats.report import Report
from harness.formats.sentences import (
    REMEDY_LIMIT,
    claim_marks,
    cuda,
    finding_word,
    framework,
    python,
    reason,
    traceback_lines,
    verdict_word,
)
from harness.formats.sidebyside import ABSENT
from harness.formats.table import table
from harness.model import Level, Verdict
from harness.text import COMMAND_LIMIT, code, markdown

ROWS = 500
CELL = 160
"""Longest text of a table cell, in characters."""
_TRACEBACK = 40


def fitting(parts: Iterable[str], most: int) -> tuple[list[str], int]:
    """The first parts that together have at most `most` bytes, and the number of parts left out."""
    kept: list[str] = []
    size, left_out = 0, 0
    for part in parts:
        cost = len(part.encode()) + 2
        if left_out or size + cost > most:
            left_out += 1
            continue
        kept.append(part)
        size += cost
    return kept, left_out


def signs(report: Report) -> str:
    """The legend of the signs in the grid, as a line to be put below another one."""
    told = (*legend(report.cells), *claim_marks(report.cells))
    return f"\\\n{markdown(' · '.join(told))}" if told else ""


def grid(report: Report, cells: Sequence[CellJudgement], most: int = ROWS) -> str:
    """The first `most` cells with their levels and verdicts; the others are counted."""
    levels = shown_levels(report.cells)
    head = ["cell", "framework", "python", *map(str, levels), "verdict"]
    head += ["accuracy", "loss", "step", "why"]
    rows = [_grid_row(cell, report.reference, levels) for cell in cells[:most]]
    more = len(report.cells) - most
    return table(head, rows) + (f"\n\n... and {more} more cells" if more > 0 else "")


def _grid_row(cell: CellJudgement, reference: str, levels: tuple[Level, ...]) -> list[str]:
    told = cell.headline
    marks = [sign(cell, mark) for mark in shown_marks(cell, levels)]
    return [
        code(cell.cell.id, CELL),
        markdown(", ".join(filter(None, (framework(cell), cuda(cell)))), CELL),
        markdown(python(cell), CELL),
        *(mark.strip() for mark in marks),
        f"{VERDICT_SIGN[cell.verdict]} {verdict_word(cell)}",
        "" if told.accuracy is None else f"{told.accuracy:.4f}",
        "" if told.loss is None else f"{told.loss:.4g}",
        "" if told.step_seconds is None else seconds(told.step_seconds),
        markdown(reason(cell, reference), CELL),
    ]


def whole_finding(finding: Finding, cells: Sequence[str]) -> str:
    """A finding with everything that is known about it."""
    details = list(finding_details(finding))
    told = finding_head(finding, cells) + ("\n\n" + "\n".join(details) if details else "")
    return f"{told}\n\n{_traceback(finding)}" if finding.traceback else told


def finding_head(finding: Finding, cells: Sequence[str], most: int = ROWS) -> str:
    """A finding's title in one line, with the cells in which it occurs."""
    names = ", ".join(code(cell, CELL) for cell in cells[:most])
    more = f" and {len(cells) - most} more" if len(cells) > most else ""
    head = f"**{VERDICT_SIGN[finding.verdict]} {finding_word(finding)}** {names}{more}: "
    return head + markdown(finding.title)


def finding_details(finding: Finding) -> Iterator[str]:
    """Everything else that is known about a finding, as lines of a list."""
    yield from (f"- {code(line)}" for line in finding.evidence if line.strip())
    if finding.cause:
        yield f"- Cause: {markdown(finding.cause, REMEDY_LIMIT)}"
    if finding.remedy:
        yield f"- Remedy: {markdown(finding.remedy, REMEDY_LIMIT)}"
    if finding.verdict is not Verdict.PASS:
        yield f"- More: {code(f'harness explain {finding.id}')}"
    if finding.shows:
        yield f"- This shows it: {code(finding.shows, COMMAND_LIMIT)}"


def _traceback(finding: Finding) -> str:
    """The traceback, folded: it is long, and only who mends the probe or the image needs it."""
    lines = traceback_lines(finding.traceback, _TRACEBACK)
    block = "\n".join(f"- {code(line)}" for line in lines)
    return folded("the traceback", block)


def folded(summary: str, block: str) -> str:
    """A block folded under a summary; `summary` is HTML."""
    return f"<details><summary>{summary}</summary>\n\n{block}\n\n</details>"


def difference_row(one: Difference) -> list[str]:
    """A difference from the reference as a table row: fact, here, reference, judged, why."""
    here = ABSENT if one.absent == "candidate" else shown(one.candidate, one.nature)
    there = ABSENT if one.absent == "reference" else shown(one.reference, one.nature)
    return [
        code(one.fact, CELL),
        markdown(here, CELL),
        markdown(there, CELL),
        str(one.judged),
        markdown(one.reason, CELL),
    ]

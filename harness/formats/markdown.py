"""The report as Markdown, fit for a CI job summary: such a summary is dropped whole above 1 MiB.

The grid and the findings come first; every difference of every cell follows, folded away, as far
as the budget goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabulate import tabulate

from harness.compare.differences import Difference
from harness.compare.groups import group
from harness.compare.judgement import CellJudgement, Finding, same_for_several
from harness.compare.rules import Judged
from harness.compare.shown import seconds, shown
from harness.formats.layout import COMMAND_LIMIT
from harness.formats.marks import VERDICT_SIGN, bases, legend, shown_marks, sign
from harness.formats.report import Report
from harness.formats.rounds import round_notes, round_rows
from harness.formats.sentences import (
    REMEDY_LIMIT,
    claim_marks,
    counted,
    cuda,
    finding_word,
    framework,
    numbered,
    python,
    reason,
    rule_word,
    traceback_lines,
    use_word,
    verdict_word,
)
from harness.formats.sidebyside import (
    ABSENT,
    NOT_COMPARED,
    SAME,
    SideBySide,
    abridged,
    differing,
    left_open,
)
from harness.model import Level, Verdict
from harness.text import code, html, inert_in_ci, markdown

BUDGET = 900 * 1024
"""Bytes of UTF-8 at most."""

_RESERVE = 4096
_ROWS = 500
_SLICE = 100
_COLUMNS = 20
_TOP = 12
_TRACEBACK = 40
_CELL = 160
_LEVELS = (Level.L0, Level.L1, Level.L2, Level.L3)


def render(report: Report) -> str:
    """The report as GitHub-flavoured Markdown of at most 900 KiB."""
    kept: list[str] = []
    size, left_out = 0, 0
    for part in _parts(report):
        cost = len(part.encode()) + 2
        if left_out or size + cost > BUDGET - _RESERVE:
            left_out += 1
            continue
        kept.append(part)
        size += cost
    if left_out:
        kept.append(
            f"**{left_out} more parts were left out to keep this below {BUDGET // 1024} KiB;** "
            "the JSON report has them all."
        )
    return inert_in_ci("\n\n".join(kept) + "\n")


def _parts(report: Report) -> Iterable[str]:
    yield f"# {markdown(report.heading[0])}"
    yield markdown(" · ".join(report.heading[1:]), 2000)
    yield markdown(" ".join((report.summary, *report.story)), 4000)
    if report.cells:
        yield _grid(report)
        yield markdown(" · ".join(f"{one} {one.meaning}" for one in _LEVELS)) + _signs(report)
    told = same_for_several(report.findings)
    if told:
        yield f"## Findings ({len(told)})"
    for finding, cells in told:
        yield _finding(finding, cells)
    yield from _rounds(report)
    across = differing(report.cells, report.reference)
    if across.sections:
        yield "## What differs from the reference"
        yield _side_by_side(across, report, _TOP)
    if report.not_judged:
        yield "## Not judged: no rule says yet how far these may differ"
        across = left_open(report.not_judged, report.cells, report.reference)
        yield _side_by_side(across, report, _ROWS)
    if report.let_pass:
        yield "## Differences that a rule let pass"
        yield _let_pass(report)
    yield from _rests_on(report)
    if report.notices:
        yield "## Notices"
        yield "\n".join(f"- {markdown(notice, 1000)}" for notice in report.notices[:_ROWS])
    yield "## Next"
    yield "\n".join(
        f"- {code(command, COMMAND_LIMIT)}: {what}" for command, what in report.next_steps
    )
    yield f"{markdown(report.records, 1000)}. Exit status {int(report.exit)}."
    for cell in report.cells:
        yield from _every_difference(cell, report)


def _signs(report: Report) -> str:
    signs = (*legend(report.cells), *claim_marks(report.cells))
    return f"\\\n{markdown(' · '.join(signs))}" if signs else ""


def _grid(report: Report) -> str:
    head = ["cell", "framework", "python", *map(str, _LEVELS), "verdict"]
    head += ["accuracy", "loss", "step", "why"]
    rows = [_grid_row(cell, report.reference) for cell in report.cells[:_ROWS]]
    more = len(report.cells) - _ROWS
    return _table(head, rows) + (f"\n\n... and {more} more cells" if more > 0 else "")


def _grid_row(cell: CellJudgement, reference: str) -> list[str]:
    told = cell.headline
    marks = [sign(cell, mark) for mark in shown_marks(cell)]
    return [
        code(cell.cell.id, _CELL),
        markdown(", ".join(filter(None, (framework(cell), cuda(cell)))), _CELL),
        markdown(python(cell), _CELL),
        *(mark.strip() for mark in marks),
        f"{VERDICT_SIGN[cell.verdict]} {verdict_word(cell)}",
        "" if told.accuracy is None else f"{told.accuracy:.4f}",
        "" if told.loss is None else f"{told.loss:.4g}",
        "" if told.step_seconds is None else seconds(told.step_seconds),
        markdown(reason(cell, reference), _CELL),
    ]


def _finding(finding: Finding, cells: Sequence[str]) -> str:
    names = ", ".join(code(cell, _CELL) for cell in cells[:_ROWS])
    lines = [f"**{VERDICT_SIGN[finding.verdict]} {finding_word(finding)}** {names}: "]
    lines[0] += markdown(finding.title)
    lines += [f"- {code(line)}" for line in finding.evidence if line.strip()]
    if finding.cause:
        lines.append(f"- Cause: {markdown(finding.cause, REMEDY_LIMIT)}")
    if finding.remedy:
        lines.append(f"- Remedy: {markdown(finding.remedy, REMEDY_LIMIT)}")
    if finding.verdict is not Verdict.PASS:
        lines.append(f"- More: {code(f'harness explain {finding.id}')}")
    if finding.shows:
        lines.append(f"- This shows it: {code(finding.shows, COMMAND_LIMIT)}")
    told = lines[0] + "\n\n" + "\n".join(lines[1:]) if lines[1:] else lines[0]
    return f"{told}\n\n{_traceback(finding)}" if finding.traceback else told


def _traceback(finding: Finding) -> str:
    """Folded: it is long, and for whoever mends the probe or the image."""
    lines = traceback_lines(finding.traceback, _TRACEBACK)
    block = "\n".join(f"- {code(line)}" for line in lines)
    return f"<details><summary>the traceback</summary>\n\n{block}\n\n</details>"


def _rounds(report: Report) -> Iterable[str]:
    rows, notes = round_rows(report), round_notes(report)
    if rows or notes:
        yield "## What rounds say"
    if rows:
        head = ["cell", "metric", "", "over rounds"]
        yield _table(
            head,
            [
                [
                    code(one.cell, _CELL),
                    code(one.fact, _CELL),
                    one.decision,
                    markdown(one.told, 2 * _CELL),
                ]
                for one in rows[:_ROWS]
            ],
        )
    if notes:
        yield "\n".join(f"- {markdown(note, 1000)}" for note in notes[:_ROWS])


def _side_by_side(every: SideBySide, report: Report, most: int) -> str:
    table = abridged(every, report.cells, report.reference, _COLUMNS)
    rules = numbered(report.let_pass[:_ROWS])
    head = ["", *(code(name, _CELL) for name in table.columns)]
    rows = []
    for section in table.sections:
        if len(table.sections) > 1:
            title = f"**{markdown(section.name, _CELL)}** ({len(section.rows)})"
            rows.append([title, *("" for _ in table.columns)])
        for row in section.rows[:most]:
            values = zip(row.values, row.judged, strict=True)
            numbers = (rules.get(one, 0) if one else 0 for one in row.by)
            shown_ = (_value(*value, number) for value, number in zip(values, numbers, strict=True))
            rows.append([code(row.fact, _CELL), *shown_])
        rest = len(section.rows) - most
        if rest > 0:
            rows.append([f"... and {rest} more, below", *("" for _ in table.columns)])
    hidden = len(every.columns) - len(table.columns)
    return _table(head, rows) + (f"\n\n... and {hidden} more cells" if hidden else "")


def _value(value: str, how: Judged | None, rule: int) -> str:
    written = value if value in (SAME, NOT_COMPARED) else markdown(value, _CELL)
    if how is Judged.ALLOWED and rule:
        written = f"{written} \\[{rule}\\]"
    return f"**≠ {written}**" if how is Judged.DRIFT else written


def _let_pass(report: Report) -> str:
    head = ["", "rule", "differences", "why"]
    rows = [
        [
            f"\\[{number}\\]",
            code(rule_word(use), _CELL),
            markdown(use_word(use), _CELL),
            markdown(use.rule.reason),
        ]
        for number, use in enumerate(report.let_pass[:_ROWS], 1)
    ]
    return _table(head, rows)


def _rests_on(report: Report) -> Iterable[str]:
    told = [(level, bases(report.cells, level)) for level in _LEVELS]
    if any(methods for _, methods in told):
        yield "## What the levels rest on"
        yield "\n".join(
            f"- {level} {level.meaning}: {markdown('; '.join(methods), 2000)}"
            for level, methods in told
            if methods
        )


def _every_difference(cell: CellJudgement, report: Report) -> Iterable[str]:
    """A folded block for each compared cell, in slices, so that a budget can end between them."""
    if not cell.differences:
        return
    ids = {report.reference, cell.cell.id}
    cells = [one.cell for one in report.cells if one.cell.id in ids]
    ordered = [one for found in group(cell.differences, cells) for one in found.differences]
    slices = [ordered[start : start + _SLICE] for start in range(0, len(ordered), _SLICE)]
    told = counted(cell.differences, cells)
    for place, some in enumerate(slices):
        part = f", part {place + 1} of {len(slices)}" if len(slices) > 1 else ""
        name = html(f"{cell.cell.id}: {told} differ, {cell.same} facts are equal{part}", 1000)
        head = ["fact", "here", "reference", "judged", "why"]
        table = _table(head, [_difference_row(one) for one in some])
        yield f"<details><summary>{name}</summary>\n\n{table}\n\n</details>"


def _difference_row(one: Difference) -> list[str]:
    here = ABSENT if one.absent == "candidate" else shown(one.candidate, one.nature)
    there = ABSENT if one.absent == "reference" else shown(one.reference, one.nature)
    return [
        code(one.fact, _CELL),
        markdown(here, _CELL),
        markdown(there, _CELL),
        str(one.judged),
        markdown(one.reason, _CELL),
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return tabulate(rows, headers=head, tablefmt="pipe", disable_numparse=True)

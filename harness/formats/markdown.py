"""The report as Markdown that fits a CI job summary, which CI drops entirely above 1 MiB.

The grid and the findings come first. Every difference of every cell follows, folded, as far as the
size budget allows.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.compare.groups import group
from harness.compare.judgement import CellJudgement, same_for_several
from harness.compare.rules import Judged
from harness.formats.many import told_whole
from harness.formats.markdown_parts import (
    CELL,
    ROWS,
    difference_row,
    fitting,
    folded,
    grid,
    signs,
    whole_finding,
)
from harness.formats.marks import bases, shown_levels
from harness.formats.night_parts import night_parts
from harness.formats.report import Report
from harness.formats.rounds import round_notes, round_rows
from harness.formats.sentences import (
    counted,
    numbered,
    rule_word,
    use_word,
)
from harness.formats.sidebyside import (
    NOT_COMPARED,
    SAME,
    SideBySide,
    abridged,
    differing,
    left_open,
)
from harness.formats.table import long_table, table
from harness.text import COMMAND_LIMIT, code, html, inert_in_ci, markdown

BUDGET = 900 * 1024
"""At most so many bytes of UTF-8."""

_RESERVE = 4096
_SLICE = 100
_COLUMNS = 20
_TOP = 12


def render(report: Report) -> str:
    """Render the report as GitHub-flavoured Markdown of at most 900 KiB."""
    kept, left_out = fitting(_parts(report), BUDGET - _RESERVE)
    if left_out:
        kept.append(
            f"**{left_out} more parts were left out to keep this below {BUDGET // 1024} KiB;** "
            "the JSON report has them all."
        )
    return inert_in_ci("\n\n".join(kept) + "\n")


def _parts(report: Report) -> Iterable[str]:
    yield from night_parts(report.night)
    yield f"# {markdown(report.heading[0])}"
    yield markdown(" · ".join(report.heading[1:]), 2000)
    yield markdown(" ".join((report.summary, *report.story)), 4000)
    if report.cells:
        yield grid(report, report.cells)
        yield markdown(
            " · ".join(f"{one} {one.meaning}" for one in shown_levels(report.cells))
        ) + signs(report)
    told = same_for_several(report.findings)
    if told:
        yield f"## Findings ({len(told)})"
    for finding, cells in told:
        yield whole_finding(finding, cells)
    yield from _rounds(report)
    whole = told_whole(report.cells, report.reference)
    told_cells = [one for one in report.cells if one.cell.id in whole]
    across = differing(told_cells, report.reference)
    if across.sections:
        yield "## What differs from the reference"
        yield _side_by_side(across, report, _TOP)
    if report.not_judged:
        yield "## Not judged: no rule says yet how far these may differ"
        across = left_open(report.not_judged, told_cells, report.reference)
        yield _side_by_side(across, report, ROWS)
    if report.let_pass:
        yield "## Differences that a rule let pass"
        yield _let_pass(report)
    yield from _rests_on(report)
    if report.notices:
        yield "## Notices"
        yield "\n".join(f"- {markdown(notice, 1000)}" for notice in report.notices[:ROWS])
    yield "## Next"
    yield "\n".join(
        f"- {code(command, COMMAND_LIMIT)}: {what}" for command, what in report.next_steps
    )
    yield f"{markdown(report.records, 1000)}. Exit status {int(report.exit)}."
    if len(told_cells) < len(report.cells):
        more = len(report.cells) - len(told_cells)
        yield f"{more} more cells are shown by {code('harness report RUN --cell ID')}, one by one."
    for cell in told_cells:
        yield from _every_difference(cell, report)


def _rounds(report: Report) -> Iterable[str]:
    rows, notes = round_rows(report), round_notes(report)
    if rows or notes:
        yield "## What rounds say"
    if rows:
        head = ["cell", "metric", "", "over rounds"]
        yield table(
            head,
            [
                [
                    code(one.cell, CELL),
                    code(one.fact, CELL),
                    one.decision,
                    markdown(one.told, 2 * CELL),
                ]
                for one in rows[:ROWS]
            ],
        )
    if notes:
        yield "\n".join(f"- {markdown(note, 1000)}" for note in notes[:ROWS])


def _side_by_side(every: SideBySide, report: Report, most: int) -> str:
    across = abridged(every, report.cells, report.reference, _COLUMNS)
    rules = numbered(report.let_pass[:ROWS])
    head = ["", *(code(name, CELL) for name in across.columns)]
    rows = []
    for section in across.sections:
        if len(across.sections) > 1:
            title = f"**{markdown(section.name, CELL)}** ({len(section.rows)})"
            rows.append([title, *("" for _ in across.columns)])
        for row in section.rows[:most]:
            values = zip(row.values, row.judged, strict=True)
            numbers = (rules.get(one, 0) if one else 0 for one in row.by)
            shown_ = (_value(*value, number) for value, number in zip(values, numbers, strict=True))
            rows.append([code(row.fact, CELL), *shown_])
        rest = len(section.rows) - most
        if rest > 0:
            rows.append([f"... and {rest} more, below", *("" for _ in across.columns)])
    hidden = len(every.columns) - len(across.columns)
    return table(head, rows) + (f"\n\n... and {hidden} more cells" if hidden else "")


def _value(value: str, how: Judged | None, rule: int) -> str:
    written = value if value in (SAME, NOT_COMPARED) else markdown(value, CELL)
    if how is Judged.ALLOWED and rule:
        written = f"{written} \\[{rule}\\]"
    return f"**≠ {written}**" if how is Judged.DRIFT else written


def _let_pass(report: Report) -> str:
    head = ["", "rule", "differences", "why"]
    rows = [
        [
            f"\\[{number}\\]",
            code(rule_word(use), CELL),
            markdown(use_word(use), CELL),
            markdown(use.rule.reason),
        ]
        for number, use in enumerate(report.let_pass[:ROWS], 1)
    ]
    return table(head, rows)


def _rests_on(report: Report) -> Iterable[str]:
    told = [(level, bases(report.cells, level)) for level in shown_levels(report.cells)]
    if any(methods for _, methods in told):
        yield "## What the levels rest on"
        yield "\n".join(
            f"- {level} {level.meaning}: {markdown('; '.join(methods), 2000)}"
            for level, methods in told
            if methods
        )


def _every_difference(cell: CellJudgement, report: Report) -> Iterable[str]:
    """A folded block for each compared cell, split into slices so that a budget can cut between
    them."""
    if not cell.differences:
        return
    ids = {report.reference, cell.cell.id}
    cells = [one.cell for one in report.cells if one.cell.id in ids]
    ordered = [one for found in group(cell.differences, cells) for one in found.differences]
    slices = [ordered[start : start + _SLICE] for start in range(0, len(ordered), _SLICE)]
    told = counted(cell.differences)
    for place, some in enumerate(slices):
        part = f", part {place + 1} of {len(slices)}" if len(slices) > 1 else ""
        name = html(f"{cell.cell.id}: {told} differ, {cell.same} facts are equal{part}", 1000)
        head = ["fact", "here", "reference", "judged", "why"]
        yield folded(name, long_table(head, [difference_row(one) for one in some]))

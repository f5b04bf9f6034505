"""The report for a terminal: the grid of cells, then findings, then what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from rich.text import Text

from harness.compare.groups import MATTERS
from harness.compare.judgement import CellJudgement, same_for_several
from harness.compare.rules import Judged
from harness.compare.shown import seconds
from harness.formats.layout import TextPage, columns, said
from harness.formats.many import told_whole
from harness.formats.marks import (
    COLOR,
    JUDGED_MEANING,
    JUDGED_SIGN,
    STANDING_COLOR,
    VERDICT_SIGN,
    bases,
    legend,
    shown_levels,
    shown_marks,
    sign,
)
from harness.formats.night_page import tell_night
from harness.formats.report import Report
from harness.formats.rounds import round_notes, round_rows
from harness.formats.sentences import (
    REMEDY_LIMIT,
    claim_marks,
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
from harness.formats.sidebyside import SideBySide, abridged, differing, left_open
from harness.model import Expectation, Level, Verdict
from harness.text import clean_line

_FINDINGS = 40
_FEW = 5
_TRACEBACK = 12
_RULES = 40
_ROUND_ROWS = 24
_WIDEST_RULE = 60
_LABEL = 30
_VALUE = 24
_NARROW = 15


def render(report: Report, *, width: int = 100, color: bool = False) -> str:
    """Render the report as lines of at most `width` columns; `color` turns on colours."""
    page = TextPage(width=max(60, width), color=color)
    tell_night(page, report.night)
    _head(page, report)
    page.paragraph(said(" ".join((report.summary, *report.story)), limit=2000))
    _findings(page, report)
    _rounds(page, report)
    _differences(page, report)
    _left_open(page, report)
    _let_pass(page, report)
    _rests_on(page, report.cells)
    _notices(page, report)
    page.title("Next")
    for command, what in report.next_steps:
        page.command(command)
        page.paragraph(said(what, "dim"), indent=6)
    page.blank()
    page.paragraph(said(f"{report.records}. Exit status {int(report.exit)}.", "dim"))
    return page.text()


def render_grid(report: Report, *, width: int = 100, color: bool = False) -> str:
    """Render only the grid of cells, the summary and the notices."""
    page = TextPage(width=max(60, width), color=color)
    _head(page, report)
    page.paragraph(said(report.summary))
    _notices(page, report)
    return page.text()


def _head(page: TextPage, report: Report) -> None:
    page.paragraph(said("  ·  ".join(report.heading), "dim", 1000))
    page.blank()
    if report.cells:
        _grid(page, report)
        page.blank()


def _notices(page: TextPage, report: Report) -> None:
    if report.notices:
        page.title("Notices")
        for notice in report.notices:
            page.paragraph(said(notice, limit=1000), indent=4, label="  -")


def _grid(page: TextPage, report: Report) -> None:
    levels = shown_levels(report.cells)
    names = (
        "cell",
        "framework",
        "python",
        " ".join(levels),
        "verdict",
        "accuracy",
        "loss",
        "step",
    )
    rows = [[Text(name, style="dim") for name in names]]
    rows += [_grid_row(cell, levels) for cell in report.cells]
    widest = max(16, page.width // 3)
    aligned = columns(rows, widest=widest, first=widest, room=page.width - 2)
    page.line(Text("  ").append_text(aligned[0]))
    for cell, line in zip(report.cells, aligned[1:], strict=True):
        mark = Text().append(f"{VERDICT_SIGN[cell.verdict]} ", style=COLOR[cell.verdict])
        page.line(mark.append_text(line))
        told = [cuda(cell)] if cuda(cell) else []
        if cell.verdict is not Verdict.PASS or cell.fails_as_expected:
            told.append(reason(cell, report.reference))
        if told:
            page.paragraph(said(" · ".join(told), limit=240), indent=4)
    page.blank()
    meaning = "   ".join(f"{level} {level.meaning}" for level in levels)
    page.paragraph(Text(meaning, style="dim"), indent=2)
    if signs := (*legend(report.cells), *claim_marks(report.cells)):
        page.paragraph(Text("   ".join(signs), style="dim"), indent=2)


def _grid_row(cell: CellJudgement, levels: tuple[Level, ...]) -> list[Text]:
    told = cell.headline
    marks = Text("")
    for mark in shown_marks(cell, levels):
        style = STANDING_COLOR[mark.standing] if mark is not None else ""
        marks.append(f"{sign(cell, mark):3}", style=style)
    marks.rstrip()
    return [
        said(cell.cell.id),
        said(framework(cell)),
        said(python(cell) or "-"),
        marks,
        Text(verdict_word(cell), style=COLOR[cell.verdict]),
        Text("-" if told.accuracy is None else f"{told.accuracy:.4f}"),
        Text("-" if told.loss is None else f"{told.loss:.4g}"),
        Text("-" if told.step_seconds is None else seconds(told.step_seconds)),
    ]


def _findings(page: TextPage, report: Report) -> None:
    told = same_for_several(report.findings)
    if not told:
        return
    page.title(f"Findings ({len(told)})")
    remedies: set[str] = set()
    for finding, cells in told[:_FINDINGS]:
        page.blank()
        head = Text().append(
            f"{VERDICT_SIGN[finding.verdict]} {finding_word(finding)}", style=COLOR[finding.verdict]
        )
        names = ", ".join(cells[:_FEW])
        more = f" and {len(cells) - _FEW} more" if len(cells) > _FEW else ""
        head.append_text(said(f"  {names}{more}: ", "bold")).append_text(said(finding.title))
        page.paragraph(head)
        for line in finding.evidence:
            page.paragraph(said(line), indent=4)
        remedy = "" if finding.remedy in remedies else finding.remedy
        remedies.add(remedy)
        named = f"harness explain {finding.id}" if finding.verdict is not Verdict.PASS else ""
        for name, text in (("cause", finding.cause), ("remedy", remedy), ("more", named)):
            if text:
                page.paragraph(
                    said(text, limit=REMEDY_LIMIT), indent=12, label=f"    {name}", style="dim"
                )
        if finding.shows:
            page.command(finding.shows, label="    shows   ", style="dim")
        for line in traceback_lines(finding.traceback, _TRACEBACK):
            page.line(said(f"    | {line}", "dim"))
    if len(told) > _FINDINGS:
        page.blank()
        page.line(Text(f"... and {len(told) - _FINDINGS} more{_elsewhere(report)}"))


def _rounds(page: TextPage, report: Report) -> None:
    rows, notes = round_rows(report), round_notes(report)
    if not rows and not notes:
        return
    page.title("What rounds say")
    table = [[said(one.cell), said(one.fact), said(one.decision)] for one in rows[:_ROUND_ROWS]]
    for one, line in zip(rows, columns(table, indent=2, widest=_LABEL, first=_LABEL), strict=False):
        page.line(line)
        page.paragraph(said(one.told), indent=6)
    if len(rows) > _ROUND_ROWS:
        page.line(Text(f"  ... and {len(rows) - _ROUND_ROWS} more{_elsewhere(report)}"))
    for note in notes[:_ROUND_ROWS]:
        page.paragraph(said(note, limit=1000), indent=4, label="  -", style="dim")


def _differences(page: TextPage, report: Report) -> None:
    table = differing(_told(report), report.reference)
    if not table.sections:
        return
    page.title("What differs from the reference")
    part = abridged(table, report.cells, report.reference, _fitting(page))
    rules = numbered(report.let_pass[:_RULES])
    _table(page, part, MATTERS, _elsewhere(report), rules=rules)
    used = {one for section in part.sections for row in section.rows for one in row.judged}
    signs = [f"{JUDGED_SIGN[one]} {JUDGED_MEANING[one]}" for one in JUDGED_SIGN if one in used]
    allowed = ["[n] allowed by rule n, below"] if Judged.ALLOWED in used else []
    page.line(Text("  " + "   ".join((*signs, *allowed, "= as the reference")), style="dim"))
    hidden = len(table.columns) - len(part.columns)
    if hidden:
        page.line(Text(f"  ... and {hidden} more cells{_elsewhere(report)}", style="dim"))


def _told(report: Report) -> list[CellJudgement]:
    """The cells that are shown in full."""
    whole = told_whole(report.cells, report.reference)
    return [one for one in report.cells if one.cell.id in whole]


def _left_open(page: TextPage, report: Report) -> None:
    if not report.not_judged:
        return
    table = left_open(report.not_judged, _told(report), report.reference)
    page.title("Not judged: no rule says yet how far these may differ")
    part = abridged(table, report.cells, report.reference, _fitting(page))
    _table(page, part, 2 * MATTERS, _elsewhere(report), headed=False)
    hidden = len(table.columns) - len(part.columns)
    if hidden:
        page.line(Text(f"  ... and {hidden} more cells{_elsewhere(report)}", style="dim"))


def _let_pass(page: TextPage, report: Report) -> None:
    if not report.let_pass:
        return
    page.title("Differences that a rule let pass")
    rows = [
        [
            Text(f"[{number}]"),
            said(rule_word(use)),
            said(use_word(use)),
            said(use.rule.reason or "no reason is given"),
        ]
        for number, use in enumerate(report.let_pass[:_RULES], 1)
    ]
    page.lines(columns(rows, indent=2, widest=_WIDEST_RULE, first=_WIDEST_RULE))
    if len(report.let_pass) > _RULES:
        more = f"  ... and {len(report.let_pass) - _RULES} more rules{_elsewhere(report)}"
        page.line(Text(more, style="dim"))


def _fitting(page: TextPage) -> int:
    """How many cells fit beside the facts and the reference."""
    return max(1, (page.width - 2 - _LABEL) // (_NARROW + 2) - 1)


def _table(
    page: TextPage,
    table: SideBySide,
    most: int,
    more: str,
    *,
    headed: bool = True,
    rules: Mapping[Expectation, int] = {},
) -> None:
    """Write all sections with common columns: each has a head, its first rows, and a count of the
    rest."""
    lead = "  " if headed else ""
    rows = [[Text(""), *(said(name, "dim") for name in table.columns)]]
    for section in table.sections:
        for row in section.rows[:most]:
            numbers = (rules.get(one, 0) if one else 0 for one in row.by)
            values = map(_value, row.values, row.judged, numbers)
            rows.append([said(f"{lead}{row.fact}"), *values])
    room = (page.width - 2 - _LABEL) // max(1, len(table.columns)) - 2
    aligned = iter(columns(rows, indent=2, widest=max(_NARROW, min(_VALUE, room)), first=_LABEL))
    page.line(next(aligned))
    for section in table.sections:
        if headed:
            page.line(Text(f"  {clean_line(section.name)} ({len(section.rows)})"))
        page.lines(islice(aligned, min(most, len(section.rows))))
        if len(section.rows) > most:
            rest = f"  {lead}... and {len(section.rows) - most} more{more}"
            page.line(Text(rest, style="dim"))


def _value(value: str, how: Judged | None, rule: int) -> Text:
    mark = JUDGED_SIGN.get(how, "") if how else ""
    if how is Judged.ALLOWED and rule:
        mark = f"[{rule}]"
    style = COLOR[Verdict.DRIFT] if how is Judged.DRIFT else ""
    return said(f"{mark} {value}".strip(), style)


def _rests_on(page: TextPage, cells: Sequence[CellJudgement]) -> None:
    rows = []
    for level in shown_levels(cells):
        told = bases(cells, level)
        if told:
            rows.append((f"{level} {level.meaning}", "; ".join(told)))
    if rows:
        page.title("What the levels rest on")
        for name, methods in rows:
            page.paragraph(said(methods), indent=24, label=f"  {name}")


def _elsewhere(report: Report) -> str:
    return f" ({report.everything})" if report.everything else ""

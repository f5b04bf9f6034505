"""The report as GitHub shows it: a job summary, and annotations on the rows of matrix.yaml.

The summary is Markdown and small: what is new or changed comes first, details are folded, and what
does not fit is counted and linked. Annotations are workflow commands; text from an image is escaped
in them so that it can neither end a command nor begin another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.compare.judgement import CellJudgement, Finding, same_for_several
from harness.compare.rules import Judged
from harness.formats.markdown_parts import (
    CELL,
    difference_row,
    finding_details,
    finding_head,
    fitting,
    folded,
    grid,
    signs,
)
from harness.formats.marks import VERDICT_SIGN
from harness.formats.night_parts import event_details, event_head, event_line
from harness.formats.nights import against, is_quiet, standing, unseen
from harness.formats.report import Report
from harness.formats.sentences import counted, finding_word
from harness.formats.table import table
from harness.model import Place, Verdict
from harness.nights.telling import first_line
from harness.nights.values import Event, Standing
from harness.text import COMMAND_LIMIT, clean_line, code, html, inert_in_ci, markdown

MOST = 1024 * 1024
"""Bytes; GitHub shows no summary at all for a step that exceeds this."""
BUDGET = 256 * 1024
"""At most so many bytes of UTF-8: people read it, and other summaries may share the step."""
SHOWN = 10
"""How many annotations of one kind GitHub shows for a step; our last one counts the rest."""

_RESERVE = 1024
_GRID = 100
_OPEN_GRID = 30
"""A grid of at most so many cells is shown unfolded."""
_DIFFERENCES = 20
_CELLS = 8
_EVENTS = 200
_TITLE = 200
_LONG = 1000
_WORST_FIRST = (Verdict.INFRASTRUCTURE, Verdict.FAIL, Verdict.DRIFT)


# --- the summary ---------------------------------------------------------------------------------


def render(report: Report, budget: int = BUDGET, link: str = "") -> str:
    """Render the summary in at most `budget` bytes; `link` is a URL of the whole report."""
    kept, left_out = fitting(_parts(report), budget - _RESERVE)
    if left_out:
        kept.append(
            f"**{left_out} more parts were left out to keep this below {budget // 1024} KiB.** "
            + _everything(report, link)
        )
    return inert_in_ci("\n\n".join(kept) + "\n")


def _everything(report: Report, link: str) -> str:
    """A sentence that says where to read what was left out."""
    if link:
        return f"[All of it]({link}) is among the artifacts of this run."
    return f"All of it: {code(report.everything, COMMAND_LIMIT)}"


def _parts(report: Report) -> Iterator[str]:
    if report.night is not None:
        yield f"## {markdown(first_line(report.night.events))}"
    yield f"**{markdown(report.summary, _LONG)}**"
    yield markdown(" · ".join(report.heading), _LONG)
    if report.night is not None:
        yield from _events(report.night.events)
        if report.night.unseen:
            lines = "\n".join(f"- {markdown(unseen(one), _LONG)}" for one in report.night.unseen)
            yield folded(f"{len(report.night.unseen)} accepted and no longer seen", lines)
        yield markdown(against(report.night), _LONG)
    else:
        yield from _findings(report)
    yield from _grid(report)
    if report.night is not None and report.findings:
        told = "\n".join(
            f"- {finding_head(one, cells, _CELLS)}"
            for one, cells in same_for_several(report.findings)[:_EVENTS]
        )
        yield folded("what the run shows by itself, without the baseline", told)
    if report.notices:
        lines = "\n".join(f"- {markdown(one, _LONG)}" for one in report.notices[:_EVENTS])
        yield folded(f"{len(report.notices)} notices", lines)
    steps = (f"- {code(command, COMMAND_LIMIT)}: {what}" for command, what in report.next_steps)
    yield folded("what to do next", "\n".join(steps))
    yield f"{markdown(report.records, _LONG)}. Exit status {int(report.exit)}."
    for cell in report.cells:
        yield from _differences(cell, report)


def _events(events: Sequence[Event]) -> Iterator[str]:
    for event in events:
        if not is_quiet(event):
            lines = "\n".join(event_details(event))
            yield f"{event_head(event)}\n\n{folded('details', lines)}"
    quiet = [event_line(event) for event in events if is_quiet(event)]
    for start in range(0, len(quiet), _EVENTS):
        some = quiet[start : start + _EVENTS]
        yield folded(f"{len(some)} known or fixed", "\n".join(some))


def _findings(report: Report) -> Iterator[str]:
    for finding, cells in same_for_several(report.findings):
        head = finding_head(finding, cells, _CELLS)
        lines = "\n".join(finding_details(finding))
        yield f"{head}\n\n{folded('details', lines)}" if lines else head


def _grid(report: Report) -> Iterator[str]:
    if not report.cells:
        return
    ranked = sorted(report.cells, key=lambda one: -one.verdict.severity)
    kept = {one.row for one in ranked[:_GRID]}
    shown = [one for one in report.cells if one.row in kept]
    told = grid(report, shown, _GRID) + "\n\n" + signs(report).removeprefix("\\\n")
    if len(report.cells) <= _OPEN_GRID:
        yield told
    else:
        more = f", the worst {len(shown)}" if len(shown) < len(report.cells) else ""
        yield folded(f"{len(report.cells)} cells{more}", told)


def _differences(cell: CellJudgement, report: Report) -> Iterator[str]:
    """What differs from the reference, folded: drift first, and at most the first `_DIFFERENCES`
    rows."""
    if not cell.differences:
        return
    name = html(f"{cell.cell.id}: {counted(cell.differences)} differ", _LONG)
    ranked = sorted(cell.differences, key=lambda one: one.judged is not Judged.DRIFT)
    head = ["fact", "here", "reference", "judged", "why"]
    told = table(head, [difference_row(one) for one in ranked[:_DIFFERENCES]])
    more = len(ranked) - _DIFFERENCES
    if more > 0:
        told += f"\n\n... and {more} more: {code(report.everything, COMMAND_LIMIT)}"
    yield folded(name, told)


# --- annotations ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class _Annotation:
    """One annotation of a kind (error or warning) on a cell's row."""

    kind: str
    title: str
    message: str
    place: Place | None


def commands(report: Report, file: str = "") -> str:
    """The annotations as workflow commands, one a line: an error for each finding or event that
    makes the exit status non-zero, a warning for any other that needs attention. `file` is the path
    of matrix.yaml from the root of the repository; if empty, it is outside the repository and no
    line is annotated."""
    places = {cell.cell.id: cell.cell.place for cell in report.cells}
    every = list(
        _of_night(report.night.events, places) if report.night else _of_run(report, places)
    )
    lines = []
    for kind in ("error", "warning"):
        of_kind = [one for one in every if one.kind == kind]
        shown = of_kind if len(of_kind) <= SHOWN else of_kind[: SHOWN - 1]
        lines += [_command(one, file) for one in shown]
        if len(shown) < len(of_kind):
            rest = f"{len(of_kind) - len(shown)} more stand in the summary of this job"
            lines.append(
                _command(_Annotation(kind=kind, title="and more", message=rest, place=None))
            )
    return "".join(f"{line}\n" for line in lines)


def _of_night(events: Sequence[Event], places: dict[str, Place | None]) -> Iterator[_Annotation]:
    for event in events:
        if is_quiet(event):
            continue
        alarm = event.verdict in _WORST_FIRST and event.standing is not Standing.OPEN
        yield _Annotation(
            kind="error" if alarm else "warning",
            title=f"{standing(event)} {event.id}",
            message=f"{_listed(event.cells)}: {event.title}",
            place=places.get(event.cells[0]) if event.cells else None,
        )


def _of_run(report: Report, places: dict[str, Place | None]) -> Iterator[_Annotation]:
    for finding, cells in same_for_several(report.findings):
        if finding.verdict is Verdict.PASS:
            continue
        yield _Annotation(
            kind="error" if finding.verdict in _WORST_FIRST else "warning",
            title=_title(finding),
            message=f"{_listed(cells)}: {finding.title}",
            place=places.get(cells[0]),
        )


def _title(finding: Finding) -> str:
    return f"{VERDICT_SIGN[finding.verdict]} {finding_word(finding)} {finding.id}"


def _listed(cells: Sequence[str]) -> str:
    more = f" and {len(cells) - _CELLS} more" if len(cells) > _CELLS else ""
    return ", ".join(clean_line(one, CELL) for one in cells[:_CELLS]) + more


def _command(one: _Annotation, file: str = "") -> str:
    """One workflow command. Property values must contain neither commas nor colons, and the message
    no line break; a percent sign would be read as the start of an escape."""
    where = []
    if file:
        where.append(f"file={_property(file)}")
        if one.place is not None:
            where.append(f"line={one.place.line}")
    where.append(f"title={_property(one.title)}")
    return f"::{one.kind} {','.join(where)}::{_data(clean_line(one.message, _LONG))}"


def _data(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    # older runners read `##[...]` as a command, anywhere in a line
    return escaped.replace("##", "#%23")


def _property(text: str) -> str:
    return _data(clean_line(text, _TITLE)).replace(":", "%3A").replace(",", "%2C")

"""The report as JUnit XML for CI services, with one test suite for each cell.

The cases of a cell are the levels it should reach, and one for its agreement with what it is
compared with. They are the same every night; each finding is put under the case it concerns. Only
what makes the exit status non-zero is an error or a failure; known events and unverified results
are skipped with a reason.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.compare.judgement import CellJudgement, Finding
from harness.compare.levels import LevelStanding
from harness.formats.nights import WORDS, accepted
from harness.formats.report import Report
from harness.formats.sentences import finding_word, traceback_lines
from harness.model import Level, Verdict
from harness.nights.values import Event, Standing
from harness.text import clean_line, inert_in_ci

AGREES = "agrees"
"""The name of the case for everything that is not about levels."""
_RED = {Verdict.FAIL: "failure", Verdict.DRIFT: "failure", Verdict.INFRASTRUCTURE: "error"}
_QUIET = (Standing.KNOWN, Standing.FIXED)
_LONG = 4000
_TRACEBACK = 40
_MOST = 50
"""At most so many findings have their text in one case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _SuiteOfCell:
    """A finding, with the event it belongs to."""

    finding: Finding
    event: Event | None
    """None if the run was not compared with a baseline."""

    @property
    def element(self) -> str:
        """The element of its case: failure, error or skipped; empty if it adds none."""
        if self.finding.verdict is Verdict.PASS:
            return ""
        if self.event is not None and self.event.standing in _QUIET:
            return "skipped"
        return _RED.get(self.finding.verdict, "skipped")

    @property
    def word(self) -> str:
        """The verdict; in a night, preceded by the standing of the event."""
        verdict = finding_word(self.finding)
        return verdict if self.event is None else f"{WORDS[self.event.standing]}, {verdict}"


def render(report: Report) -> str:
    """Render the report as JUnit XML."""
    root = ElementTree.Element("testsuites", name=_line(report.heading[0]))
    told = _told(report)
    ids = [cell.cell.id for cell in report.cells]
    for cell in report.cells:
        _suite(root, report, cell.cell.id, _cases(cell), told.get(cell.cell.id, []), cell)
    for gone in told:
        if gone not in ids:
            _suite(root, report, gone, [(AGREES, "", "")], told[gone], None)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ElementTree.indent(root, " ")
    text = ElementTree.tostring(root, encoding="unicode")
    return inert_in_ci(f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n')


def _told(report: Report) -> dict[str, list[_SuiteOfCell]]:
    """The findings of each cell; in a night, those of events that are not fixed."""
    found: dict[str, list[_SuiteOfCell]] = {}
    if report.night is None:
        for one in report.findings:
            found.setdefault(one.cell, []).append(_SuiteOfCell(finding=one, event=None))
        return found
    for event in report.night.events:
        if event.standing is not Standing.FIXED:
            for one in event.findings:
                found.setdefault(one.cell, []).append(_SuiteOfCell(finding=one, event=event))
    return found


def _cases(cell: CellJudgement) -> list[tuple[str, str, str]]:
    """(name, element, text) of every case of a cell, from the levels alone. A level that is missed
    without a finding was expected to be missed."""
    cases = []
    for mark in cell.ladder.marks:
        if mark.level.rank > cell.wanted.rank:
            continue
        untold = mark.standing in (LevelStanding.UNVERIFIED, LevelStanding.BLOCKED)
        element = "skipped" if untold and not cell.fails_as_expected else ""
        cases.append((_name(mark.level), element, mark.why))
    return [*cases, (AGREES, "", "")]


def _name(level: Level) -> str:
    return f"{level} {level.meaning}"


def _case_of(finding: Finding, cell: CellJudgement | None) -> str:
    """The name of the case that a finding belongs to."""
    if cell is None:
        return AGREES
    wanted = [one for one in cell.ladder.marks if one.level.rank <= cell.wanted.rank]
    if finding.level is not None and finding.level in {one.level for one in wanted}:
        return _name(finding.level)
    gap = next((one for one in wanted if one.standing is not LevelStanding.REACHED), None)
    if gap is not None and finding.verdict in (Verdict.FAIL, Verdict.INFRASTRUCTURE):
        return _name(gap.level)
    return AGREES


def _suite(
    root: ElementTree.Element,
    report: Report,
    name: str,
    cases: Sequence[tuple[str, str, str]],
    told: Sequence[_SuiteOfCell],
    cell: CellJudgement | None,
) -> None:
    suite = ElementTree.SubElement(root, "testsuite", name=_line(name))
    suite.set("timestamp", _line(report.runs[-1].started if report.runs else ""))
    if cell is not None:
        properties = ElementTree.SubElement(suite, "properties")
        for key, value in (("verdict", str(cell.verdict)), ("level", str(cell.level))):
            ElementTree.SubElement(properties, "property", name=key, value=value)
    counts = {"tests": 0, "failure": 0, "error": 0, "skipped": 0}
    for case, element, why in cases:
        made = ElementTree.SubElement(suite, "testcase", name=case, classname=_line(name))
        if cell is not None and cell.cell.place is not None:
            made.set("file", _line(cell.cell.place.path))
            made.set("line", str(cell.cell.place.line))
        own = [one for one in told if _case_of(one.finding, cell) == case]
        counts["tests"] += 1
        if ended := _result(made, own) or _untold(made, element, why):
            counts[ended] += 1
    for attribute, count in zip(
        ("tests", "failures", "errors", "skipped"), counts.values(), strict=True
    ):
        suite.set(attribute, str(count))


def _result(case: ElementTree.Element, told: Sequence[_SuiteOfCell]) -> str:
    """Write findings into their case, the worst first. Returns the name of the element that was
    added."""
    order = ("error", "failure", "skipped")
    ended = sorted((one for one in told if one.element), key=lambda one: order.index(one.element))
    if not ended:
        if told:
            _output(case, (line for one in told for line in _lines(one)))
        return ""
    first = ended[0]
    more = f" (and {len(ended) - 1} more)" if len(ended) > 1 else ""
    made = ElementTree.SubElement(case, first.element)
    made.set("type", first.word if first.element == "skipped" else str(first.finding.verdict))
    made.set("message", _line(f"{first.finding.title}{more}"))
    lines = [line for one in ended[:_MOST] for line in (*_lines(one), "")]
    if len(ended) > _MOST:
        lines.append(f"... and {len(ended) - _MOST} more")
    made.text = "\n".join(lines).rstrip("\n")
    return first.element


def _untold(case: ElementTree.Element, element: str, why: str) -> str:
    """Mark a level that was not reached and has no finding, so that it does not count as passed."""
    if element:
        ElementTree.SubElement(case, element, type=str(Verdict.UNVERIFIED), message=_line(why))
    elif why:
        _output(case, (clean_line(why, _LONG),))
    return element


def _output(case: ElementTree.Element, lines: Iterable[str]) -> None:
    ElementTree.SubElement(case, "system-out").text = "\n".join(lines)


def _lines(one: _SuiteOfCell) -> Iterable[str]:
    found = one.finding
    yield f"{one.word}: {clean_line(found.title, _LONG)} ({found.id})"
    if one.event is not None and one.event.acceptance is not None:
        yield f"accepted {clean_line(accepted(one.event.acceptance), _LONG)}"
    yield from (clean_line(line, _LONG) for line in found.evidence if line.strip())
    if found.cause:
        yield f"cause: {clean_line(found.cause, _LONG)}"
    if found.remedy:
        yield f"remedy: {clean_line(found.remedy, _LONG)}"
    yield from (clean_line(line) for line in traceback_lines(found.traceback, _TRACEBACK))


def _line(text: str) -> str:
    return clean_line(text, _LONG)

"""A judgement seen from one question: what a probe answered for a cell, or whether an expectation
held.

The findings are those of the report on the run, each assigned to the questions it rests on. A
finding about a whole cell (no probe can show a level it should reach) belongs to all of its probes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.compare.claims import contradictions
from harness.compare.defects import without_told
from harness.compare.differences import Difference, variations
from harness.compare.evidence import show
from harness.compare.findings import of_broken_reference, of_drift, of_variation
from harness.compare.judge import judge
from harness.compare.judgement import (
    CellJudgement,
    Finding,
    Judgement,
    as_reference,
    finding,
    worst_of,
)
from harness.compare.kinds import FindingKind
from harness.compare.levels import LevelMark, LevelStanding
from harness.compare.rounds import BY_ROUNDS
from harness.compare.rules import Judged, expectation_for, run_date
from harness.compare.statistics.decision import Decision
from harness.compare.telling import why_untold
from harness.compare.view import View, views
from harness.model import Expectation, Level, Outcome, Probe, Record, Run, Verdict
from harness.probing.probe import applies
from harness.text import clean_line, inert_in_ci


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemOutcome:
    """The result of one question."""

    verdict: Verdict | None
    """None where the question does not apply."""
    reason: str = ""
    """One line, safe to print; empty where all is well and there is nothing to mention."""
    message: str = ""
    """The findings as text for a person, safe to print; empty where there are none. A test that
    passes has some where it fails as expected."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """The records of a run, judged."""

    judgement: Judgement
    views: Mapping[str, View]

    def cell(self, cell: str) -> CellJudgement:
        """Return the judgement of a cell. Raises KeyError where the run has none with that id."""
        for judged in self.judgement.cells:
            if judged.cell.id == cell:
                return judged
        raise KeyError(cell)


def results_of(run: Run, records: Sequence[Record]) -> Results:
    """Judge a run's records. To judge only some cells, pass a run that was `restricted` to them."""
    return Results(
        judgement=judge(run, records),
        views={view.row: view for view in views(run, records)},
    )


def restricted(run: Run, cells: Iterable[str]) -> Run:
    """Return the run as if only these cells had been planned."""
    kept = set(cells)
    return replace(
        run,
        cells=tuple(cell for cell in run.cells if cell.id in kept),
        pairs=tuple(pair for pair in run.pairs if pair[0] in kept),
    )


def probe_outcome(
    results: Results, cell: str, probe: str, suite_probes: Sequence[Probe]
) -> ItemOutcome:
    """Judge one probe's answers, in all rounds, for one cell.

    `suite_probes` are all probes of the suite, whether asked or not: a finding that none of them
    could settle is reported for each. Raises KeyError where the run has no such cell.
    """
    judged, view = results.cell(cell), results.views[cell]
    records = [one for (_, name), one in view.answers.items() if name == probe]
    if records and all(one.outcome is Outcome.NOT_APPLICABLE for one in records):
        return ItemOutcome(verdict=None, reason=_line(records[0].reason))
    findings = (
        *(one for one in judged.findings if probe in one.probes),
        *_of_its_levels(view, judged, probe, records),
        *_of_nobody(view, judged, suite_probes),
        *_of_the_reference(results, view, probe),
        *of_drift(
            view.cell,
            _reference(results, view).cell,
            without_told((one for one in _by_value(judged) if one.probe == probe), judged.findings),
        ),
        *_of_rounds(view, probe),
    )
    if findings:
        return _told(findings)
    if any(one.outcome is not Outcome.OK for one in records):
        noted = (note.text for note in judged.notes if probe in note.probes)
        why = next(noted, f"{probe} has no answer")
        return ItemOutcome(verdict=Verdict.UNVERIFIED, reason=_line(why))
    return ItemOutcome(verdict=Verdict.PASS)


def expectation_outcome(results: Results, expectation: Expectation) -> ItemOutcome:
    """Judge whether any cell breaks an expectation; unverified where nothing it matches was
    compared."""
    run = results.judgement.run
    rules = run.rules.expectations
    findings: list[Finding] = []
    held = 0
    open_: list[str] = []
    for judged in results.judgement.cells:
        view = results.views[judged.cell.id]
        ours = [
            one
            for one in _by_value(judged)
            if expectation_for(rules, one.fact, view.row) == expectation
        ]
        findings += of_drift(view.cell, _reference(results, view).cell, ours)
        findings += of_variation(
            view.cell,
            [
                one
                for one in variations(
                    view.facts, expectations=rules, cell=view.row, at=run_date(run)
                )
                if expectation_for(rules, one.fact, view.row) == expectation
            ],
        )
        if expectation.rule == "equivalent":
            told = _over_rounds(judged, expectation)
            findings += told.findings
            open_ += told.open_
            held += told.held
            continue
        open_ += [one.reason for one in ours if one.judged is Judged.NOT_JUDGED]
        held += sum(one.judged in (Judged.ALLOWED, Judged.SAME) for one in ours)
        if judged.compared:
            held += _alike(results, view, judged, expectation)
    if findings:
        return _told(findings)
    # What rounds leave open for one cell is not settled by what they show for another.
    if held and not (open_ and expectation.rule == "equivalent"):
        return ItemOutcome(verdict=Verdict.PASS)
    why = open_[0] if open_ else f"nothing that `{expectation.facts}` matches was compared"
    return ItemOutcome(verdict=Verdict.UNVERIFIED, reason=_line(why))


@dataclass(frozen=True, kw_only=True, slots=True)
class _OverRounds:
    """How a cell fares under a rule that is judged over rounds."""

    findings: tuple[Finding, ...]
    open_: tuple[str, ...]
    """For each undecided metric, why its rounds do not decide."""
    held: int
    """How many metrics are the same."""


def _over_rounds(judged: CellJudgement, expectation: Expectation) -> _OverRounds:
    ours = [one for one in judged.measured if one.rule == expectation]
    facts = {one.metric.fact for one in ours if one.decided.decision is Decision.DRIFT}
    return _OverRounds(
        findings=tuple(
            one
            for one in judged.findings
            if one.kind in (FindingKind.TIME_DRIFTS, FindingKind.ACCURACY_DRIFTS)
            and facts.intersection(one.subject)
        ),
        open_=tuple(
            f"{judged.cell.id}: {one.metric.fact}: {why_untold(one)}"
            for one in ours
            if one.primary and one.decided.decision not in (Decision.SAME, Decision.DRIFT)
        ),
        held=sum(one.primary and one.decided.decision is Decision.SAME for one in ours),
    )


def explained(findings: Iterable[Finding]) -> str:
    """Write findings for a person to read in a failed test: short, and safe to print."""
    lines: list[str] = []
    for one in findings:
        lines.append(f"{one.verdict}: {clean_line(one.cell)}: {clean_line(one.title)}")
        lines += [f"    {clean_line(line)}" for line in one.evidence]
        for name, text in (("cause", one.cause), ("remedy", one.remedy), ("shows", one.shows)):
            if text:
                lines.append(f"  {name}: {clean_line(text, 4000)}")
    return inert_in_ci("\n".join(lines))


def _line(text: str) -> str:
    """Return the text as one line that may stand anywhere in a test's report."""
    return inert_in_ci(clean_line(text))


def _told(findings: Iterable[Finding]) -> ItemOutcome:
    ordered = tuple(sorted(dict.fromkeys(findings), key=lambda one: -one.verdict.severity))
    return ItemOutcome(
        verdict=worst_of(ordered),
        reason=_line(ordered[0].title),
        message=explained(ordered),
    )


def _by_value(judged: CellJudgement) -> Iterator[Difference]:
    """Yield the cell's differences, except those judged over rounds, which have findings of their
    own."""
    return (one for one in judged.differences if one.rule != BY_ROUNDS)


def _reference(results: Results, view: View) -> View:
    """Return the view that a cell was compared with; its own where there is no other."""
    return results.views.get(results.judgement.reference, view)


def _of_its_levels(
    view: View, judged: CellJudgement, probe: str, records: Sequence[Record]
) -> Iterable[Finding]:
    """Yield findings about levels for which this probe's answers are evidence."""
    told = _by_level(judged)
    gap = next((one for one in view.ladder.marks if one.own is not LevelStanding.REACHED), None)
    for mark in view.ladder.marks:
        own = _statements(view, probe, mark.level, records)
        if not own or mark.level.rank > view.cell.level.rank:
            continue
        untold = mark.own is LevelStanding.UNVERIFIED and not mark.by_outcome
        if Verdict.FAIL in own or (untold and Verdict.UNVERIFIED in own):
            yield from told.get(mark.level, ())
        if mark.standing is LevelStanding.BLOCKED and gap is not None:
            yield _above_a_gap(view, judged, probe, mark, gap)


def _by_level(judged: CellJudgement) -> Mapping[Level, Sequence[Finding]]:
    """Return the cell's findings by level. An expected failure is about the levels of the findings
    under it."""
    told: dict[Level, list[Finding]] = {}
    for one in judged.findings:
        for level in dict.fromkeys(each.level for each in (one, *one.under)):
            if level is not None:
                told.setdefault(level, []).append(one)
    return told


def _statements(view: View, probe: str, level: Level, records: Sequence[Record]) -> set[Verdict]:
    """Return what the probe's answers say about a level; empty where they say nothing."""
    against = {
        shown.verdict
        for record in records
        if level is Level.L1
        for shown in contradictions(view.cell, [record])
    }
    return against | frozenset(
        show(view.run, view.cell, one, evidence, record).verdict
        for one in view.run.probes
        if one.name == probe
        for evidence in one.evidence
        if evidence.level is level
        for record in records
        if record.outcome is Outcome.OK
    )


def _above_a_gap(
    view: View, judged: CellJudgement, probe: str, mark: LevelMark, gap: LevelMark
) -> Finding:
    """Return the finding that something shown above a missed level does not count. Where that
    missed level is the expected failure, the expected failure is reported for this probe too."""
    for one in judged.findings:
        if one.kind is FindingKind.FAILS_AS_EXPECTED:
            return one
    words = {
        "probe": probe,
        "level": mark.level,
        "meaning": mark.level.meaning,
        "gap": gap.level,
        "gap_meaning": gap.level.meaning,
        "why": gap.why,
        "remedy": gap.remedy,
    }
    return finding(FindingKind.ABOVE_A_GAP, view.cell, words, probes=(probe,), level=mark.level)


def _of_nobody(
    view: View, judged: CellJudgement, suite_probes: Sequence[Probe]
) -> Iterable[Finding]:
    """Yield findings about levels that no probe of the suite could show for this cell."""
    could = {
        evidence.level
        for probe in suite_probes
        if applies(probe, view.cell)
        for evidence in probe.evidence
    }
    for one in judged.findings:
        if one.kind is FindingKind.LEVEL_UNTOLD and one.level not in could:
            yield one


def _of_the_reference(results: Results, view: View, probe: str) -> Iterable[Finding]:
    reference = _reference(results, view)
    compared = results.cell(view.row).compared
    if reference is not view and probe in view.answered and not compared:
        verdict = as_reference(results.cell(reference.row).findings)
        yield of_broken_reference(view.cell, reference.cell, verdict)


def _of_rounds(view: View, probe: str) -> tuple[Finding, ...]:
    facts = {name: one for name, one in view.facts.items() if one.probe == probe}
    varying = variations(
        facts,
        expectations=view.run.rules.expectations,
        cell=view.row,
        at=run_date(view.run),
    )
    return of_variation(view.cell, varying)


def _alike(results: Results, view: View, judged: CellJudgement, expectation: Expectation) -> int:
    """Count the facts matched by the expectation that are equal to the reference's."""
    reference = _reference(results, view)
    different = {one.fact for one in judged.differences}
    rules = results.judgement.run.rules.expectations
    return sum(
        fact in reference.facts
        and fact not in different
        and expectation_for(rules, fact, view.row) == expectation
        for fact, merged in view.facts.items()
        if merged.probe not in judged.left_out
    )

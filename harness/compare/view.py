"""One cell's records as judging needs them, and the comparison of two such views."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.compare.accounting import account_of
from harness.compare.answered import Answered, answered
from harness.compare.busy import BusyRound, busy_rounds
from harness.compare.claims import claims_of
from harness.compare.contradictions import of_contradictions
from harness.compare.defects import of_defects
from harness.compare.differences import Compared, variations
from harness.compare.early import EarlyLosses
from harness.compare.expected import hold_expected
from harness.compare.explained import together as explained
from harness.compare.facts import Books, Merged, books_of, merged_over_rounds, parts_of
from harness.compare.files import FileRules, of_files
from harness.compare.findings import (
    of_images,
    of_levels,
    of_missing,
    of_outcomes,
    of_variation,
)
from harness.compare.given import given_twice, of_given_twice
from harness.compare.judgement import (
    CellJudgement,
    ExpectedOutcome,
    Finding,
    Headline,
    Note,
    worst_of,
)
from harness.compare.kept import Later
from harness.compare.levels import Answers, Ladder, climb
from harness.compare.locked import note_of_tag, of_moved_tag
from harness.compare.measurement import Measured
from harness.compare.metrics import timed_answers
from harness.compare.numbers import of_numbers
from harness.compare.processors import processors, unsteady
from harness.compare.promised import of_promises
from harness.compare.saving import of_saving
from harness.compare.shapes import AnswerFacts, facts_of_cell
from harness.compare.shown import headline
from harness.model import Cell, Expectation, Level, Outcome, Record, Run, SecondOpinion

_OF_FILES = "packages"


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A cell, what was planned for it, what it answered, and the levels it reached by itself."""

    run: Run
    cell: Cell
    """Its id is the name under which it is reported."""
    row: str
    """Its id in its run, which expectations refer to."""
    planned: frozenset[str]
    """Names of the probes planned for it."""
    answers: Answers
    facts: Mapping[str, Merged]
    """Without facts that several probes give."""
    twice: Mapping[str, tuple[str, ...]]
    """Facts that several probes give, with the probes."""
    parts: Mapping[str, AnswerFacts] | None = None
    """Its facts by probe; parts with equal content are the same object in all cells. None where it
    has several rounds, or facts that several probes give."""
    answered: frozenset[str]
    """Names of the probes that answered in at least one round."""
    ladder: Ladder
    missing: tuple[str, ...]
    """The probe of every planned record that is missing."""
    opinion: SecondOpinion | None = None
    """What its files say; None where they were not read."""

    @property
    def speaks(self) -> str:
        """The probe to which statements about its files are attributed."""
        return _OF_FILES if _OF_FILES in self.planned else min(self.planned, default="")

    @property
    def told(self) -> tuple[Answered, ...]:
        """Its answers, each with what is known about how it was asked."""
        return answered(self.run, self.cell, self.answers.values())


def views(run: Run, records: Iterable[Record]) -> tuple[View, ...]:
    """Return a view for each cell of the run, in its order. Records that were not planned are left
    out."""
    if not isinstance(records, tuple):
        return _views(run, records)
    key = (id(run), id(records))
    kept = _LATELY.get(key)
    if kept is not None:
        return kept[2]
    made = _views(run, records)
    if len(_LATELY) >= _RUNS_KEPT:
        _LATELY.clear()
    _LATELY[key] = (run, records, made)
    return made


_RUNS_KEPT = 4
_LATELY: dict[tuple[int, int], tuple[Run, tuple[Record, ...], tuple[View, ...]]] = {}
"""Keyed by the identity of a run and its records, which the entry keeps alive. A night uses the
same views several times."""


def _views(run: Run, records: Iterable[Record]) -> tuple[View, ...]:
    planned: dict[str, set[str]] = defaultdict(set)
    for cell, probe in run.pairs:
        planned[cell].add(probe)
    answers: dict[str, dict[tuple[int, str], Record]] = defaultdict(dict)
    for record in records:
        if record.probe in planned[record.cell] and 1 <= record.round <= run.rounds_of(record.cell):
            answers[record.cell][(record.round, record.probe)] = record
    read = {one.cell: one for one in run.opinions or ()}
    books = books_of(run.probes)
    return tuple(
        _view((run, books), one, frozenset(planned[one.id]), answers[one.id], read.get(one.id))
        for one in run.cells
    )


def _view(
    asked: tuple[Run, Books],
    cell: Cell,
    planned: frozenset[str],
    answers: Answers,
    opinion: SecondOpinion | None,
) -> View:
    run, books = asked
    run = run.of(cell.id)  # A cell is judged on the host that it ran on.
    ordered = {key: answers[key] for key in sorted(answers)}
    records = tuple(ordered.values())
    parts = parts_of(books, records)
    whole = facts_of_cell(parts.values()) if parts is not None else None
    twice: Mapping[str, tuple[str, ...]] = {}
    facts: Mapping[str, Merged]
    if whole is not None:
        facts = whole
    else:
        twice = given_twice(records)
        facts = merged_over_rounds(books, records)
        facts = {name: one for name, one in facts.items() if name not in twice}
    return View(
        run=run,
        cell=cell,
        row=cell.id,
        planned=planned,
        answers=ordered,
        facts=facts,
        twice=twice,
        parts=None if twice else parts,
        answered=frozenset(one.probe for one in records if one.outcome is Outcome.OK),
        ladder=climb(run, cell, planned, ordered),
        opinion=opinion,
        missing=tuple(
            probe
            for probe in sorted(planned)
            for number in range(1, run.rounds_of(cell.id) + 1)
            if (number, probe) not in ordered
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """What was found about a cell without comparing it with another."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...]
    expected: ExpectedOutcome | None = None

    def and_of(self, *findings: Finding, notes: Iterable[Note] = ()) -> Own:
        """Return these with what a comparison adds."""
        told = tuple(notes)
        if not (findings or told):
            return self
        return replace(self, findings=(*self.findings, *findings), notes=(*self.notes, *told))

    def without_agreement(self) -> Own:
        """Return these without findings about L4. That level is shown by comparing, and the
        reference has nothing to agree with but itself."""
        if not self.findings:
            return self
        kept = tuple(one for one in self.findings if one.level is not Level.L4)
        return replace(self, findings=kept)


def own_findings(
    view: View,
    expectations: Iterable[Expectation],
    at: date | None,
    told: Sequence[Answered] | None = None,
) -> Own:
    """Return the findings and notes about a cell that need no reference. `told` is `view.told`,
    where the caller has it already."""
    expectations = tuple(expectations)
    probes = {probe.name: probe for probe in view.run.probes}
    outcomes, notes = of_outcomes(view.cell, probes, view.answers.values())
    planned = len(view.planned) * view.run.rounds_of(view.row)
    varying = (
        variations(view.facts, expectations=expectations, cell=view.row, at=at)
        if view.parts is None
        else ()
    )
    found = (
        *of_missing(view.cell, view.run, planned, view.missing),
        *outcomes,
        *of_levels(view.cell, view.ladder),
        *of_contradictions(view.cell, view.told if told is None else told),
        *of_variation(view.cell, varying),
        *of_images(view.cell, view.answers.values()),
        *of_moved_tag(view.cell, view.answers.values()),
        *of_given_twice(view.cell, view.twice),
        *of_defects(view.cell, view.facts, expectations=expectations, row=view.row, at=at),
        *of_saving(view.run, view.cell, view.facts, expectations=expectations, row=view.row, at=at),
        *of_promises(
            view.run, view.cell, view.facts, expectations=expectations, row=view.row, at=at
        ),
        *of_numbers(view.cell, view.facts, expectations=expectations, row=view.row),
    )
    rules = FileRules(expectations=tuple(expectations), row=view.row, at=at)
    files, passed = of_files(view.cell, view.opinion, view.facts, rules, (view.speaks,))
    held = hold_expected(view.cell, probes, view.ladder, (*found, *files), view.answered, at)
    changed = [Note(text=said) for said in unsteady(processors(view.facts))]
    notes = (*notes, *passed, *changed, *held.notes, *note_of_tag(view.answers.values()))
    raised = (one.raised for one in view.answers.values() if one.raised is not None)
    return Own(findings=explained(held.findings, raised), notes=notes, expected=held.outcome)


def conclude(
    view: View,
    own: Own,
    compared: Compared | None,
    measured: Sequence[Measured] = (),
    early: tuple[EarlyLosses, ...] = (),
    *,
    ladder: Ladder | None = None,
    whole: bool = True,
) -> CellJudgement:
    """Return a cell's judgement from its findings, its differences, and the results of its
    rounds. `ladder` is the one with L4, where that was looked at. Without `whole`, what only a
    report shows is left out of it."""
    ordered = tuple(sorted(own.findings, key=lambda one: -one.verdict.severity))
    counts = Counter(one.outcome for one in view.answers.values())
    return CellJudgement(
        cell=view.cell,
        verdict=worst_of(ordered),
        ladder=ladder or view.ladder,
        findings=ordered,
        notes=own.notes,
        differences=compared.differences if compared else (),
        same=compared.same if compared else 0,
        compared=compared is not None,
        left_out=compared.left_out if compared else (),
        headline=headline(view.facts) if whole else Headline(),
        processors=processors(view.facts) if whole else (),
        claims=claims_of(view.cell, view.run.probes, view.answers.values()) if whole else (),
        outcomes=tuple((outcome, counts[outcome]) for outcome in Outcome if outcome in counts),
        planned=len(view.planned) * view.run.rounds_of(view.row),
        missing=len(view.missing),
        expected=own.expected,
        row=view.row,
        measured=measured,
        early=early,
        accounted=Later(lambda: account_of(view.run, view.answers, view.facts)),
        busy=_busy(view) if whole else (),
    )


def _busy(view: View) -> tuple[BusyRound, ...]:
    """Return the rounds in which the host was too busy for the times that the cell told."""
    return busy_rounds(timed_answers(view.answers, view.parts), view.run.host.cores)

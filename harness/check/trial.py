"""The result of running an image here: as it is and, if that failed, with a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.check.foreseen import Change, Sign
from harness.check.measured import Seen, signs_of
from harness.compare.judge import judge_cell
from harness.compare.judgement import CellJudgement
from harness.compare.levels import LevelStanding
from harness.errors import Exit
from harness.knowledge.signatures import recognise
from harness.model import Cell, Level, Outcome, Record, Run, Verdict

_WELL = frozenset({Outcome.OK, Outcome.NOT_APPLICABLE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """The result of running the same image with a change."""

    change: Change
    judgement: CellJudgement
    run: str
    seen: Mapping[Sign, Seen] = field(default_factory=dict)
    """What the image showed with the change."""
    breakages: Mapping[str, str] = field(default_factory=dict)
    """Id of a known breakage -> the line that it was recognised by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """The result of running an image here."""

    run: str
    """Id of the run that keeps the records."""
    engine: str
    as_is: CellJudgement
    changed: Changed | None = None
    """The attempt with a change; None if there was nothing to try, or no need."""
    seen: Mapping[Sign, Seen] = field(default_factory=dict)
    """What the image showed as it is."""
    breakages: Mapping[str, str] = field(default_factory=dict)
    """Id of a known breakage -> the line that it was recognised by."""
    seconds: float = 0.0
    status: Exit = Exit.OK
    """OK, or another status where a signal ended it."""

    @property
    def works(self) -> bool:
        """Whether the image reaches the level it should, as it is."""
        return _reaches(self.as_is)

    @property
    def works_on_cpu(self) -> bool:
        """Whether it trains, but not on the GPU that it was given."""
        if not self.as_is.cell.gpu or self.works or self.as_is.level.rank < Level.L1.rank:
            return False
        return any(
            mark.level is Level.L3 and mark.own is LevelStanding.REACHED
            for mark in self.as_is.ladder.marks
        )

    @property
    def works_changed(self) -> bool:
        """Whether it reaches that level with the change alone."""
        return self.changed is not None and not self.works and _reaches(self.changed.judgement)

    @property
    def fails(self) -> bool:
        """Whether it misses that level as it is, and through its own fault."""
        return self.as_is.verdict is Verdict.FAIL and not self.works_on_cpu

    @property
    def settled(self) -> bool:
        """Whether running it answered the question."""
        return self.works or self.works_on_cpu or self.fails

    @property
    def last(self) -> CellJudgement:
        """The judgement of the last attempt: with the change if one was tried, because what still
        fails then is the open problem."""
        return self.changed.judgement if self.changed is not None else self.as_is

    def seen_by(self, change: Change | None) -> Mapping[Sign, Seen]:
        """The signs that decide a prediction whose remedy is `change`.

        For the change that was tried, these are the signs of the image as it is. For all other
        predictions, the signs seen with the change are added and win.
        """
        if self.changed is None or change == self.changed.change:
            return self.seen
        return {**self.seen, **self.changed.seen}

    @property
    def recognised(self) -> Mapping[str, str]:
        """Known breakages of both attempts, those of the last attempt first."""
        changed = self.changed.breakages if self.changed is not None else {}
        return {**changed, **{id: line for id, line in self.breakages.items() if id not in changed}}

    @property
    def kept_from(self) -> bool:
        """Whether the infrastructure, not the image, prevented it from being run."""
        return self.as_is.verdict is Verdict.INFRASTRUCTURE


def trial_of(run: Run, records: Sequence[Record], cell: Cell) -> Trial:
    """The trial from a run of this cell, as far as the run got.

    A failure that a suite expects counts as a failure here: the image is no more usable for it.
    """
    of_cell = [one for one in records if one.cell == cell.id]
    return Trial(
        run=run.id,
        engine=f"{run.engine.name} {run.engine.version}".strip(),
        as_is=judged_plainly(run, of_cell, cell),
        seen=signs_of(cell, run.probes, of_cell),
        breakages=breakages_in(of_cell),
    )


def changed_trial(run: Run, records: Sequence[Record], cell: Cell, change: Change) -> Changed:
    """The second attempt, from a run of the changed cell."""
    of_cell = [one for one in records if one.cell == cell.id]
    return Changed(
        change=change,
        judgement=judged_plainly(run, of_cell, cell),
        run=run.id,
        seen=signs_of(cell, run.probes, of_cell),
        breakages=breakages_in(of_cell),
    )


def judged_plainly(run: Run, records: Sequence[Record], cell: Cell) -> CellJudgement:
    """Judge a cell without regard to the failure that a suite may expect of it."""
    plain = replace(run, cells=tuple(replace(one, expect=None) for one in run.cells))
    return judge_cell(plain, records, cell.id)


def breakages_in(records: Sequence[Record]) -> Mapping[str, str]:
    """Known breakages in the texts of records that did not end well: id -> the line it was in."""
    found = recognise(text for one in records if one.outcome not in _WELL for text in _texts(one))
    return {one.breakage.id: one.line for one in found}


def _texts(record: Record) -> tuple[str, ...]:
    raised = record.raised
    told = (raised.traceback, f"{raised.type}: {raised.message}") if raised else ()
    return (*told, record.reason, record.noise)


def _reaches(judgement: CellJudgement) -> bool:
    return judgement.level.rank >= judgement.wanted.rank

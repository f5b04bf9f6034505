"""An image that was run here: how far it got, as it is and, where that failed, with a change."""

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
    """The same image, started with a change."""

    change: Change
    judgement: CellJudgement
    run: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What became of it."""

    run: str
    """Id of the run that keeps the records."""
    engine: str
    as_is: CellJudgement
    changed: Changed | None = None
    """None: there was nothing to try, or no need."""
    seen: Mapping[Sign, Seen] = field(default_factory=dict)
    """What the image showed as it is."""
    breakages: Mapping[str, str] = field(default_factory=dict)
    """Id of a known breakage -> the line that it was recognised by."""
    seconds: float = 0.0
    status: Exit = Exit.OK
    """Another than OK: a signal ended it."""

    @property
    def works(self) -> bool:
        """Whether it reaches the level it should, as it is."""
        return _reaches(self.as_is)

    @property
    def works_on_cpu(self) -> bool:
        """Whether it learns, though on no GPU where there is one."""
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
        """Whether it misses that level as it is, by its own fault."""
        return self.as_is.verdict is Verdict.FAIL and not self.works_on_cpu

    @property
    def settled(self) -> bool:
        """Whether running it answered the question."""
        return self.works or self.works_on_cpu or self.fails

    @property
    def kept_from(self) -> bool:
        """Whether something around it kept it from being run."""
        return self.as_is.verdict is Verdict.INFRASTRUCTURE


def trial_of(run: Run, records: Sequence[Record], cell: Cell) -> Trial:
    """The trial that a run of this cell was, as far as it went. That a suite expects it to fail
    makes it no better to use."""
    plain = replace(run, cells=tuple(replace(one, expect=None) for one in run.cells))
    of_cell = [one for one in records if one.cell == cell.id]
    found = recognise(text for one in of_cell if one.outcome not in _WELL for text in _texts(one))
    return Trial(
        run=run.id,
        engine=f"{run.engine.name} {run.engine.version}".strip(),
        as_is=judge_cell(plain, of_cell, cell.id),
        seen=signs_of(cell, run.probes, of_cell),
        breakages={one.breakage.id: one.line for one in found},
    )


def _texts(record: Record) -> tuple[str, ...]:
    raised = record.raised
    told = (raised.traceback, f"{raised.type}: {raised.message}") if raised else ()
    return (*told, record.reason, record.noise)


def _reaches(judgement: CellJudgement) -> bool:
    return judgement.level.rank >= judgement.wanted.rank

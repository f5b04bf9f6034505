"""The values judging ends in: findings, a cell's judgement, a run's, a comparison's."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.compare.differences import Difference
from harness.compare.levels import Ladder
from harness.errors import Exit
from harness.model import Cell, Fact, Level, Nature, Outcome, Run, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One judged difference or defect of one cell. Its texts quote what images said: a report
    must escape them."""

    verdict: Verdict
    cell: str
    title: str
    evidence: tuple[str, ...] = ()
    cause: str = ""
    """Empty: not known."""
    remedy: str = ""
    probe: str = ""
    """The probes it rests on, comma-separated; empty: none in particular."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """The three numbers people ask for first; None where they were not measured."""

    accuracy: float | None = None
    """Test accuracy, 0 to 1, median over rounds."""
    loss: float | None = None
    """Loss at the last step, median over rounds."""
    step_seconds: float | None = None
    """Median time of a training step after the first, median over rounds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellJudgement:
    """One cell: its verdict, the worst of its findings; its ladder; how it differs."""

    cell: Cell
    verdict: Verdict
    ladder: Ladder
    findings: tuple[Finding, ...]
    """Worst first."""
    notes: tuple[str, ...]
    """Said, not judged: a probe that failed above the wanted level, probes not compared."""
    differences: tuple[Difference, ...]
    """From the reference; empty for the reference itself."""
    same: int
    """Facts equal to the reference's."""
    compared: bool
    left_out: tuple[str, ...]
    """Probes whose facts were not compared, since only one side answered."""
    headline: Headline
    outcomes: tuple[tuple[Outcome, int], ...]
    """How often each outcome occurred; those that did not are left out."""
    planned: int
    missing: int
    """Planned records that are not there."""

    @property
    def level(self) -> Level:
        """The highest level reached."""
        return self.ladder.reached

    @property
    def wanted(self) -> Level:
        """The level the cell should reach."""
        return self.cell.level


@dataclass(frozen=True, kw_only=True, slots=True)
class NotJudged:
    """A fact that no rule judged, with each cell's value side by side, in order of cells."""

    fact: str
    nature: Nature
    reason: str
    values: tuple[tuple[str, Fact], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What a run's records mean."""

    run: Run
    reference: str
    """Id of the cell the others were compared with; empty where there is none."""
    cells: tuple[CellJudgement, ...]
    """In the order of the run."""
    findings: tuple[Finding, ...]
    """Of all cells: worst first, then in the order of cells."""
    not_judged: tuple[NotJudged, ...]
    notices: tuple[str, ...]
    require_verified: bool
    exit: Exit
    counts: tuple[tuple[Verdict, int], ...] = field(default=())
    """Cells by verdict, worst first; verdicts no cell has are left out."""

    @property
    def planned(self) -> int:
        """Planned records."""
        return sum(cell.planned for cell in self.cells)

    @property
    def missing(self) -> int:
        """Planned records that are not there."""
        return sum(cell.missing for cell in self.cells)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two cells, perhaps of different runs: the candidate held against the reference."""

    reference_run: Run
    reference: CellJudgement
    candidate_run: Run
    candidate: CellJudgement
    """Holds the differences."""
    findings: tuple[Finding, ...]
    not_judged: tuple[NotJudged, ...]
    notices: tuple[str, ...]
    exit: Exit


def worst_of(findings: tuple[Finding, ...]) -> Verdict:
    """The verdict of a cell with these findings; none at all is a pass."""
    return max(
        (one.verdict for one in findings), key=lambda one: one.severity, default=Verdict.PASS
    )


def same_for_several(findings: tuple[Finding, ...]) -> tuple[tuple[Finding, tuple[str, ...]], ...]:
    """Findings that say the same of several cells, once, with the cells; in the order given."""
    cells: dict[Finding, list[str]] = {}
    first: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        said = (finding.verdict, finding.title, finding.evidence, finding.cause, finding.remedy)
        cells.setdefault(first.setdefault(said, finding), []).append(finding.cell)
    return tuple((finding, tuple(dict.fromkeys(found))) for finding, found in cells.items())

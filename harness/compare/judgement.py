"""The values judging ends in: findings, a cell's judgement, a run's, a comparison's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.compare.account import NO_ACCOUNT, Account
from harness.compare.bits import BitsOf
from harness.compare.busy import BusyRound
from harness.compare.causes import made_from
from harness.compare.claims import ClaimShown
from harness.compare.differences import Difference
from harness.compare.early import EarlyLosses
from harness.compare.kinds import KINDS, FindingKind
from harness.compare.levels import Ladder
from harness.compare.measurement import Measured
from harness.errors import Exit
from harness.model import Cell, Expectation, Fact, Level, Nature, Outcome, Run, Verdict
from harness.outcomes import INFRASTRUCTURE

Processors = tuple[tuple[Fact, ...], ...]
"""What containers could use: for each fact that decides it, the values that rounds gave, without
repetition; empty where none of them is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One judged difference or defect of one cell. Its texts quote what images said: a report
    must escape them."""

    kind: FindingKind
    verdict: Verdict
    cell: str
    title: str
    evidence: tuple[str, ...] = ()
    cause: str = ""
    """Empty: not known."""
    remedy: str = ""
    probes: tuple[str, ...] = ()
    """The probes it rests on; empty: none in particular."""
    level: Level | None = None
    """The level it is about; None: none in particular."""
    of_cell: bool = False
    """A probe met what concerns the whole cell: there is no interpreter, say."""
    breakage: str = ""
    """Id of the known breakage that all its records show."""
    shows: str = ""
    """A command that shows the cause to a person; empty: none is known."""
    traceback: str = ""
    """What a probe raised, as Python told it, its own line among it; empty: it raised nothing."""
    under: tuple[Finding, ...] = ()
    """The findings that an expected failure consists of, with the verdicts they would have."""
    subject: tuple[str, ...] = ()
    """What it is about: packages, shared objects, facts, probes, a breakage, a part of the host.
    Never a cell, a run, a day, a value."""

    @property
    def id(self) -> str:
        """A name that stays the same from night to night and from cell to cell: the first eight
        hexadecimal digits of SHA-256 over its kind and its subject."""
        return identity(self.kind, self.subject)


def identity(kind: str, subject: Iterable[str]) -> str:
    """The id of findings of a kind about a subject, whose parts have no order."""
    parts = sorted(dict.fromkeys(subject))
    written = json.dumps([str(kind), parts], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(written.encode("ascii")).hexdigest()[:_ID_DIGITS]


_ID_DIGITS = 8


def finding(
    kind: FindingKind,
    cell: Cell,
    words: Mapping[str, object],
    *,
    evidence: Iterable[str] = (),
    probes: Iterable[str] = (),
    level: Level | None = None,
    subject: Iterable[str] = (),
) -> Finding:
    """A finding of a kind about a cell: the texts of its row, with `words` put in. What is to be
    done hangs on where the cell's environment comes from. Where no subject is named, it is the
    level it is about, else the probes it rests on."""
    row = KINDS[kind]
    return Finding(
        kind=kind,
        verdict=row.verdict,
        cell=cell.id,
        title=row.headline.format_map(words),
        evidence=tuple(evidence),
        cause=row.cause.format_map(words),
        remedy=row.remedy_of(made_from(cell)).format_map(words),
        probes=tuple(dict.fromkeys(probes)),
        level=level,
        subject=tuple(subject) or ((str(level),) if level else tuple(dict.fromkeys(probes))),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """Something that is said of a cell and not judged."""

    text: str
    probes: tuple[str, ...] = ()
    """The probes it is about; empty: none in particular."""


class ExpectedStanding(StrEnum):
    """What became of the failure that a cell is expected to end in."""

    FAILS_AS_EXPECTED = "fails as expected"
    WORKS_UNEXPECTEDLY = "works unexpectedly"
    ANOTHER_FAILURE = "another failure"
    NOT_SEEN = "not seen"
    ENDED = "no longer expected"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedOutcome:
    """How a cell's expected failure fared."""

    standing: ExpectedStanding
    ends: str = ""
    """The last day it is expected, where that is soon (ISO date)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Headline:
    """The three numbers people ask for first; None where they were not measured."""

    accuracy: float | None = None
    """Test accuracy, 0 to 1, median over rounds."""
    loss: float | None = None
    """Loss at the last step, median over rounds."""
    step_seconds: float | None = None
    """Median time of a training step after the first, median over rounds."""
    weights: str = ""
    """Digest of the final weights, the same in every round; empty: they differ, or were not
    told."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellJudgement:
    """One cell: its verdict, the worst of its findings; its ladder; how it differs."""

    cell: Cell
    verdict: Verdict
    ladder: Ladder
    findings: tuple[Finding, ...]
    """Worst first."""
    notes: tuple[Note, ...]
    """Said, not judged: a probe that failed above the wanted level, probes not compared."""
    differences: tuple[Difference, ...]
    """From the reference; empty for the reference itself."""
    same: int
    """Facts equal to the reference's."""
    compared: bool
    left_out: tuple[str, ...]
    """Probes whose facts were not compared, since only one side answered."""
    headline: Headline
    processors: Processors
    """What its containers could use; empty where that is not known."""
    claims: tuple[ClaimShown, ...]
    """What it claims, beside what was measured."""
    outcomes: tuple[tuple[Outcome, int], ...]
    """How often each outcome occurred; those that did not are left out."""
    planned: int
    missing: int
    """Planned records that are not there."""
    expected: ExpectedOutcome | None = None
    """What became of the failure its row expects; None where it expects none."""
    measured: tuple[Measured, ...] = ()
    """Its metrics held against the reference's over rounds; empty where nothing was compared."""
    early: tuple[EarlyLosses, ...] = ()
    """How alike its early losses are to the reference's."""
    account: Account = NO_ACCOUNT
    """What it was made of and what its rounds gave, to be shown."""
    busy: tuple[BusyRound, ...] = ()
    """Its rounds in which the host was too busy for times."""
    row: str
    """Its id in its run: where two runs have one cell, it is told by another name."""

    @property
    def fails_as_expected(self) -> bool:
        """Whether it passes because it fails in the way that is expected."""
        seen = (
            self.expected is not None
            and self.expected.standing is ExpectedStanding.FAILS_AS_EXPECTED
        )
        return seen and self.verdict is Verdict.PASS

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
class RuleUse:
    """How much one rule let pass."""

    rule: Expectation
    differences: int
    """Facts of cells: the same fact in two cells counts twice."""
    cells: tuple[str, ...]
    """Ids, in the order of the run."""


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
    let_pass: tuple[RuleUse, ...]
    """How many differences each rule let pass."""
    notices: tuple[str, ...]
    require_verified: bool
    exit: Exit
    counts: tuple[tuple[Verdict, int], ...] = field(default=())
    """Cells by verdict, worst first; verdicts no cell has are left out."""
    imported: bool = False
    """The run was made elsewhere, and was not asked for by its id."""
    equal_bits: tuple[tuple[str, ...], ...] = ()
    """Groups of cells whose training ended in equal bits in every round."""
    bits: tuple[BitsOf, ...] = ()
    """Where digests of tensors were asked for: which cells computed the same."""
    own: bool = False
    """The run was made here, so that it can be taken on where it lacks something."""
    suite: str = ""
    """The suite of the run, as it was named on the command line; empty: it was not named."""

    @property
    def planned(self) -> int:
        """Planned records."""
        return sum(cell.planned for cell in self.cells)

    @property
    def missing(self) -> int:
        """Planned records that are not there."""
        return sum(cell.missing for cell in self.cells)

    @property
    def lacks(self) -> bool:
        """Whether something was planned that is not there, or that infrastructure ended."""
        ended = (outcome for cell in self.cells for outcome, _ in cell.outcomes)
        return self.missing > 0 or any(one in INFRASTRUCTURE for one in ended)


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
    let_pass: tuple[RuleUse, ...]
    """How many differences each rule let pass."""
    notices: tuple[str, ...]
    exit: Exit
    suite: str = ""
    """The suite whose rules judge, as it was named; empty: the rules kept with the runs do."""
    equal_bits: tuple[tuple[str, ...], ...] = ()
    """The two cells as one group, where training ended in equal bits in every round."""
    bits: tuple[BitsOf, ...] = ()
    """Where digests of tensors were asked for: whether the two computed the same."""
    asked: str = ""
    """When the two were asked for, as runs write it; empty: how old their runs are is not told."""


def worst_of(findings: Iterable[Finding]) -> Verdict:
    """The verdict of a cell with these findings; none at all is a pass."""
    return max(
        (one.verdict for one in findings), key=lambda one: one.severity, default=Verdict.PASS
    )


def as_reference(findings: Iterable[Finding]) -> Verdict:
    """The verdict of a cell that others are compared with. A failure does not become a measure
    for others by being expected."""
    return worst_of(each for one in findings for each in (one.under or (one,)))


def same_for_several(findings: tuple[Finding, ...]) -> tuple[tuple[Finding, tuple[str, ...]], ...]:
    """Findings that say the same of several cells, once, with the cells; in the order given."""
    cells: dict[Finding, list[str]] = {}
    first: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        said = (finding.verdict, finding.title, finding.evidence, finding.cause, finding.remedy)
        cells.setdefault(first.setdefault(said, finding), []).append(finding.cell)
    return tuple((finding, tuple(dict.fromkeys(found))) for finding, found in cells.items())

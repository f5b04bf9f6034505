"""The values that judging produces: findings, and the judgements of a cell, a run and a
comparison."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from harness.compare.account import NOT_ACCOUNTED, Account
from harness.compare.bits import BitsOf
from harness.compare.busy import BusyRound
from harness.compare.causes import made_from
from harness.compare.claims import ClaimShown
from harness.compare.differences import Difference
from harness.compare.early import EarlyLosses
from harness.compare.kept import Later
from harness.compare.kinds import KINDS, FindingKind
from harness.compare.levels import Ladder
from harness.compare.measurement import Measured
from harness.errors import Exit
from harness.model import Cell, Expectation, Fact, Level, Nature, Outcome, Run, Verdict
from harness.outcomes import INFRASTRUCTURE

Processors = tuple[tuple[Fact, ...], ...]
"""The processors that containers could use: for each deciding fact, the distinct values that rounds
gave; empty where none is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One judged difference or defect of one cell.

    Its texts quote the output of images, so a report must escape them.
    """

    kind: FindingKind
    """What kind of difference or defect it is."""
    verdict: Verdict
    """The verdict that it leads to."""
    cell: str
    """The id of the cell."""
    title: str
    """It in one line."""
    evidence: tuple[str, ...] = ()
    """Lines that show it."""
    cause: str = ""
    """What causes it; empty: not known."""
    remedy: str = ""
    """What to do about it; empty: not known."""
    probes: tuple[str, ...] = ()
    """The probes that show it; empty: none in particular."""
    level: Level | None = None
    """The level that it concerns. None: none in particular."""
    of_cell: bool = False
    """Whether it concerns the whole cell, such as a missing interpreter."""
    breakage: str = ""
    """The id of the known breakage that all its records show; empty: none."""
    shows: str = ""
    """A command that shows the cause to a person; empty: none is known."""
    traceback: str = ""
    """The traceback of the exception that a probe raised; empty: none."""
    under: tuple[Finding, ...] = ()
    """The findings of an expected failure, with the verdicts they would have otherwise."""
    subject: tuple[str, ...] = ()
    """What it is about: packages, shared objects, facts, probes, a breakage or a part of the host,
    but never a cell, a run, a day or a value."""

    @property
    def id(self) -> str:
        """Identifies the finding from night to night and from cell to cell: the first eight
        hexadecimal digits of SHA-256 over its kind and its subject."""
        return identity(self.kind, self.subject)


def identity(kind: str, subject: Iterable[str]) -> str:
    """Return the id of findings of a kind about a subject; the order of the subject's parts does
    not matter."""
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
    """Make a finding of a kind about a cell: the texts of the kind's row, with `words` filled in.

    The remedy depends on where the cell's environment comes from. Where no subject is given, it is
    the level the finding is about, otherwise the probes it rests on.
    """
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
    """A remark about a cell that is not judged."""

    text: str
    probes: tuple[str, ...] = ()
    """The probes it is about; empty where it is about none in particular."""


class ExpectedStanding(StrEnum):
    """What became of the failure that a cell is expected to show."""

    FAILS_AS_EXPECTED = "fails as expected"
    WORKS_UNEXPECTEDLY = "works unexpectedly"
    ANOTHER_FAILURE = "another failure"
    NOT_SEEN = "not seen"
    ENDED = "no longer expected"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpectedOutcome:
    """How a cell's expected failure turned out."""

    standing: ExpectedStanding
    ends: str = ""
    """The last day on which it is expected, where that is soon (ISO date)."""


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
    """Digest of the final weights, the same in every round; empty where rounds differ or no digest
    is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellJudgement:
    """The judgement of one cell: its verdict (the worst of its findings), its ladder, and how it
    differs."""

    cell: Cell
    verdict: Verdict
    ladder: Ladder
    findings: tuple[Finding, ...]
    """Worst first."""
    notes: tuple[Note, ...]
    """Remarks that are not judged: a probe that failed above the wanted level, probes not
    compared."""
    differences: Sequence[Difference]
    """Differences from the reference; empty for the reference itself."""
    same: int
    """How many facts equal the reference's."""
    compared: bool
    left_out: tuple[str, ...]
    """Probes whose facts were not compared, because only one side answered."""
    headline: Headline
    processors: Processors
    """The processors its containers could use; empty where that is not known."""
    claims: tuple[ClaimShown, ...]
    """Its claims, each beside what was measured."""
    outcomes: tuple[tuple[Outcome, int], ...]
    """How often each outcome occurred; outcomes that did not occur are left out."""
    planned: int
    missing: int
    """How many planned records are missing."""
    expected: ExpectedOutcome | None = None
    """What became of the failure that its row expects; None where it expects none."""
    measured: Sequence[Measured] = ()
    """Its metrics, compared with the reference's over rounds; empty where nothing was compared."""
    early: tuple[EarlyLosses, ...] = ()
    """How alike its early losses are to the reference's."""
    accounted: Later[Account] = NOT_ACCOUNTED
    """What it was made of and what its rounds gave, for display: `account`."""
    busy: tuple[BusyRound, ...] = ()
    """Its rounds in which the host was too busy for times to be trusted."""
    row: str
    """Its id in its run. Where two runs have the same cell, `cell.id` is another name."""

    @property
    def account(self) -> Account:
        """What it was made of and what its rounds gave, for display."""
        return self.accounted.value

    @property
    def fails_as_expected(self) -> bool:
        """Whether it passes because it fails in the expected way."""
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
    """A fact that no rule judged, with each cell's value, in the order of cells."""

    fact: str
    nature: Nature
    reason: str
    values: tuple[tuple[str, Fact], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleUse:
    """How many differences one rule let pass."""

    rule: Expectation
    differences: int
    """Counted per cell: the same fact in two cells counts twice."""
    cells: tuple[str, ...]
    """Ids, in the order of the run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The meaning of a run's records."""

    run: Run
    reference: str
    """Id of the cell the others were compared with; empty where there is none."""
    cells: tuple[CellJudgement, ...]
    """In the order of the run."""
    findings: tuple[Finding, ...]
    """The findings of all cells: worst first, then in the order of cells."""
    not_judged: tuple[NotJudged, ...]
    let_pass: tuple[RuleUse, ...]
    """How many differences each rule let pass."""
    notices: tuple[str, ...]
    require_verified: bool
    exit: Exit
    counts: tuple[tuple[Verdict, int], ...] = field(default=())
    """How many cells have each verdict, worst first; verdicts that no cell has are left out."""
    imported: bool = False
    """Whether the run was made elsewhere and was not asked for by its id."""
    equal_bits: tuple[tuple[str, ...], ...] = ()
    """Groups of cells whose training ended with equal bits in every round."""
    bits: tuple[BitsOf, ...] = ()
    """Where digests of tensors were asked for: which cells computed the same bits."""
    own: bool = False
    """Whether the run was made here, so that it can be resumed where something is missing."""
    suite: str = ""
    """The suite of the run, as named on the command line; empty where it was not named."""

    @property
    def planned(self) -> int:
        """How many records were planned."""
        return sum(cell.planned for cell in self.cells)

    @property
    def missing(self) -> int:
        """How many planned records are missing."""
        return sum(cell.missing for cell in self.cells)

    @property
    def lacks(self) -> bool:
        """Whether a planned record is missing or was ended by infrastructure."""
        ended = (outcome for cell in self.cells for outcome, _ in cell.outcomes)
        return self.missing > 0 or any(one in INFRASTRUCTURE for one in ended)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two cells, perhaps of different runs: the candidate compared with the reference."""

    reference_run: Run
    reference: CellJudgement
    candidate_run: Run
    candidate: CellJudgement
    """This side holds the differences."""
    findings: tuple[Finding, ...]
    not_judged: tuple[NotJudged, ...]
    let_pass: tuple[RuleUse, ...]
    """How many differences each rule let pass."""
    notices: tuple[str, ...]
    exit: Exit
    suite: str = ""
    """The suite whose rules judge, as it was named; empty where the rules kept with the runs
    judge."""
    equal_bits: tuple[tuple[str, ...], ...] = ()
    """The two cells as one group, where training ended with equal bits in every round."""
    bits: tuple[BitsOf, ...] = ()
    """Where digests of tensors were asked for: whether the two computed the same bits."""
    asked: str = ""
    """When the comparison was asked for, in the format of runs; empty: reports do not say how old
    the runs are."""


def worst_of(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict of a cell with these findings; without any findings it is a pass."""
    return max(
        (one.verdict for one in findings), key=lambda one: one.severity, default=Verdict.PASS
    )


def as_reference(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict of a cell that others are compared with. An expected failure counts as the
    failure it is, since others cannot be measured against it."""
    return worst_of(each for one in findings for each in (one.under or (one,)))


def same_for_several(findings: tuple[Finding, ...]) -> tuple[tuple[Finding, tuple[str, ...]], ...]:
    """Merge findings that are the same for several cells: each once, with its cells, in the order
    given."""
    cells: dict[Finding, list[str]] = {}
    first: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        said = (finding.verdict, finding.title, finding.evidence, finding.cause, finding.remedy)
        cells.setdefault(first.setdefault(said, finding), []).append(finding.cell)
    return tuple((finding, tuple(dict.fromkeys(found))) for finding, found in cells.items())

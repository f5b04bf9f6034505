"""One night as the history keeps it: what each cell was seen to show, and what went into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from harness.compare.differences import Difference
from harness.compare.judgement import Finding
from harness.compare.kinds import FindingKind
from harness.compare.measurement import Measured
from harness.model import Cell
from harness.nights.lines import value_lines


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenFinding:
    """A finding with what was seen of it."""

    finding: Finding
    values: tuple[str, ...]
    rests_on: frozenset[str] = frozenset()
    """The probes without whose answers it cannot be told that it is not there; empty: all."""
    of_reference: bool = False
    """It holds a static fact against the reference of its run: what the cell was itself before,
    it does not say."""

    @property
    def id(self) -> str:
        return self.finding.id


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenCell:
    """What a run showed of one cell."""

    cell: Cell
    findings: tuple[SeenFinding, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)
    probes: frozenset[str] = frozenset()
    """What was asked."""
    answered: frozenset[str] = frozenset()
    """What was answered in every round: one probe that fails hides what another night it found."""
    whole: bool = True
    """Every planned record is there, and infrastructure ended none."""
    changed: frozenset[str] = frozenset()
    """Facts that drift from the baseline's."""

    def has(self, one: SeenFinding) -> bool:
        """Whether a finding is seen here: by its id; of facts that differ, any of those it tells,
        since one more of them is another finding."""
        if one.finding.kind is FindingKind.DIFFERS:
            return bool(set(one.finding.subject) & self.drifting(of_reference=one.of_reference))
        return any(each.id == one.id for each in self.findings)

    def lacks(self, one: SeenFinding, asked: frozenset[str]) -> bool:
        """Whether it is known that a finding is not here: what it rests on was answered, else
        everything that was `asked` when it was seen."""
        return self.whole and (one.rests_on or asked) <= self.answered and not self.has(one)

    def drifting(self, *, of_reference: bool) -> set[str]:
        """The facts that differ from the reference's, or from the baseline's."""
        return {
            fact
            for each in self.findings
            if each.finding.kind is FindingKind.DIFFERS and each.of_reference is of_reference
            for fact in each.finding.subject
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenNight:
    """What a run showed of all its cells."""

    run: str
    day: str
    """On which it began (ISO date); empty: that cannot be read."""
    cells: Mapping[str, SeenCell]
    """By the row's id; with the cells of the baseline that it lacks."""
    reference: str = ""
    """The row that the others were held against; empty: none."""


def lines_of(found: Iterable[SeenFinding]) -> tuple[str, ...]:
    """The value lines of findings, each once."""
    return tuple(dict.fromkeys(line for one in found for line in one.values))


def as_seen(
    finding: Finding,
    differences: Mapping[str, Difference],
    measured: Mapping[str, Measured],
    *,
    of_reference: bool = False,
) -> SeenFinding:
    """A finding with what was seen of it, from the comparison that made it, by fact."""
    told = {differences[fact].probe for fact in finding.subject if fact in differences}
    return SeenFinding(
        finding=finding,
        values=value_lines(finding, differences, measured),
        rests_on=frozenset(finding.probes or told),
        of_reference=of_reference,
    )

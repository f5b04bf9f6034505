"""What a night showed of each cell, and the inputs of each cell."""

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
    """A finding with the value lines that describe what was seen."""

    finding: Finding
    values: tuple[str, ...]
    rests_on: frozenset[str] = frozenset()
    """The probes that must have answered before the finding can be called absent; empty means all
    probes."""
    of_reference: bool = False
    """Whether it compares a static fact with the reference of its run. Such a finding does not say
    what the cell itself showed before."""

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
    """The probes that were asked."""
    answered: frozenset[str] = frozenset()
    """The probes that answered in every round. A probe that failed could hide what another night
    found."""
    whole: bool = True
    """Whether every planned record is there and none was ended by infrastructure."""
    changed: frozenset[str] = frozenset()
    """Facts that drift from the baseline's."""

    def has(self, one: SeenFinding) -> bool:
        """Tell whether this cell shows a finding, by its id. For facts that differ, one of the
        finding's facts is enough, because one more differing fact gives another id."""
        if one.finding.kind is FindingKind.DIFFERS:
            return bool(set(one.finding.subject) & self.drifting(of_reference=one.of_reference))
        return any(each.id == one.id for each in self.findings)

    def lacks(self, one: SeenFinding, asked: frozenset[str]) -> bool:
        """Tell whether it is certain that a finding is absent: the probes it rests on answered, or,
        where those are unknown, all that were `asked` when it was seen."""
        return self.whole and (one.rests_on or asked) <= self.answered and not self.has(one)

    def drifting(self, *, of_reference: bool) -> set[str]:
        """Return the facts that differ from the reference's, or from the baseline's."""
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
    """The day on which it began (ISO date); empty where that cannot be read."""
    cells: Mapping[str, SeenCell]
    """By row id, including the cells of the baseline that this run lacks."""
    reference: str = ""
    """The row that the others were compared with; empty where there is none."""


def lines_of(found: Iterable[SeenFinding]) -> tuple[str, ...]:
    """Return the value lines of findings, each once."""
    return tuple(dict.fromkeys(line for one in found for line in one.values))


def as_seen(
    finding: Finding,
    differences: Mapping[str, Difference],
    measured: Mapping[str, Measured],
    *,
    of_reference: bool = False,
) -> SeenFinding:
    """Attach to a finding what was seen of it, taken by fact from the comparison that made it."""
    told = {differences[fact].probe for fact in finding.subject if fact in differences}
    return SeenFinding(
        finding=finding,
        values=value_lines(finding, differences, measured),
        rests_on=frozenset(finding.probes or told),
        of_reference=of_reference,
    )

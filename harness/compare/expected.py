"""Compares the failure that a cell is expected to show with what happened.

The expected failure itself is no defect: its findings are put under one that passes. Whatever else
is wrong with the cell keeps its own verdict, and a cell that does better than expected drifts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from harness.compare.judgement import (
    ExpectedOutcome,
    ExpectedStanding,
    Finding,
    Note,
    finding,
)
from harness.compare.kinds import FindingKind
from harness.compare.levels import Ladder
from harness.compare.rules import ends_soon, holds
from harness.model import Cell, ExpectedFailure, Level, Probe, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A cell's own findings after taking its expected failure into account."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...] = ()
    outcome: ExpectedOutcome | None = None


def hold_expected(
    cell: Cell,
    probes: Mapping[str, Probe],
    ladder: Ladder,
    findings: Sequence[Finding],
    answered: Collection[str],
    at: date | None,
) -> Held:
    """Judge a cell's own findings by what its row expects, at the date `at`.

    `answered` names the probes that answered in any round: one that fails only now and then does
    not fail as expected. Only a real failure can be the expected one; where nothing failed, because
    nothing was asked or this host cannot tell, the cell keeps its findings.
    """
    expect = cell.expect
    if expect is None:
        return Held(findings=tuple(findings))
    if not holds(expect.until, at):
        text = f"its failure was expected until {expect.until}, which has passed: {expect.reason}"
        ended = ExpectedOutcome(standing=ExpectedStanding.ENDED)
        return Held(findings=tuple(findings), notes=(Note(text=text),), outcome=ended)
    ends = expect.until if ends_soon(expect.until, at) else ""
    if ladder.reached.rank > expect.level.rank:
        more = (*findings, _works(cell, expect, ladder))
        standing = ExpectedStanding.WORKS_UNEXPECTEDLY
        return Held(findings=more, outcome=ExpectedOutcome(standing=standing, ends=ends))
    steady = [one for one in findings if not set(one.probes).intersection(answered)]
    under = tuple(
        one for one in steady if ladder.reached is expect.level and _is_it(expect, probes, one)
    )
    if under:
        rest = tuple(one for one in findings if one not in under)
        standing = ExpectedStanding.FAILS_AS_EXPECTED
        return Held(
            findings=(*rest, _fails(cell, expect, under)),
            outcome=ExpectedOutcome(standing=standing, ends=ends),
        )
    failed = any(one.verdict is Verdict.FAIL for one in findings)
    standing = ExpectedStanding.ANOTHER_FAILURE if failed else ExpectedStanding.NOT_SEEN
    return Held(
        findings=tuple(findings),
        notes=(Note(text=f"{_told(expect)} was expected, but not seen: {expect.reason}"),),
        outcome=ExpectedOutcome(standing=standing, ends=ends),
    )


def _is_it(expect: ExpectedFailure, probes: Mapping[str, Probe], one: Finding) -> bool:
    """Tell whether a finding is the expected failure: all its records show the named breakage or,
    where none is named, it explains why a level above the expected one is not reached."""
    if one.verdict is not Verdict.FAIL:
        return False
    if expect.breakage:
        return one.breakage == expect.breakage
    if one.level is not None:
        return one.level.rank > expect.level.rank
    if one.of_cell:
        return True
    return all(_shows_above(expect.level, probes.get(name)) for name in one.probes)


def _shows_above(level: Level, probe: Probe | None) -> bool:
    return probe is not None and any(one.level.rank > level.rank for one in probe.evidence)


def _told(expect: ExpectedFailure) -> str:
    shows = f" with the breakage {expect.breakage}" if expect.breakage else ""
    return f"a failure after {expect.level} ({expect.level.meaning}){shows}"


def _fails(cell: Cell, expect: ExpectedFailure, under: Sequence[Finding]) -> Finding:
    first, *others = under
    lines = [*first.evidence]
    for one in others:
        lines += [one.title, *one.evidence]
    made = finding(
        FindingKind.FAILS_AS_EXPECTED,
        cell,
        {"what": first.title, "reason": expect.reason},
        evidence=lines,
        probes=(probe for one in under for probe in one.probes),
        subject=(part for one in under for part in (str(one.kind), *one.subject)),
    )
    return replace(made, under=tuple(under))


def _works(cell: Cell, expect: ExpectedFailure, ladder: Ladder) -> Finding:
    above = [one for one in ladder.marks if expect.level.rank < one.level.rank]
    reached = [one for one in above if one.level.rank <= ladder.reached.rank]
    return finding(
        FindingKind.WORKS_UNEXPECTEDLY,
        cell,
        {
            "level": ladder.reached,
            "meaning": ladder.reached.meaning,
            "expected": expect.level,
            "expected_meaning": expect.level.meaning,
            "reason": expect.reason,
        },
        evidence=(f"{one.level} ({one.level.meaning}): {one.why}" for one in reached),
        probes=(name for one in reached for basis in one.rests_on for name in basis.probes),
    )

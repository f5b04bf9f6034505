"""Findings about formats in which an environment cannot save a model.

A format that is simply not available is no finding. It is one only where the release knows the
format, its packages are installed, and saving raises an exception or loading gives another model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from harness.compare.breakages import UNKNOWN, known_in
from harness.compare.defects import covered
from harness.compare.evidence import saving_of
from harness.compare.facts import Merged
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.model import Cell, EvidenceKind, Expectation, Run, Verdict

_CANNOT = "cannot_save"
_LISTED = 6


def of_saving(
    run: Run,
    cell: Cell,
    facts: Mapping[str, Merged],
    *,
    expectations: Iterable[Expectation],
    row: str,
    at: date | None,
) -> tuple[Finding, ...]:
    """Return a finding for each format that does not work and that no expectation covers.

    It is a failure where the level that the cell should reach depends on the format, otherwise
    drift.
    """
    rules = tuple(expectations)
    found = []
    for probe in run.probes:
        for evidence in probe.evidence:
            stem = evidence.fact.rpartition(".")[0]
            merged = facts.get(f"{stem}.{_CANNOT}")
            if evidence.kind != EvidenceKind.SAVES or merged is None:
                continue
            if covered(merged, rules, row, at):
                continue
            works = _texts(facts.get(evidence.fact))
            found += [_finding(run, cell, merged, line, works) for line in _lines(merged)]
    return tuple(found)


def _finding(run: Run, cell: Cell, merged: Merged, line: str, works: frozenset[str]) -> Finding:
    name, _, why = line.partition(": ")
    asked = saving_of(run)
    needed = name in asked.formats if asked.formats else not works
    known = known_in([line])
    made = finding(
        FindingKind.CANNOT_SAVE,
        cell,
        {"format": name, "why": why},
        evidence=(
            f"formats that work: {', '.join(sorted(works)[:_LISTED]) or 'none'}",
            known.told if known else UNKNOWN,
        ),
        probes=(merged.probe,),
        subject=(merged.fact, name),
    )
    if known is not None:
        made = replace(made, cause=known.cause, remedy=known.remedy, breakage=known.id)
    if needed and asked.level.rank <= cell.level.rank:
        made = replace(made, verdict=Verdict.FAIL, level=asked.level)
    return made


def _lines(merged: Merged) -> tuple[str, ...]:
    """Return what does not work in any round, each format once, with what it raised."""
    by_format: dict[str, str] = {}
    for value in merged.values:
        for line in value if isinstance(value, tuple) else ():
            by_format.setdefault(str(line).partition(": ")[0], str(line))
    return tuple(by_format.values())


def _texts(merged: Merged | None) -> frozenset[str]:
    """Return the formats that work in every round."""
    if merged is None:
        return frozenset()
    sets = [
        frozenset(str(one) for one in value if isinstance(value, tuple)) if value else frozenset()
        for value in (one if isinstance(one, tuple) else () for one in merged.values)
    ]
    return frozenset.intersection(*sets) if sets else frozenset()

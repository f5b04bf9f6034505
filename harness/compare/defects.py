"""What an environment's own answers show to be wrong with it, without any other to compare with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from harness.compare.facts import Merged
from harness.compare.judgement import Finding, finding
from harness.compare.kinds import FindingKind
from harness.compare.requirements import CONFLICTS, MISSING, WRONG_PYTHON
from harness.compare.rules import Judged, expectation_for, rule_on
from harness.model import Cell, Expectation, Fact

DUPLICATES = "packages.duplicates"
_TOLD = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Defect:
    """A fact that lists what is wrong; an empty list is as it should be."""

    fact: str
    one: str
    many: str
    cause: str = ""
    remedy: str


DEFECTS = (
    Defect(
        fact=DUPLICATES,
        one="a package is installed twice",
        many="{count} packages are installed twice",
        cause="which of the two is imported is decided by the order of the folders on its path",
        remedy="remove the one that is not meant",
    ),
    Defect(
        fact=MISSING,
        one="a requirement is not installed",
        many="{count} requirements are not installed",
        remedy="install what is required, or a distribution that does not require it",
    ),
    Defect(
        fact=CONFLICTS,
        one="a requirement conflicts with what is installed",
        many="{count} requirements conflict with what is installed",
        remedy="pin one of the two so that they fit together",
    ),
    Defect(
        fact=WRONG_PYTHON,
        one="a distribution is for another Python",
        many="{count} distributions are for another Python",
        remedy="install a release for this Python",
    ),
)
"""What is meant to be so needs an `ignore` or `allowed` expectation for the fact."""


def of_defects(
    cell: Cell,
    facts: Mapping[str, Merged],
    *,
    expectations: Iterable[Expectation],
    row: str,
    at: date | None,
) -> tuple[Finding, ...]:
    """A finding for every defect that no expectation covers. `row` is the cell's id in its run."""
    rules = tuple(expectations)
    found = []
    for defect in DEFECTS:
        merged = facts.get(defect.fact)
        lines = _lines(merged)
        if merged is None or not lines or covered(merged, rules, row, at):
            continue
        headline = defect.one if len(lines) == 1 else defect.many.format(count=len(lines))
        more = len(lines) - _TOLD
        found.append(
            finding(
                FindingKind.DEFECT,
                cell.id,
                {"what": headline, "cause": defect.cause, "remedy": defect.remedy},
                evidence=(*lines[:_TOLD], *([f"and {more} more"] if more > 0 else [])),
                probes=(merged.probe,),
            )
        )
    return tuple(found)


def covered(
    merged: Merged, rules: Iterable[Expectation], row: str, at: date | None
) -> Expectation | None:
    """The expectation that lets a defect pass; None where none does, or there is no defect."""
    if not _lines(merged):
        return None
    rule = expectation_for(rules, merged.fact, row)
    ruling = rule_on(rule, ((),), (merged.value,), merged.nature, at)
    return rule if ruling.judged in (Judged.ALLOWED, Judged.IGNORED) else None


def _lines(merged: Merged | None) -> tuple[str, ...]:
    value: Fact = merged.value if merged is not None else ()
    return tuple(str(one) for one in value) if isinstance(value, tuple) else ()

"""One row of the results: what became of an injected drift."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from injected_changes import Change
from injected_platform import INNOCENT
from injected_records import Injected

from harness.compare.judgement import CellJudgement, Finding
from harness.compare.rules import Judged
from harness.model import Verdict

FALSE = (Verdict.DRIFT, Verdict.FAIL, Verdict.INFRASTRUCTURE)
"""Verdicts that a finding about an innocent difference must not have."""
_PASSED = (Judged.ALLOWED, Judged.IGNORED)


def row(
    one: Change | Injected, judged: CellJudgement, control: Sequence[Finding]
) -> dict[str, Any]:
    """The row of a drift, as the file has it. Findings that the innocent image has, too
    (`control`), do not count as finding the drift."""
    known = {finding.id for finding in control}
    own = [finding for finding in judged.findings if finding.id not in known]
    named = next((finding for finding in own if names(one, finding)), None)
    return {
        "name": one.name,
        "area": one.area,
        "injected": one.done,
        "by": "records" if isinstance(one, Injected) else "an image",
        "found": named is not None,
        "finding": as_written(named) if named else None,
        "innocent_facts": passed(judged),
        "beside_it": [as_written(finding) for finding in own if finding is not named],
        "of_innocents": sum(of_innocents(finding) for finding in judged.findings),
    }


def names(one: Change | Injected, finding: Finding) -> bool:
    """Whether a finding is of the kind intended for a drift, and has the drift in its subject."""
    return finding.kind is one.kind and any(
        fnmatchcase(part, one.subject) for part in finding.subject
    )


def passed(judged: CellJudgement) -> int:
    """How many differing facts the suite's rules let pass."""
    return sum(one.judged in _PASSED for one in judged.differences)


def of_innocents(finding: Finding) -> bool:
    """Whether a finding blames something innocent."""
    patterns = [one.facts for one in INNOCENT if one.facts]
    return finding.verdict in FALSE and any(
        fnmatchcase(part, pattern) or fnmatchcase(f"package.{part}", pattern)
        for part in finding.subject
        for pattern in patterns
    )


def as_written(finding: Finding) -> dict[str, Any]:
    """A finding, as the file has it."""
    return {
        "kind": str(finding.kind),
        "verdict": str(finding.verdict),
        "subject": list(finding.subject),
        "headline": finding.title,
        "evidence": list(finding.evidence[:4]),
        "cause": finding.cause,
    }

"""The result of one check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Status of a check. A problem stops runs, a warning stops some of what a suite may ask."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """The result of a check."""

    check: str
    status: Status
    evidence: str
    """What was observed."""
    remedy: str = ""
    """What helps; empty if all is well."""


def ok(check: str, evidence: str) -> CheckResult:
    """A result that is all well."""
    return CheckResult(check=check, status=Status.OK, evidence=evidence)


def warning(check: str, evidence: str, remedy: str) -> CheckResult:
    """A result by which some of what a suite may ask is unavailable."""
    return CheckResult(check=check, status=Status.WARNING, evidence=evidence, remedy=remedy)


def problem(check: str, evidence: str, remedy: str) -> CheckResult:
    """A result by which runs will fail."""
    return CheckResult(check=check, status=Status.PROBLEM, evidence=evidence, remedy=remedy)


def unverified(check: str, evidence: str, remedy: str = "") -> CheckResult:
    """A result of a check that could not be done."""
    return CheckResult(check=check, status=Status.UNVERIFIED, evidence=evidence, remedy=remedy)

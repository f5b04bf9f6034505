"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How it stands; a problem stops runs, a warning stops some of what a suite may ask."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckResult:
    """A check's answer."""

    check: str
    status: Status
    evidence: str
    """What was seen."""
    remedy: str = ""
    """What helps; empty where all is well."""


def ok(check: str, evidence: str) -> CheckResult:
    """All is well."""
    return CheckResult(check=check, status=Status.OK, evidence=evidence)


def warning(check: str, evidence: str, remedy: str) -> CheckResult:
    """Some of what a suite may ask cannot be had."""
    return CheckResult(check=check, status=Status.WARNING, evidence=evidence, remedy=remedy)


def problem(check: str, evidence: str, remedy: str) -> CheckResult:
    """Runs will fail."""
    return CheckResult(check=check, status=Status.PROBLEM, evidence=evidence, remedy=remedy)


def unverified(check: str, evidence: str, remedy: str = "") -> CheckResult:
    """It could not be looked at."""
    return CheckResult(check=check, status=Status.UNVERIFIED, evidence=evidence, remedy=remedy)

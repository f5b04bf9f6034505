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
class Finding:
    """A check's answer."""

    check: str
    status: Status
    evidence: str
    """What was seen."""
    remedy: str = ""
    """What helps; empty where all is well."""


def ok(check: str, evidence: str) -> Finding:
    """All is well."""
    return Finding(check=check, status=Status.OK, evidence=evidence)


def warning(check: str, evidence: str, remedy: str) -> Finding:
    """Some of what a suite may ask cannot be had."""
    return Finding(check=check, status=Status.WARNING, evidence=evidence, remedy=remedy)


def problem(check: str, evidence: str, remedy: str) -> Finding:
    """Runs will fail."""
    return Finding(check=check, status=Status.PROBLEM, evidence=evidence, remedy=remedy)


def unverified(check: str, evidence: str, remedy: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(check=check, status=Status.UNVERIFIED, evidence=evidence, remedy=remedy)

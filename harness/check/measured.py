"""Read from a cell's records what running the image showed, sign by sign. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.check.claims import Claim, ClaimOrigin
from harness.check.foreseen import NO, YES, Sign
from harness.compare.causes import absent, cause_of
from harness.knowledge import frameworks
from harness.model import ASKED, Cell, EvidenceKind, Outcome, Probe, Record
from harness.text import clean_line, in_mb

_TOLD = 300
_ENDED = ASKED - {Outcome.OK}
"""Outcomes of a probe that was really asked but did not end well."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The value that was measured for one sign, and the evidence for it."""

    value: str
    evidence: str


def signs_of(cell: Cell, probes: Sequence[Probe], records: Sequence[Record]) -> Mapping[Sign, Seen]:
    """The signs that a cell's records show. A sign that no record shows is left out."""
    seen: dict[Sign, Seen] = {}
    seen |= _obtained(records)
    seen |= _started(records)
    facts = {name: value for one in records for name, value in one.facts.items()}
    seen |= _versions(facts)
    seen |= _imported(cell, probes, records)
    if (installed := _installed(cell, facts, seen.get(Sign.IMPORTS))) is not None:
        seen[Sign.INSTALLED] = installed
    seen |= _fitted(probes, records)
    seen |= _computed(cell, probes, records)
    return seen


def measured_claims(seen: Mapping[Sign, Seen]) -> tuple[Claim, ...]:
    """The measured framework, Python and system as claims, which count more than any others."""
    return tuple(
        Claim(
            what=sign.value,
            value=seen[sign].value,
            origin=ClaimOrigin.MEASURED,
            evidence=seen[sign].evidence,
        )
        for sign in (Sign.FRAMEWORK, Sign.PYTHON, Sign.SYSTEM)
        if sign in seen
    )


def _obtained(records: Iterable[Record]) -> dict[Sign, Seen]:
    for one in records:
        if one.image is not None:
            had = f"{one.image.origin}, {in_mb(one.image.size_bytes)} on the engine"
            return {
                Sign.OBTAINED: Seen(value=YES, evidence=had),
                Sign.ROOM: Seen(value=YES, evidence=had),
            }
        why = clean_line(one.reason, _TOLD)
        if one.outcome is Outcome.DISK_FULL:
            return {Sign.ROOM: Seen(value=NO, evidence=why)}
        if one.outcome is Outcome.PULL_FAILED:
            return {Sign.OBTAINED: Seen(value=NO, evidence=why)}
    return {}


def _started(records: Sequence[Record]) -> dict[Sign, Seen]:
    """Whether its Python starts: one answer or exception proves that it does; if every probe ended
    without either, it does not."""
    asked = [one for one in records if one.image and one.outcome is not Outcome.NOT_APPLICABLE]
    spoke = next((one for one in asked if one.outcome in (Outcome.OK, Outcome.RAISED)), None)
    if spoke is not None:
        return {Sign.STARTS: Seen(value=YES, evidence=f"the probe {spoke.probe} was answered")}
    silent = {Outcome.NO_INTERPRETER, Outcome.HOST_INCOMPATIBLE, Outcome.CRASHED, Outcome.NO_ANSWER}
    if asked and all(one.outcome in silent for one in asked):
        return {Sign.STARTS: Seen(value=NO, evidence=_ending(asked[0]))}
    return {}


def _versions(facts: Mapping[str, object]) -> dict[Sign, Seen]:
    seen = {}
    if isinstance(version := facts.get("python.version"), str):
        seen[Sign.PYTHON] = Seen(value=version[:40], evidence=f"Python {version[:40]}")
    name, number = facts.get("os.id"), facts.get("os.version_id")
    if isinstance(name, str) and isinstance(number, str):
        told = f"{name}-{number}"[:60]
        seen[Sign.SYSTEM] = Seen(value=told, evidence=f"os-release: {told}")
    return seen


def _installed(cell: Cell, facts: Mapping[str, object], imports: Seen | None) -> Seen | None:
    """Whether the Python has a known framework, by the distributions it lists and by the import.

    A framework may be there under an unknown name, or without a distribution's metadata. So the
    answer is `no` only where an import was tried and found no module of that name.
    """
    if "packages.count" not in facts:
        return None
    for framework in frameworks.names():
        for package in sorted(frameworks.carriers(framework)):
            if version := facts.get(f"package.{package}"):
                return Seen(value=YES, evidence=f"{package} {version}"[:_TOLD])
    if imports is None:
        return None
    if imports.value == YES:
        return Seen(value=YES, evidence=imports.evidence)
    if not any(imports.evidence == absent(name) for name, _ in cell.framework):
        return None
    told = f"{facts['packages.count']} distributions, none of a framework that is known here"
    return Seen(value=NO, evidence=f"{told}; {imports.evidence}")


def _imported(cell: Cell, probes: Sequence[Probe], records: Sequence[Record]) -> dict[Sign, Seen]:
    """Whether the framework imports, by the probes that report the version they imported."""
    facts = {
        one.name: [each.fact for each in one.evidence if each.kind == EvidenceKind.CLAIMED]
        for one in probes
    }
    names = [name for name, _ in cell.framework]
    ended: Record | None = None
    for one in records:
        if not facts.get(one.probe) or not one.image:
            continue
        version = next((v for f in facts[one.probe] if (v := one.facts.get(f)) is not None), None)
        if one.outcome is Outcome.OK and version is not None:
            told = f"{names[0] if names else 'framework'} {version}"[:80]
            return {
                Sign.IMPORTS: Seen(value=YES, evidence=f"imported, version {version}"[:_TOLD]),
                Sign.FRAMEWORK: Seen(value=told, evidence=f"imported, version {version}"[:_TOLD]),
            }
        if ended is None and one.outcome in _ENDED:
            ended = one
    seen = {}
    if ended is not None:
        seen[Sign.IMPORTS] = Seen(value=NO, evidence=_ending(ended))
    if (package := _package(cell, records)) is not None:
        seen[Sign.FRAMEWORK] = package
    return seen


def _fitted(probes: Sequence[Probe], records: Iterable[Record]) -> dict[Sign, Seen]:
    """Whether Keras builds and fits a model, by the probe that saves one afterwards."""
    facts = {
        one.name: [each.fact for each in one.evidence if each.kind == EvidenceKind.SAVES]
        for one in probes
    }
    for one in records:
        if not facts.get(one.probe) or not one.image:
            continue
        if one.outcome is Outcome.OK:
            return {Sign.FITS: Seen(value=YES, evidence=f"the probe {one.probe} was answered")}
        if one.outcome in _ENDED:
            return {Sign.FITS: Seen(value=NO, evidence=_ending(one))}
    return {}


def _package(cell: Cell, records: Iterable[Record]) -> Seen | None:
    """The framework's version according to its distribution, for when it cannot be imported."""
    facts = {name: value for one in records for name, value in one.facts.items()}
    for framework, _ in cell.framework:
        for package in sorted(frameworks.carriers(framework)):
            if version := facts.get(f"package.{package}"):
                told = f"{package} {version} is installed"[:_TOLD]
                return Seen(value=f"{framework} {version}"[:80], evidence=told)
    return None


def _computed(cell: Cell, probes: Sequence[Probe], records: Sequence[Record]) -> dict[Sign, Seen]:
    """Whether a GPU is listed, and, where the container got one, whether it computes."""
    seen: dict[Sign, Seen] = {}
    kinds = {(one.name, each.fact): each.kind for one in probes for each in one.evidence}
    for one in records:
        for fact, value in one.facts.items():
            kind = kinds.get((one.probe, fact))
            told = f"{fact}: {', '.join(map(str, value)) if isinstance(value, tuple) else value}"
            if kind == EvidenceKind.DEVICES and isinstance(value, tuple):
                has = YES if "GPU" in value else NO
                seen[Sign.DEVICE] = Seen(value=has, evidence=told[:_TOLD])
            elif kind == EvidenceKind.COMPUTES and cell.gpu:
                works = YES if value == "works" else NO
                seen[Sign.COMPUTES] = Seen(value=works, evidence=told[:_TOLD])
    return seen


def _ending(record: Record) -> str:
    """How a probe ended, in one line."""
    if record.raised is not None:
        return clean_line(cause_of(record.raised).headline, _TOLD)
    return clean_line(
        f"{record.outcome}: {record.reason}" if record.reason else record.outcome, _TOLD
    )

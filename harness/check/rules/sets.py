"""Sets of distributions that are known to break together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.check.foreseen import FITS_NOT, IMPORTS_NOT, Change
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.knowledge import frameworks
from harness.knowledge.frameworks import Conflict
from harness.knowledge.library import breakages
from harness.text import clean_line

_FAILS = {"import": IMPORTS_NOT, "keras": FITS_NOT}


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason for each known conflict that applies to the installed distributions."""
    installed = _installed(subject)
    python = subject.said("python")
    for conflict in _applying(subject):
        yield _conflict(subject, conflict, _told(subject, conflict, installed, python))


def _told(subject: Subject, conflict: Conflict, installed: Mapping[str, str], python: str) -> str:
    """What it is, besides the framework, that breaks."""
    image = subject.reading.image
    environment = image.environment if image else {}
    parts = [f"{name}={clean_line(environment.get(name, ''), 60)}" for name in conflict.where]
    if conflict.package:
        version = installed.get(conflict.package, "")
        parts.append(f"{conflict.package} {version}" if version else f"no {conflict.package}")
    return " and ".join(parts) or f"Python {python}"


def told_of(subject: Subject) -> frozenset[str]:
    """The distributions that this rule gives a reason about."""
    return frozenset(one.package for one in _applying(subject))


def _installed(subject: Subject) -> dict[str, str]:
    """The distributions of the framework's Python: name -> version."""
    python = subject.said("python")
    return {
        one.name: one.version
        for one in (subject.inside.distributions if subject.inside else ())
        if not python or not one.python or python.startswith(one.python)
    }


def _applying(subject: Subject) -> Iterator[Conflict]:
    inside = subject.inside
    if inside is None or not subject.version:
        return
    image = subject.reading.image
    environment = image.environment if image else {}
    installed, python = _installed(subject), subject.said("python")
    for conflict in frameworks.conflicts(subject.framework):
        if conflict.absent and (inside.problems or conflict.module in inside.modules):
            continue  # a package is absent only if all layers were read and its module is not there
        if _applies(conflict, subject.version, python, installed, environment):
            yield conflict


def _conflict(subject: Subject, conflict: Conflict, told: str) -> Reason:
    breakage = next(one for one in breakages() if one.id == conflict.breakage)
    mended = tuple(sorted(conflict.unless.items()))
    found = reason(
        "set-mended" if mended and conflict.effect != "untold" else f"set-{conflict.effect}",
        [f"known for {conflict.framework}: {breakage.what}"],
        _FAILS[conflict.fails] if conflict.effect == "blocks" else (),
        framework=subject.framework,
        version=subject.version,
        told=told,
        cause=breakage.cause,
        remedy=breakage.remedy,
        source=conflict.source,
        id=breakage.id,
    )
    return replace(found, change=Change(environment=mended) if mended else None)


def _applies(
    conflict: Conflict,
    version: str,
    python: str,
    installed: Mapping[str, str],
    environment: Mapping[str, str],
) -> bool:
    if not _in(version, conflict.framework) or not _in(python, conflict.python):
        return False
    if any(environment.get(name) == value for name, value in conflict.unless.items()):
        return False
    if any(
        not any(re.fullmatch(value, environment.get(name, "")) for value in values)
        for name, values in conflict.where.items()
    ):
        return False
    if not conflict.package:
        return True
    if conflict.absent:
        return conflict.package not in installed
    found = installed.get(conflict.package)
    return found is not None and _in(found, conflict.versions)


def _in(version: str, specifier: str) -> bool:
    if not specifier:
        return True
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except InvalidVersion:
        return False

"""Sets of distributions that are known to break together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.check.foreseen import IMPORTS_NOT, Change
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.knowledge import frameworks
from harness.knowledge.frameworks import Conflict
from harness.knowledge.library import breakages

_WEIGHT = {"blocks": Weight.BLOCKS, "change": Weight.CHANGE, "note": Weight.NOTE}


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason for each conflict that what is installed runs into."""
    if subject.inside is None or not subject.version:
        return
    python = subject.said("python")
    installed = {
        one.name: one.version
        for one in subject.inside.distributions
        if not python or not one.python or python.startswith(one.python)
    }
    image = subject.reading.image
    environment = image.environment if image else {}
    known = {one.id: one for one in breakages()}
    for conflict in frameworks.conflicts(subject.framework):
        if conflict.absent and (
            subject.inside.problems or conflict.module in subject.inside.modules
        ):
            continue  # what was not seen may be there, and what is there may not say so
        if not _applies(conflict, subject.version, python, installed, environment):
            continue
        breakage = known[conflict.breakage]
        version = installed.get(conflict.package, "")
        told = f"{conflict.package} {version}" if version else f"no {conflict.package}"
        told = told if conflict.package else f"Python {python}"
        yield Reason(
            weight=Weight.CHANGE if conflict.unless else _WEIGHT[conflict.effect],
            title=f"{subject.framework} {subject.version} and {told}: {breakage.cause}",
            evidence=(f"known for {conflict.framework}: {breakage.what}",),
            remedy=breakage.remedy,
            source=conflict.source,
            confidence=Confidence.TABLE,
            explain=breakage.id,
            foresees=IMPORTS_NOT if conflict.effect == "blocks" else (),
            change=Change(environment=tuple(sorted(conflict.unless.items())))
            if conflict.unless
            else None,
        )


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

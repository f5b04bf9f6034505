"""Which release of a dependency an installer picks today, if only the framework limits it."""

from __future__ import annotations

from functools import cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from harness.knowledge import frameworks
from harness.knowledge.library import SourcedRow, StrictModel, load
from harness.knowledge.versions import minor


class AsksOfRelease(StrictModel):
    """The requirements of one release of a framework."""

    version: str
    asks: dict[str, str]
    """Distribution -> specifier."""


class RequiresTable(SourcedRow):
    schema_: str
    requires: list[AsksOfRelease]


class NewestRow(StrictModel):
    """The newest release of a distribution for each Python."""

    distribution: str
    by_python: dict[str, str]
    """Python (major.minor) -> version."""


class NewestTable(SourcedRow):
    schema_: str
    newest: list[NewestRow]


@cache
def requires(framework: str) -> RequiresTable:
    """The requirements of the framework's releases."""
    return load(f"{framework}_requires.json", RequiresTable)


@cache
def newest() -> NewestTable:
    """The newest releases of distributions."""
    return load("newest_releases.json", NewestTable)


def taken_today(framework: str, version: str, package: str, python: str) -> str:
    """The release of a package that an installer picks today for a release of a framework.

    It is assumed that only the framework limits the package. Empty if that is not known, or if the
    framework allows only older releases.
    """
    if framework not in frameworks.names():
        return ""
    asks = next((one.asks for one in requires(framework).requires if one.version == version), None)
    if asks is None:
        wanted = minor(version)
        of_minor = [
            one.asks for one in requires(framework).requires if minor(one.version) == wanted
        ]
        asks = of_minor[-1] if of_minor else None
    rows = [one.by_python for one in newest().newest if one.distribution == package]
    found = rows[0].get(python, "") if rows else ""
    if asks is None or not found:
        return ""
    try:
        fits = SpecifierSet(asks.get(package, "")).contains(found, prereleases=True)
    except InvalidSpecifier:
        return ""
    return found if fits and package in asks else ""

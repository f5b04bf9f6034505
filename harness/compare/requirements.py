"""Checks whether the distributions of an environment fit together, as `pip check` does, from the
requirements that a probe found. What cannot be parsed is reported, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from harness.model import Fact, Facts, Record

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

MISSING = "packages.missing"
CONFLICTS = "packages.conflicts"
WRONG_PYTHON = "packages.wrong_python"
UNPARSED = "packages.unparsed"

_VERSION = "package."
_OF = "requirements.of."
_LISTED = "requirements.listed."
"""Prefix of facts with the lines of setuptools' requires.txt, including its sections."""
_PYTHON = "requirements.python."
_MARKER = "requirements.marker."
_VARIABLES = (
    "implementation_name",
    "implementation_version",
    "os_name",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_full_version",
    "python_version",
    "sys_platform",
)
_LONGEST = 400
_MOST = 2000
_SHOWN = 200


class Unparsed(ValueError):
    """Text that does not follow its grammar."""


@dataclass(frozen=True, slots=True)
class _Complaints:
    """The problems found, one list for each fact that reports them."""

    missing: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    wrong_python: list[str] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)


def with_judged(record: Record) -> Record:
    """Return the record with the facts judged from its requirements added. A record without
    requirements, or already judged where it was made, is returned as it is."""
    facts = record.facts
    if f"{_MARKER}python_full_version" not in facts or MISSING in facts:
        return record
    return replace(record, facts={**facts, **judged(facts)})


def judged(facts: Facts) -> Facts:
    """Return, as facts, what is missing, in conflict, for another Python, or cannot be parsed."""
    installed = {
        name.removeprefix(_VERSION): str(value)
        for name, value in facts.items()
        if name.startswith(_VERSION)
    }
    # All variables are given; a missing one would be taken from the Python that judges.
    here = {name: str(facts.get(_MARKER + name, "")) for name in _VARIABLES}
    told = _Complaints()
    for name, version in sorted(installed.items()):
        who = f"{name} {version}"
        python = facts.get(_PYTHON + name)
        try:
            if isinstance(python, str) and not meets(python, here["python_full_version"]):
                told.wrong_python.append(f"{who} requires Python {python}")
        except Unparsed as error:
            told.unparsed.append(f"{who}, Requires-Python: {error}")
        for line in _lines(facts, name):
            _hold(line, who, installed, here, told)
    before = _texts(facts.get(UNPARSED))
    return {
        MISSING: _bounded(told.missing),
        CONFLICTS: _bounded(told.conflicts),
        WRONG_PYTHON: _bounded(told.wrong_python),
        UNPARSED: _bounded((*before, *told.unparsed)),
    }


def _hold(
    line: str, who: str, installed: Mapping[str, str], here: Mapping[str, str], told: _Complaints
) -> None:
    """Compare one requirement with what is installed."""
    try:
        wanted = parsed(line)
        if not applies(wanted, here):
            return
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        asked = f"{name} {wanted.specifier}".strip()
        if name not in installed:
            told.missing.append(f"{who} requires {asked}, which is not installed")
        elif wanted.url is None and not meets(str(wanted.specifier), installed[name]):
            have = installed[name]
            told.conflicts.append(f"{who} requires {asked}, but {name} {have} is installed")
    except Unparsed as error:
        told.unparsed.append(f"{who} requires {line[:_SHOWN]}: {error}")


def _lines(facts: Facts, name: str) -> Iterator[str]:
    """Yield a distribution's requirements, with those of a requires.txt converted to the usual
    form."""
    yield from _texts(facts.get(_OF + name))
    yield from plain(_texts(facts.get(_LISTED + name)))


def plain(listed: Iterable[str]) -> Iterator[str]:
    """Convert lines of setuptools' requires.txt, with its sections, to requirements with
    markers."""
    extra = marker = ""
    for line in listed:
        if line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            extra, _, marker = line[1:-1].partition(":")
            continue
        wanted, _, own = line.partition(";")
        conditions = [f"({one.strip()})" for one in (own, marker) if one.strip()]
        if extra:
            conditions.append(f'extra == "{extra}"')
        yield wanted + (" ; " + " and ".join(conditions) if conditions else "")


def _texts(value: Fact) -> tuple[str, ...]:
    values = value if isinstance(value, tuple) else ()
    return tuple(one.strip() for one in values if isinstance(one, str) and one.strip())


def applies(wanted: Requirement, here: Mapping[str, str], extra: str = "") -> bool:
    """Tell whether a requirement's marker holds in that environment, with no extra or with the
    given one. Raises Unparsed."""
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
    from packaging.version import InvalidVersion

    if wanted.marker is None:
        return True
    try:
        return wanted.marker.evaluate({**here, "extra": extra})
    except (UndefinedComparison, UndefinedEnvironmentName, InvalidVersion, RecursionError) as error:
        raise Unparsed(_first_line(error)) from None


def meets(specifier: str, version: str) -> bool:
    """Tell whether a version meets every clause; pre-releases count, as they do for `pip check`.
    Raises Unparsed."""
    from packaging.version import InvalidVersion, Version

    wanted = _specifiers(specifier)
    if not len(wanted):
        return True
    try:
        if "===" not in specifier:  # `===` compares texts.
            Version(version)
        return wanted.contains(version, prereleases=True)
    except InvalidVersion as error:
        raise Unparsed(_first_line(error)) from None


@lru_cache(maxsize=20_000)
def parsed(line: str) -> Requirement:
    """Parse a requirement as it is written. Raises Unparsed."""
    from packaging.requirements import InvalidRequirement, Requirement

    if len(line) > 2 * _LONGEST:
        raise Unparsed("it is too long")
    try:
        return Requirement(line)
    except (InvalidRequirement, RecursionError) as error:
        raise Unparsed(_first_line(error)) from None


@lru_cache(maxsize=20_000)
def _specifiers(text: str) -> SpecifierSet:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    if len(text) > _LONGEST:
        raise Unparsed("it is too long")
    try:
        return SpecifierSet(text)
    except InvalidSpecifier as error:
        raise Unparsed(_first_line(error)) from None


def _first_line(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it nests too deep"
    return (str(error).splitlines() or [type(error).__name__])[0][:_SHOWN]


def _bounded(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line[:_LONGEST] for line in lines)[:_MOST]

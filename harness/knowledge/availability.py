"""Which combinations of a framework's release and Python are possible: is there a wheel for them?

The facts are in `harness/knowledge/<framework>_builds.json`, with their sources. Only combinations
that the table excludes are ruled out: a release newer than the table, or a framework without a
table, is assumed to be available.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from harness.knowledge.frameworks import Build, builds, names


def packages(framework: str) -> frozenset[str]:
    """The distributions in a framework's table; empty if there is no table."""
    return frozenset(_table(framework))


def reason_unavailable(framework: str, version: str, package: str, python: str) -> str | None:
    """Why there is no wheel of `package` in release `version` for a Python (major.minor).

    None if there is one, or if it is not known.
    """
    minors = _table(framework).get(package)
    release = _release(version)
    if not minors or release is None:
        return None
    minor = release[:2]
    if minor not in _minors(framework):
        return None
    wheels = minors.get(minor)
    if not wheels:
        first, last = min(minors), max(minors)
        return (
            f"there is no wheel of {package} {version}: the wheels go from "
            f"{first[0]}.{first[1]} to {last[0]}.{last[1]}"
        )
    if version not in wheels:
        newest = max(_release(known) or () for known in wheels)
        if release > newest:
            return None
        return f"there is no wheel of {package} {version}; there is {', '.join(wheels)}"
    tags = wheels[version]
    if f"cp{python.replace('.', '')}" in tags:
        return None
    return f"{package} {version} has no wheel for Python {python}; it has for {_pythons(tags)}"


_Wheels = Mapping[tuple[int, ...], Mapping[str, list[str]]]
"""(major, minor) -> release -> Python tags of its wheels."""


@cache
def _minors(framework: str) -> frozenset[tuple[int, ...]]:
    return frozenset(_release(minor) or () for minor in _builds(framework))


@cache
def _table(framework: str) -> Mapping[str, _Wheels]:
    table: dict[str, dict[tuple[int, ...], Mapping[str, list[str]]]] = {}
    for name, build in _builds(framework).items():
        for package, wheels in build.pypi_linux_x86_64.items():
            if wheels:
                table.setdefault(package, {})[_release(name) or ()] = wheels
    return table


def _builds(framework: str) -> Mapping[str, Build]:
    return builds(framework) if framework in names() else {}


def _release(version: str) -> tuple[int, ...] | None:
    """The numbers of a final release; None for other versions, which the table does not cover."""
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6}){1,3}(\.post[0-9]{1,6})?", version) is None:
        return None
    return tuple(int(part.removeprefix("post")) for part in version.split("."))


def _pythons(tags: Iterable[str]) -> str:
    digits = (tag.removeprefix("cp") for tag in tags)
    return ", ".join(f"{number[0]}.{number[1:]}" for number in digits)

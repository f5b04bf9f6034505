"""Packages of a framework, wherever they lie and whoever put them there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.images.owners import FileList

_SITE = re.compile(r"(?:^|/)(?:site|dist)-packages(?=/|$)")
_EGG = re.compile(r"(?:/[^/]{1,200}\.egg)?")
"""What may lie between a folder of installed modules and a package: an egg, which is put on the
path."""
_MOST = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class CarriedPackage:
    """A package that an import by the framework's own name would find."""

    name: str
    folder: str
    """Where it lies; the folder that has to be on the path for it to be found."""
    version: str
    """The release that its own files state; empty: they state none."""
    owners: tuple[str, ...]
    """Distributions whose list has its first module; empty: no list has it."""
    installed: bool
    """Whether it lies where installers put packages; else only a path that names its folder
    finds it."""


def carried(
    starts: Iterable[tuple[str, str]],
    versions: Mapping[str, str],
    lists: Iterable[FileList],
) -> Iterator[CarriedPackage]:
    """The packages whose first modules are `starts` (path, name). `versions`: path of a file ->
    the release that it states.

    A folder that is named like the framework but belongs to another package (an adapter for it,
    say) lies deeper than where modules are looked for, and is none. Elsewhere than in a folder of
    installed modules, a package counts only where its own files state a release.
    """
    every = tuple(lists)
    found: dict[str, CarriedPackage] = {}
    for path, name in sorted(starts):
        package = path.rpartition("/")[0]
        folder = package.rpartition("/")[0]
        site = _SITE.search(folder)
        installed = site is not None and _EGG.fullmatch(folder[site.end() :]) is not None
        if site is not None and not installed:
            continue
        # The shortest path is the package's own; what lies deeper may be of what it bundles.
        stating = sorted((one for one in versions if one.startswith(f"{package}/")), key=_depth)
        version = versions[stating[0]] if stating else ""
        if not installed and not version:
            continue
        own = f"{name}/__init__.py"
        owners = sorted({one.name for one in every if one.folder == folder and own in one.files})
        found[package] = CarriedPackage(
            name=name,
            folder=folder,
            version=version[:60],
            owners=tuple(owners),
            installed=installed,
        )
    yield from list(found.values())[:_MOST]


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path

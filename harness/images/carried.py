"""Find a framework's packages in an image, wherever they lie and however they got there. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.images.owners import FileList

_SITE = re.compile(r"(?:^|/)(?:site|dist)-packages(?=/|$)")
_EGG = re.compile(r"(?:/[^/]{1,200}\.egg)?")
"""What may stand between a folder of installed modules and a package: an egg, which is itself on
the path."""
_MOST = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class CarriedPackage:
    """A package that an import by the framework's own name would find."""

    name: str
    folder: str
    """The folder that contains it, which must be on the path for it to be found."""
    version: str
    """The version that its own files state; empty if they state none."""
    owners: tuple[str, ...]
    """Distributions whose list of files names its first module; empty if none does."""
    installed: bool
    """Whether it lies where installers put packages; if not, it is found only if a path names its
    folder."""


def carried(
    starts: Iterable[tuple[str, str]],
    versions: Mapping[str, str],
    lists: Iterable[FileList],
) -> Iterator[CarriedPackage]:
    """The packages whose first modules are `starts`: (path, name) of each.

    `versions` maps the path of a file to the version that it states; `lists` are the distributions'
    lists of files. A folder with the framework's name inside another package (an adapter, for
    example) does not count. Outside of folders of installed modules, a package counts only if its
    own files state a version.
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
        # The shortest path is the package's own; deeper files may belong to what it bundles.
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

"""The releases of a requirement that a cell's Python could have: those with a matching wheel.
Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version
from sample_draws import Draw, picked

from harness.distributions.index import IndexFile, python_allows
from harness.model import Lock

_OLDEST_GLIBC = 31
"""The minor version of glibc in Debian bullseye, the oldest base of the sample."""
_PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(_OLDEST_GLIBC, 17, -1)),
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "manylinux_2_12_x86_64",
    "manylinux2010_x86_64",
    "manylinux_2_5_x86_64",
    "manylinux1_x86_64",
)


def tags_of(python: str) -> tuple[Tag, ...]:
    """The wheel tags that a CPython of this full version accepts here, the best first."""
    major, minor = (int(part) for part in python.split(".")[:2])
    own = f"cp{major}{minor}"
    abi = {2: f"{own}mu"}.get(major, f"{own}m" if minor < 8 else own)
    return (
        *cpython_tags((major, minor), [abi], list(_PLATFORMS)),
        *compatible_tags((major, minor), own, list(_PLATFORMS)),
    )


def releases(files: Iterable[IndexFile], python: str) -> dict[str, IndexFile]:
    """The wheel of each release that this Python could have, ordered by release, without
    pre-releases and yanked files."""
    order = {tag: place for place, tag in enumerate(tags_of(python))}
    best: dict[Version, tuple[int, str, IndexFile]] = {}
    for file in files:
        if file.yanked or not python_allows(file.requires_python, python):
            continue
        try:
            _, version, _, tags = parse_wheel_filename(file.filename)
        except (InvalidWheelFilename, InvalidVersion):
            continue
        places = [order[tag] for tag in tags if tag in order]
        if version.is_prerelease or not places:
            continue
        found = (min(places), file.filename, file)
        best[version] = min(found, best.get(version, found))
    return {str(version): best[version][2] for version in sorted(best)}


def requirements_of(lock: Lock, framework: str) -> tuple[tuple[str, str], ...]:
    """(name, release) of everything in a lock except the framework, by name."""
    return tuple(
        sorted(
            (one.name, one.version)
            for one in lock.distributions
            if canonicalize_name(one.name) not in (framework, f"{framework}-cpu")
        )
    )


def in_turn(draw: Draw, requirements: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The requirements, starting with the drawn one: the next is taken if one has no other
    release."""
    first = requirements.index(picked(draw.numbers[0], requirements))
    return (*requirements[first:], *requirements[:first])


def other_release(
    draw: Draw, version: str, known: dict[str, IndexFile]
) -> tuple[str, IndexFile] | None:
    """The drawn release, which differs from `version`; None if there is no other."""
    others = [
        (release, file) for release, file in known.items() if Version(release) != Version(version)
    ]
    return picked(draw.numbers[1], others) if others else None

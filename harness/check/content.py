"""What the content of an image claims: what is installed there, not what anybody says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.check.claims import Claim, ClaimOrigin
from harness.images.inside import Distribution, Inside
from harness.knowledge import frameworks

_CUDA = re.compile(r"^libcudart\.so\.(\d{1,2}(?:\.\d{1,3}){0,2})$")
_CUDNN = re.compile(r"^libcudnn\.so\.(\d{1,2}(?:\.\d{1,3}){0,3})$")
_PYTHON = re.compile(r"(?:^|/)python(\d\.\d{1,2})(?:/|$)")


@dataclass(frozen=True, kw_only=True, slots=True)
class UnknownBuild:
    """A framework that lies there by no distribution of its own project."""

    framework: str
    version: str
    """Empty: neither a distribution nor its own files say."""
    package: str
    """The distribution that brought it; empty: none says that it did."""
    path: str
    """Where it lies."""
    python: str
    """major.minor of the folder; empty: its name does not say."""


def content_claims(inside: Inside) -> tuple[Claim, ...]:
    """Claims by what lies in the image."""
    return tuple(dict.fromkeys(_claims(inside)))


def unknown_builds(inside: Inside) -> tuple[UnknownBuild, ...]:
    """Frameworks that lie in folders where none of their own distributions does: variants under
    another name, builds from source, copies."""
    return tuple(found for framework in frameworks.names() for found in _unknown(framework, inside))


def _unknown(framework: str, inside: Inside) -> Iterator[UnknownBuild]:
    variants = frameworks.variants(framework)
    packages = {one.folder: one for one in inside.carried if one.name == framework}
    owners = {(folder, name) for folder, one in packages.items() for name in one.owners}
    told = {
        _folder(one) for one in inside.distributions if one.name in frameworks.packages(framework)
    }
    for one in inside.distributions:
        folder = _folder(one)
        if folder in told or not (one.name in variants or (folder, one.name) in owners):
            continue
        told.add(folder)
        yield UnknownBuild(
            framework=framework,
            version=one.version,
            package=one.name,
            path=one.path,
            python=one.python,
        )
    for folder, package in packages.items():
        if folder not in told:
            python = _PYTHON.search(folder)
            yield UnknownBuild(
                framework=framework,
                version=package.version,
                package="",
                path=f"{folder}/{framework}",
                python=python[1] if python else "",
            )


def _folder(one: Distribution) -> str:
    """The folder that modules of a distribution lie in."""
    account = one.path.removesuffix("/METADATA").removesuffix("/PKG-INFO")
    return account.rpartition("/")[0]


def _claims(inside: Inside) -> Iterator[Claim]:
    for framework in frameworks.names():
        packages = frameworks.packages(framework)
        for one in inside.distributions:
            if one.name not in packages:
                continue
            yield _claim("framework", f"{framework} {one.version}", one.path)
            yield _claim("package", one.name, one.path)
            if "." in one.python:
                yield _claim("python", one.python, one.path)
    for build in unknown_builds(inside):
        yield _claim("framework", f"{build.framework} {build.version}".strip(), build.path)
        if build.package:
            yield _claim("package", build.package, build.path)
        if "." in build.python:
            yield _claim("python", build.python, build.path)
    if inside.system:
        yield _claim("system", inside.system, "os-release")
    for what, pattern in (("cuda", _CUDA), ("cudnn", _CUDNN)):
        found = [(name, hit[1]) for name in inside.libraries if (hit := pattern.match(name))]
        if found:
            # The longest name says most: libcudart.so.8.0 is a link to libcudart.so.8.0.61.
            name, version = max(found, key=lambda pair: (len(pair[1]), pair[1]))
            yield _claim(what, version, f"{inside.libraries[name][0]}/{name}")


def _claim(what: str, value: str, evidence: str) -> Claim:
    return Claim(what=what, value=value, origin=ClaimOrigin.CONTENT, evidence=evidence[:300])

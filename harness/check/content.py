"""Claims read from an image's files: what is really installed there."""

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
    """A framework's package that no distribution of the framework's own project installed."""

    framework: str
    version: str
    """Empty where neither a distribution nor the package's own files state it."""
    package: str
    """The distribution that installed it; empty where none lists it."""
    path: str
    """Where it lies."""
    python: str
    """major.minor of the Python whose folder it lies in; empty where the path does not tell."""


def content_claims(inside: Inside) -> tuple[Claim, ...]:
    """Framework, package, Python, system, CUDA and cuDNN, as the image's files show them."""
    return tuple(dict.fromkeys(_claims(inside)))


def unknown_builds(inside: Inside) -> tuple[UnknownBuild, ...]:
    """Frameworks in folders without any of their own distributions: variants under another name,
    builds from source, copies."""
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
    """The folder that a distribution's modules lie in, from the path of its metadata."""
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
            # The longest name is the most exact: libcudart.so.8.0 links to libcudart.so.8.0.61.
            name, version = max(found, key=lambda pair: (len(pair[1]), pair[1]))
            yield _claim(what, version, f"{inside.libraries[name][0]}/{name}")


def _claim(what: str, value: str, evidence: str) -> Claim:
    return Claim(what=what, value=value, origin=ClaimOrigin.CONTENT, evidence=evidence[:300])

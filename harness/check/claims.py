"""Claims: what an image's tag promises and what its configuration says, one value for each.

The tag is a promise of whoever named the image. Environment, labels and history are the image's
own account of itself. Neither is proof.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.images.image import Image
from harness.images.reference import Reference
from harness.knowledge import frameworks
from harness.knowledge.library import systems
from harness.knowledge.versions import minor
from harness.text import clean_line, without_credentials


class ClaimOrigin(StrEnum):
    """Where a claim comes from."""

    MEASURED = "measured"
    TAG = "tag"
    ENVIRONMENT = "environment"
    LABEL = "label"
    HISTORY = "history"
    CONTENT = "content"


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """One statement about an image."""

    what: str
    """The subject of the claim: framework, package, python, cuda, cudnn, system, gpu, jupyter,
    devel or nvidia-docker."""
    value: str
    origin: ClaimOrigin
    evidence: str
    """The text that the claim was read from, or the rule that it follows from."""


_CUDA_REPOSITORY = re.compile(r"repos/ubuntu(\d\d)(\d\d)/")
_CODENAME = re.compile(r"\b(?:deb|dist|suite|release)\S{0,80}[ /](\w{3,12})\b")
_INSTALLS = re.compile(r"pip[\d.]{0,4}(?: -\S{1,60}){0,8} install|\.whl|PACKAGE_VERSION=")
_VERSION = 100
"""Characters of a version that are parsed at most."""
_VARIABLES = (
    ("CUDA_VERSION", "cuda"),
    ("CUDNN_VERSION", "cudnn"),
    ("NV_CUDNN_VERSION", "cudnn"),
    ("PYTHON_VERSION", "python"),
)
_LABELS = (
    ("com.nvidia.cuda.version", "cuda"),
    ("com.nvidia.cudnn.version", "cudnn"),
)


def claims_of(reference: Reference | None, image: Image | None) -> tuple[Claim, ...]:
    """All claims about an image, without duplicates, the tag's promises first."""
    return tuple(
        dict.fromkeys(
            [
                *(_of_tag(reference) if reference else ()),
                *(_of_configuration(image) if image else ()),
            ]
        )
    )


def _of_tag(reference: Reference) -> Iterator[Claim]:
    parts = reference.repository.split("/")
    repository = "/".join(parts[-2:])
    framework = frameworks.framework_of(repository)
    if not framework:
        return
    shown = f"{repository}:{reference.tag}" if reference.tag else repository

    def says(what: str, value: str, why: str) -> Claim:
        return Claim(what=what, value=value, origin=ClaimOrigin.TAG, evidence=f"{shown}: {why}")

    found = frameworks.tag_pattern(framework).match(reference.tag)
    version = found["version"] if found else ""
    if not found or not version[:1].isdigit():
        yield says("framework", framework, f"the repository holds images of {framework}")
        return
    yield says("framework", f"{framework} {version}", "the tag's version")
    parts_of_tag = [part for part in ("devel", "gpu", "py3", "jupyter") if found[part]]
    for part in ("devel", "gpu"):
        if part in parts_of_tag:
            yield says(part, "yes", f"the suffix -{part}")
    made = frameworks.period(framework, version)
    if made is None:
        return
    when = f"images of {made.first} to {made.last or 'today'}"
    python = made.python3 if "py3" in parts_of_tag and made.python3 else made.python
    yield says("python", python, when)
    yield says("system", made.system, when)
    if "gpu" in parts_of_tag and made.cuda:
        yield says("cuda", made.cuda, when)
        yield says("cudnn", made.cudnn, when)
    always = made.jupyter == "always" and "devel" not in parts_of_tag
    if always or "jupyter" in parts_of_tag:
        yield says("jupyter", str(made.port), when)


def _of_configuration(image: Image) -> Iterator[Claim]:
    for name, what in _VARIABLES:
        if value := image.environment.get(name, ""):
            yield Claim(
                what=what,
                value=value,
                origin=ClaimOrigin.ENVIRONMENT,
                evidence=f"{name}={clean_line(value, 60)}",
            )
    for name, what in _LABELS:
        if value := image.labels.get(name, ""):
            shown = f"{name}={clean_line(value, 60)}"
            yield Claim(what=what, value=value, origin=ClaimOrigin.LABEL, evidence=shown)
    if image.labels.get("com.nvidia.volumes.needed"):
        evidence = "com.nvidia.volumes.needed=nvidia_driver"
        yield Claim(what="nvidia-docker", value="1", origin=ClaimOrigin.LABEL, evidence=evidence)
    yield from _of_base_labels(image)
    for step in image.steps:
        yield from _of_step(without_credentials(step))


def _of_base_labels(image: Image) -> Iterator[Claim]:
    """The system's name and version, from labels that Ubuntu's and other base images carry."""
    name = image.labels.get("org.opencontainers.image.ref.name", "")
    version = image.labels.get("org.opencontainers.image.version", "")
    if any(one.id == f"{name}-{version}" for one in systems().systems):
        evidence = f"org.opencontainers.image.version={version}"
        yield Claim(
            what="system", value=f"{name}-{version}", origin=ClaimOrigin.LABEL, evidence=evidence
        )


def _of_step(step: str) -> Iterator[Claim]:
    if found := _CUDA_REPOSITORY.search(step):
        yield _told("system", f"ubuntu-{found[1]}.{found[2]}", found[0], step)
    for word in _CODENAME.findall(step):
        for one in systems().systems:
            if one.codename and one.codename == word:
                yield _told("system", one.id, word, step)
    if not _INSTALLS.search(step):
        return
    for framework in frameworks.names():
        for package, version, python, word in _installed(framework, step):
            yield _told("framework", f"{framework} {version}", word, step)
            yield _told("package", package, word, step)
            if python:
                yield _told("python", python, word, step)


def _installed(framework: str, step: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield (distribution, version, Python or "", matched text) of what a build step installs.

    Recognised are a wheel's file name, NAME==VERSION, and name and version as build arguments.
    """
    names = sorted(frameworks.carriers(framework), key=len, reverse=True)
    either = "|".join(re.escape(name).replace(r"\-", "[-_]") for name in names)
    name = rf"(?<![\w-])(?P<name>{either})"
    version = r"(?P<version>\d[\w.]{0,30})"
    for pattern in (
        rf"{name}-{version}-cp(?P<major>\d)(?P<least>\d{{1,2}})-",
        rf"{name}=={version}",
        rf"PACKAGE=(?P<name>{either}) \w{{0,20}}PACKAGE_VERSION={version}",
    ):
        for found in re.finditer(pattern, step):
            told = found.groupdict()
            python = f"{told['major']}.{told['least']}" if "major" in told else ""
            yield told["name"].replace("_", "-"), told["version"], python, found[0]


def _told(what: str, value: str, word: str, step: str) -> Claim:
    """Make a claim with a short excerpt as evidence; a whole build step may hold anything."""
    at = step.find(word)
    first = max(step.rfind(" ", 0, at) + 1, at - 80)
    last = step.find(" ", at + len(word))
    excerpt = step[first : last if 0 <= last < at + len(word) + 60 else at + len(word) + 60]
    shown = f"{'... ' if first else ''}{clean_line(excerpt, 200)}"
    return Claim(what=what, value=value, origin=ClaimOrigin.HISTORY, evidence=shown)


def agree(what: str, one: str, other: str) -> bool:
    """Whether two values can both be true, as 8.0 and 8.0.61, 5 and 5.1.10, 3.5 and 3.5.2 can."""
    if what in ("system", "package", "gpu"):
        return one == other
    if what == "framework" and "" in (one.partition(" ")[2], other.partition(" ")[2]):
        # A tag may name no release; then only the framework's name can be compared.
        return one.partition(" ")[0] == other.partition(" ")[0]
    first, second = one.rpartition(" "), other.rpartition(" ")
    if first[0] != second[0]:
        return False
    if what == "framework" and _same_pre_release(first[2], second[2]):
        return True
    a, b = first[2].split("."), second[2].split(".")
    length = min(len(a), len(b), 3 if what == "framework" else 2)
    return a[:length] == b[:length] and bool(minor(first[2])) == bool(minor(second[2]))


def _same_pre_release(one: str, other: str) -> bool:
    """Whether two versions are the same pre-release in two spellings, such as 2.22.0-dev20261101
    (the framework itself) and 2.22.0.dev20261101 (its distribution)."""
    if not re.search(r"[a-z]", one) or not re.search(r"[a-z]", other):
        return False
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one[:_VERSION]) == Version(other[:_VERSION])
    except InvalidVersion:
        return False

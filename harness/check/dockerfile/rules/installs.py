"""What pip installs: releases without a wheel for that Python, today's newest releases that break
something, requirements without a pin, GPU builds without their CUDA.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.check.dockerfile.based import BasedOn, based_on
from harness.check.dockerfile.checked import (
    CheckedDockerfile,
    DockerfileFinding,
    DockerfileWeight,
    breakage,
    of_breakage,
)
from harness.check.dockerfile.shell import PipInstall, commands, conda_python, pip_installs
from harness.knowledge import frameworks
from harness.knowledge.availability import reason_unavailable
from harness.knowledge.resolving import taken_today

_EFFECT = {
    "blocks": DockerfileWeight.BREAKS,
    "change": DockerfileWeight.BREAKS,
    "note": DockerfileWeight.NOTE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Installed:
    """A release of a framework that pip installs, and the Python it is for."""

    framework: str
    version: str
    package: str
    python: str
    line: int
    stage: int
    based: BasedOn


def findings(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """Findings about everything that pip installs."""
    installs = tuple(pip_installs(checked))
    conda = conda_python(checked)
    for one in _frameworks(checked, installs, conda):
        yield from _of_framework(checked, one, installs)
    yield from _unpinned(installs)


def _frameworks(
    checked: CheckedDockerfile, installs: tuple[PipInstall, ...], conda: str
) -> Iterator[_Installed]:
    for one in installs:
        framework = next((f for f in frameworks.names() if one.name in frameworks.carriers(f)), "")
        if not framework or not one.pinned:
            continue
        stage = checked.layout.stages[one.stage]
        while stage.parent is not None:
            stage = checked.layout.stages[stage.parent]
        based = based_on(stage.image)
        yield _Installed(
            framework=framework,
            version=one.pinned,
            package=one.name,
            python=conda or _python(one, based),
            line=one.line,
            stage=one.stage,
            based=based,
        )


def _python(one: PipInstall, based: BasedOn) -> str:
    """The Python (major.minor) that a pip installs for, by pip's name and the base image; empty if
    not known."""
    if "." in one.python:
        return one.python
    if one.python == "2":
        return based.python2 or (based.python if based.python.startswith("2") else "")
    if one.python == "" and based.python2:
        return based.python2
    return based.python


def _of_framework(
    checked: CheckedDockerfile, one: _Installed, installs: tuple[PipInstall, ...]
) -> Iterator[DockerfileFinding]:
    what = f"{one.package} {one.version}"
    if one.python:
        why = reason_unavailable(one.framework, one.version, one.package, one.python)
        if why:
            yield of_breakage("no-matching-distribution", one.line, why)
            return
    beside = {
        each.name: each for each in installs if each.stage == one.stage and each.name != one.package
    }
    environment = _environment(checked, one.stage)
    for conflict in frameworks.conflicts(one.framework):
        if conflict.absent or not conflict.package or not _in(one.version, conflict.framework):
            continue
        if conflict.python and not (one.python and _in(one.python, conflict.python)):
            continue
        if any(environment.get(name) == value for name, value in conflict.unless.items()):
            continue
        if any(environment.get(name) not in values for name, values in conflict.where.items()):
            continue
        asked = beside.get(conflict.package)
        if asked is not None and asked.specifier:
            version, why = asked.pinned, f"line {asked.line} asks for it"
        else:
            version = taken_today(one.framework, one.version, conflict.package, one.python)
            why = "nothing bounds it, so pip takes today's newest"
        if version and _in(version, conflict.versions):
            known = breakage(conflict.breakage)
            line = asked.line if asked is not None and asked.specifier else one.line
            yield of_breakage(
                conflict.breakage,
                line,
                f"{what} with {conflict.package} {version} ({why}): {known.what}",
                _EFFECT[conflict.effect],
            )
    yield from _cuda(checked, one)


def _environment(checked: CheckedDockerfile, number: int) -> dict[str, str | None]:
    """The environment at the end of a stage, as far as the Dockerfile sets it."""
    found: dict[str, str | None] = {}
    for step in checked.layout.stages[number].steps:
        found |= dict(step.scope.environment)
        if step.instruction.name == "ENV":
            words = step.instruction.arguments
            found |= dict(zip(words[0::3], words[1::3], strict=False))
    return found


def _cuda(checked: CheckedDockerfile, one: _Installed) -> Iterator[DockerfileFinding]:
    """A GPU build on a base image without the CUDA release it needs."""
    build = frameworks.build(one.framework, one.version)
    if build is None or one.package not in frameworks.gpu_packages(one.framework):
        return
    if not build.cuda or one.based.cuda == build.cuda:
        return
    if not one.based.cuda and _brings_cuda(checked):
        return
    has = f"CUDA {one.based.cuda}" if one.based.cuda else "no CUDA that is known of"
    effect = "its import fails" if build.links_cuda else "it sees no GPU"
    yield DockerfileFinding(
        weight=DockerfileWeight.BREAKS,
        line=one.line,
        message=f"{one.package} {one.version} needs CUDA {build.cuda}, and the base has {has}: "
        f"{effect}",
        remedy=f"begin FROM an image with CUDA {build.cuda} and cuDNN {build.cudnn}, or install "
        "the build for the CPU",
        source="what its wheels were built for",
        explain="dso-loader-warning"
        if not build.links_cuda
        else "libcublas-8.0"
        if build.cuda.startswith("8")
        else "",
    )


def _brings_cuda(checked: CheckedDockerfile) -> bool:
    """Whether a step installs parts of CUDA; names alone then do not tell which release."""
    return any(
        any("cuda" in word or "cudnn" in word for word in words)
        for stage in checked.layout.stages
        for step in stage.steps
        for _, words in commands(step)
    )


def _unpinned(installs: tuple[PipInstall, ...]) -> Iterator[DockerfileFinding]:
    by_line: dict[tuple[int, str], list[str]] = {}
    for one in installs:
        if one.name and not one.pinned and one.name not in ("pip", "setuptools", "wheel"):
            by_line.setdefault((one.line, one.of_file), []).append(one.name)
    for (line, file), names in by_line.items():
        listed = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        where = f" (of {file})" if file else ""
        yield of_breakage(
            "unpinned-pip",
            line,
            f"not pinned, so today's newest is installed: {listed}{where}",
            DockerfileWeight.DRIFTS,
        )


def _in(version: str, specifier: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return False

"""Commands that do not do what they seem to: sudo where it is not installed, a CMD that only looks
like JSON, `pip list` output used as requirements, an installer of whatever Python is newest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.dockerfile.based import BasedOn, based_on
from harness.check.dockerfile.checked import (
    CheckedDockerfile,
    DockerfileFinding,
    DockerfileWeight,
    of_breakage,
)
from harness.check.dockerfile.shell import (
    apt_installed,
    commands,
    pip_command,
    requirements_text,
)
from harness.dockerfiles.stages import Stage
from harness.knowledge.versions import at_least

_PLAIN = ("ubuntu", "debian", "python", "nvidia/cuda", "nvidia/cudagl", "centos")
"""Repositories whose images are known to have no sudo."""
_TABLE = re.compile(r"^Package\s+Version\s*$|^-{3,}\s+-{3,}\s*$", re.MULTILINE)
_OLD_LIST = re.compile(r"^[A-Za-z0-9._-]+ \([0-9][^)]*\)\s*$", re.MULTILINE)


def findings(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """Findings about the commands of every stage."""
    for stage in checked.layout.stages:
        yield from _sudo(checked, stage)
        yield from _no_lists(checked, stage)
        for step in stage.steps:
            one = step.instruction
            if one.name in ("CMD", "ENTRYPOINT", "SHELL") and not one.is_json:
                said = one.said.strip()
                if said.startswith("[") and said.endswith("]"):
                    yield of_breakage(
                        "cmd-single-quotes",
                        one.line,
                        f"{one.name} {said[:80]} is not JSON, so a shell runs it as it stands",
                    )
            for line, words in commands(step):
                yield from _of_command(line, words)
                yield from _packages(line, words, based_on(first_image(checked, stage)))
    yield from _files(checked)


def _sudo(checked: CheckedDockerfile, stage: Stage) -> Iterator[DockerfileFinding]:
    first = stage
    chain = [stage]
    while first.parent is not None:
        first = checked.layout.stages[first.parent]
        chain.insert(0, first)
    based = based_on(first.image)
    if based.repository not in _PLAIN and not based.framework:
        return
    for each in chain:
        for step in each.steps:
            told = [line for line, words in commands(step) if words[0] == "sudo"]
            if told and each is stage:
                yield of_breakage(
                    "sudo-missing",
                    told[0],
                    f"there is no sudo in {first.image}, and root needs none",
                )
                return
            if "sudo" in apt_installed(step):
                return


def _of_command(line: int, words: list[str]) -> Iterator[DockerfileFinding]:
    pip = pip_command(words)
    if pip is not None and pip[1][:1] == ["list"] and any(">" in word for word in pip[1]):
        yield of_breakage(
            "pip-list-requirements",
            line,
            "`pip list` writes a table, which `pip install -r` refuses",
        )
    for word in words if words[0] in ("wget", "curl") else ():
        if "conda3-latest" in word.lower() or "conda2-latest" in word.lower():
            yield DockerfileFinding(
                weight=DockerfileWeight.DRIFTS,
                line=line,
                message=f"{word.rpartition('/')[2]} brings whatever Python is newest",
                remedy="name a release of the installer, and check its hash",
                explain="",
            )
            return


def _no_lists(checked: CheckedDockerfile, stage: Stage) -> Iterator[DockerfileFinding]:
    """Packages that are installed before `apt-get update` has fetched the package lists."""
    based = based_on(first_image(checked, stage))
    if stage.parent is not None or (based.repository not in _PLAIN and not based.framework):
        return
    for step in stage.steps:
        for line, words in commands(step):
            rest = words[1:] if words[0] == "sudo" else words
            if rest[:1] not in (["apt-get"], ["apt"]):
                continue
            if "update" in rest:
                return
            if "install" in rest:
                yield DockerfileFinding(
                    weight=DockerfileWeight.BREAKS,
                    line=line,
                    message="no package is found: such images have no lists of packages",
                    remedy="apt-get update && apt-get install, in one RUN",
                )
                return


_LEFT = {"python-pip": ("20.04", "11"), "libpng12-dev": ("16.10", "9")}
"""Debian packages that were removed -> the first Ubuntu and Debian release without them."""


def _packages(line: int, words: list[str], based: BasedOn) -> Iterator[DockerfileFinding]:
    """Packages that apt should install but that the system no longer has."""
    rest = words[1:] if words[0] == "sudo" else words
    if rest[:1] not in (["apt-get"], ["apt"]) or "install" not in rest:
        return
    for name, (ubuntu, debian) in _LEFT.items():
        if name not in rest:
            continue
        newest = based.repository in ("ubuntu", "debian") and based.tag in ("", "latest")
        system = based.system
        gone = newest or (
            system is not None
            and (
                (system.id.startswith("ubuntu-") and at_least(system.id[7:], ubuntu))
                or (system.id.startswith("debian-") and at_least(system.id[7:], debian))
            )
        )
        if gone:
            where = f"{based.repository}:{based.tag or 'latest'}"
            yield DockerfileFinding(
                weight=DockerfileWeight.BREAKS,
                line=line,
                message=f"{where} has no package {name} any more",
                remedy="python3-pip" if name == "python-pip" else "libpng-dev",
                explain="" if name == "python-pip" else "libpng12",
            )


def first_image(checked: CheckedDockerfile, stage: Stage) -> str:
    """The image that a stage is built on, directly or through other stages."""
    while stage.parent is not None:
        stage = checked.layout.stages[stage.parent]
    return stage.image


def _files(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    for stage in checked.layout.stages:
        for step in stage.steps:
            for line, words in commands(step):
                pip = pip_command(words)
                if pip is None or "install" not in pip[1]:
                    continue
                for before, name in zip(pip[1], pip[1][1:], strict=False):
                    text = requirements_text(checked, name) if before == "-r" else None
                    if text and (_TABLE.search(text) or _OLD_LIST.search(text)):
                        yield of_breakage(
                            "pip-list-requirements",
                            line,
                            f"{name} is what `pip list` writes, and no file of requirements",
                        )

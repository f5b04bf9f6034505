"""Base images: tags that move, images that are gone, systems and Pythons past their support."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.dockerfile.based import BasedOn, based_on
from harness.check.dockerfile.checked import (
    CheckedDockerfile,
    DockerfileFinding,
    DockerfileWeight,
    of_breakage,
)
from harness.check.dockerfile.shell import commands
from harness.dockerfiles.stages import SCRATCH, ImageUse, Stage, image_uses
from harness.knowledge.library import systems

_NOTE, _DRIFTS = DockerfileWeight.NOTE, DockerfileWeight.DRIFTS
_ARCHIVED = ("debian-8", "debian-9", "debian-10")
"""Releases that have left Debian's mirrors, as the breakage debian-eol says."""
_GONE_CUDA = ("7.", "8.", "9.", "10.0", "10.1", "11.0")
"""CUDA releases whose images NVIDIA has removed from its repository; see the breakage
manifest-unknown."""


def findings(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """Findings about every image that the Dockerfile uses."""
    for use in image_uses(checked.layout):
        based = based_on(use.image)
        yield from _name(checked, use, based)
    for stage in checked.layout.stages:
        if stage.image and stage.image != SCRATCH:
            yield from _age(checked, stage, based_on(stage.image))


def _name(checked: CheckedDockerfile, use: ImageUse, based: BasedOn) -> Iterator[DockerfileFinding]:
    line, reference = use.instruction.line, based.reference
    if reference is None:
        yield DockerfileFinding(
            weight=DockerfileWeight.BREAKS,
            line=line,
            message=f"`{use.image}` is not a valid image name",
        )
        return
    if told := checked.moved.get(use.image):
        yield of_breakage("manifest-unknown", line, told)
    elif reference.digest:
        return
    elif based.repository in ("nvidia/cuda", "nvidia/cudagl") and based.tag.startswith(_GONE_CUDA):
        message = f"{use.image}: NVIDIA removes the images of CUDA releases past their support"
        yield of_breakage("manifest-unknown", line, message)
    elif based.tag in ("", "latest"):
        yield DockerfileFinding(
            weight=_DRIFTS,
            line=line,
            message=f"{use.image} is whatever is newest on the day it is built",
            remedy=f"name a release and its digest: {based.repository}:TAG@sha256:...",
        )
    else:
        yield DockerfileFinding(
            weight=_DRIFTS,
            line=line,
            message=f"{use.image} is named by a tag, which may be another image tomorrow",
            remedy=f"add its digest: {use.image}@sha256:...",
        )


def _age(checked: CheckedDockerfile, stage: Stage, based: BasedOn) -> Iterator[DockerfileFinding]:
    line = stage.begins.line
    system = based.system
    if system is not None and system.end <= checked.date:
        yield DockerfileFinding(
            weight=_NOTE,
            line=line,
            message=f"{system.name} has been out of support since {system.end}",
            remedy="it gets no security fixes any more: begin from a newer system",
            source=system.source,
            explain=system.id,
        )
    if based.repository == "python" or based.framework:
        for row in systems().pythons:
            if row.version == based.python and row.end <= checked.date:
                yield DockerfileFinding(
                    weight=_NOTE,
                    line=line,
                    message=f"Python {row.version} has been out of support since {row.end}",
                    remedy="pin the packages that are installed on it: today's releases no longer "
                    "support it",
                    source=row.source,
                    explain=f"python-{row.version}",
                )
    updating = _first_update(stage)
    if not updating:
        return
    if system is not None and system.id in _ARCHIVED:
        message = f"`apt-get update` finds nothing: {system.name} has left the mirrors"
        yield of_breakage("debian-eol", updating, message)
    if based.cuda and (system is None or system.id in ("ubuntu-16.04", "ubuntu-18.04")):
        yield of_breakage(
            "nvidia-gpg-rotation",
            updating,
            "`apt-get update` fails in images that were made before NVIDIA changed the key of its "
            "packages (2022-04-28)",
        )


def _first_update(stage: Stage) -> int:
    """The line of the first `apt-get update`; 0 if there is none."""
    for step in stage.steps:
        for line, words in commands(step):
            rest = words[1:] if words[0] == "sudo" else words
            if rest[:1] and rest[0] in ("apt-get", "apt") and "update" in rest:
                return line
    return 0

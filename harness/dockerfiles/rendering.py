"""Render a resolved Dockerfile: the user's own, with every image name replaced by the image it was
resolved to, so that the recorded text is what was built.

Comments are removed. Each instruction keeps its line in the original, so that a builder's messages
about a step can be shown with that line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.dockerfiles.parsing import Dockerfile, Flag, Instruction, parse_dockerfile
from harness.dockerfiles.stages import SCRATCH, Layout, Stage, image_uses, layout
from harness.errors import DockerfileError


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderedStep:
    """One instruction of a resolved Dockerfile."""

    text: str
    name: str
    line: int
    """Line in the original; 0 for an added instruction."""
    stage: int
    """Number of its stage; -1 before the first FROM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """A resolved Dockerfile, as a builder gets it."""

    steps: tuple[RenderedStep, ...]
    escape: str
    syntax: str

    @property
    def text(self) -> str:
        """The text of the file."""
        head = [f"# syntax={self.syntax}"] if self.syntax else []
        head += [f"# escape={self.escape}"] if self.escape != "\\" else []
        return "\n".join((*head, *(one.text for one in self.steps))) + "\n"


def render(
    dockerfile: Dockerfile,
    found: Layout,
    images: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
) -> Resolved:
    """The Dockerfile with image names replaced, and the labels added to every stage.

    `images` maps each image name in the Dockerfile to the resolved image. Raises DockerfileError,
    with the line, if a name is written so that it cannot be replaced, and KeyError for an image
    that `images` lacks.
    """
    steps: list[RenderedStep] = []
    for one in dockerfile.instructions:
        if one.name == "FROM":
            break
        steps.append(RenderedStep(text=one.text, name=one.name, line=one.line, stage=-1))
    for stage in found.stages:
        steps += _stage(stage, found, images, labels or {})
    made = Resolved(steps=tuple(steps), escape=dockerfile.escape, syntax=dockerfile.syntax)
    if unresolved := _unresolved(made, set(images.values())):
        line = next((one.line for one in steps if unresolved in one.text), 1)
        message = f"the image `{unresolved}` is named so that it cannot be resolved"
        problem = dockerfile.problem_at(line, message, remedy="write it without quotes and escapes")
        raise DockerfileError([problem])
    return made


def _unresolved(made: Resolved, known: set[str]) -> str:
    """An image that a build of this text would use although it was not resolved; empty if none."""
    again = layout(parse_dockerfile(made.text.encode(), "the resolved Dockerfile"), {})
    return next((use.image for use in image_uses(again) if use.image not in known), "")


def _stage(
    stage: Stage, found: Layout, images: Mapping[str, str], labels: Mapping[str, str]
) -> list[RenderedStep]:
    def step(text: str, name: str, line: int) -> RenderedStep:
        return RenderedStep(text=text, name=name, line=line, stage=stage.number)

    steps = [step(_from(stage, found, images), "FROM", stage.begins.line)]
    if labels:
        told = " ".join(f'"{key}"="{value}"' for key, value in sorted(labels.items()))
        steps.append(step(f"LABEL {told}", "LABEL", 0))
    earlier = Layout(stages=found.stages[: stage.number], declared=frozenset())
    for placed in stage.steps:
        one = placed.instruction
        steps.append(step(_resolved(one, earlier, images), one.name, one.line))
    return steps


def _from(stage: Stage, found: Layout, images: Mapping[str, str]) -> str:
    named = f" AS {stage.name}" if stage.name else ""
    if stage.parent is not None:
        return f"FROM {found.stages[stage.parent].name}{named}"
    image = SCRATCH if stage.image == SCRATCH else images[stage.image]
    return f"FROM {image}{named}"


def _resolved(one: Instruction, earlier: Layout, images: Mapping[str, str]) -> str:
    """The text of an instruction, with the images that it uses replaced."""
    text = one.text
    if one.name in ("COPY", "ADD"):
        text = _replaced(text, one.flag("from"), "--from=", earlier, images)
    if one.name == "RUN":
        for flag in one.flags:
            if flag.name == "mount":
                text = _replaced(text, _from_of(flag), "from=", earlier, images)
    return text


def _from_of(flag: Flag) -> str | None:
    return flag.options().get("from")


def _replaced(
    text: str, image: str | None, key: str, earlier: Layout, images: Mapping[str, str]
) -> str:
    if not image or earlier.stage(image) is not None:
        return text
    # Only the first match is replaced: flags come first. Quotes around the image are dropped.
    pattern = re.compile(rf"({re.escape(key)})([\"']?){re.escape(image)}\2(?=[\s,\"']|$)", re.I)
    return pattern.sub(lambda found: f"{found[1]}{images[image]}", text, count=1)

"""A resolved Dockerfile: what people wrote, with every image named by what was resolved, so that
what is written down is what was built.

Comments go; each instruction is known by its number, so that what a builder says of a step is told
with the line of the original.
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
    """Of the original; 0: we have added it."""
    stage: int
    """-1: it stands before the first FROM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """A Dockerfile as a builder gets it."""

    steps: tuple[RenderedStep, ...]
    escape: str
    syntax: str

    @property
    def text(self) -> str:
        """The file."""
        head = [f"# syntax={self.syntax}"] if self.syntax else []
        head += [f"# escape={self.escape}"] if self.escape != "\\" else []
        return "\n".join((*head, *(one.text for one in self.steps))) + "\n"


def render(
    dockerfile: Dockerfile,
    found: Layout,
    images: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
) -> Resolved:
    """The Dockerfile with images named as `images` tells, by their name in the Dockerfile; every
    stage carries the labels.

    DockerfileError, with the line, where the name of an image is written so that it cannot be
    replaced. KeyError for an image that `images` does not tell of.
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
    """An image that a build of this text would take something from, and that nobody resolved."""
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
    """An instruction as it is written, but for the images that it takes something from."""
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
    # In flags alone, which stand before everything else; quotes around an image are its own.
    pattern = re.compile(rf"({re.escape(key)})([\"']?){re.escape(image)}\2(?=[\s,\"']|$)", re.I)
    return pattern.sub(lambda found: f"{found[1]}{images[image]}", text, count=1)

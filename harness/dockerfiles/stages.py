"""The stages of a Dockerfile: the image or stage that each is built on, the variables at every
instruction, and every image that a build uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.dockerfiles.parsing import Dockerfile, Instruction
from harness.dockerfiles.variables import PLATFORMS, Scope, UnknownValue
from harness.errors import Problem

SCRATCH = "scratch"
"""The empty image."""
_STAGE_NAME = re.compile(r"[a-z][a-z0-9_.-]*")
_IMAGE = re.compile(r"[A-Za-z0-9](?:[\w./:@-]{0,400}\w)?", re.ASCII)
_PLATFORM_WORDS = frozenset({"$BUILDPLATFORM", "$TARGETPLATFORM"})
Environments = Mapping[str, Mapping[str, str | None]]
"""Image, as the Dockerfile names it -> the variables that it sets; None for an unknown value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageStep:
    """An instruction, and the variables that are set before it."""

    instruction: Instruction
    scope: Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One stage."""

    number: int
    """Its position in the Dockerfile, from 0 on."""
    name: str
    """In lower case; empty if it has none."""
    begins: Instruction
    """Its FROM."""
    image: str = ""
    """The image it is built on, variables replaced; empty if it is built on a stage."""
    parent: int | None = None
    """Number of the stage it is built on; None if it is built on an image."""
    platform: str = ""
    """The platform in its FROM, variables replaced; empty for that of the build."""
    scope: Scope = Scope()
    """The variables right after its FROM."""
    steps: tuple[StageStep, ...] = ()
    """The instructions after its FROM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The stages of a Dockerfile, and the problems of its structure."""

    stages: tuple[Stage, ...]
    declared: frozenset[str]
    """Names of all its ARGs."""
    problems: tuple[Problem, ...] = ()

    def stage(self, name: str) -> Stage | None:
        """The stage of that name or number; None if there is none."""
        if name.isdecimal() and int(name) < len(self.stages):
            return self.stages[int(name)]
        named = [one for one in self.stages if one.name and one.name == name.lower()]
        return named[-1] if named else None

    def built(self, target: str) -> tuple[Stage, ...]:
        """The stages up to the one that becomes the image; an empty target means the last."""
        if not target:
            return self.stages
        last = self.stage(target)
        return self.stages[: last.number + 1] if last else self.stages


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageUse:
    """An image that a build uses, and the instruction that names it."""

    image: str
    instruction: Instruction
    mount: int | None = None
    """Position of the flag in a RUN; None for a FROM, or the `--from` of a COPY."""


def layout(
    dockerfile: Dockerfile, given: Mapping[str, str], environments: Environments | None = None
) -> Layout:
    """The stages of a Dockerfile with these build arguments.

    `environments` are the variables that images set; None if they have not been read.
    """
    return _Laying(dockerfile, given, environments).result()


class _Laying:
    def __init__(
        self, dockerfile: Dockerfile, given: Mapping[str, str], environments: Environments | None
    ) -> None:
        self._of, self._given, self._environments = dockerfile, given, environments
        self._problems: list[Problem] = []
        self._stages: list[Stage] = []
        self._ends: list[Scope] = []
        self._before = Scope(escape=dockerfile.escape)

    def result(self) -> Layout:
        heads = [n for n, one in enumerate(self._of.instructions) if one.name == "FROM"]
        first = heads[0] if heads else len(self._of.instructions)
        for one in self._of.instructions[:first]:
            if one.name == "ARG":
                self._before = self._before.after(one, self._given, {})
            else:
                self._problem("only ARG can stand before the first FROM", one)
        if not heads:
            self._problem("there is no FROM: nothing to build on", None)
        ends = [*heads[1:], len(self._of.instructions)]
        for begin, end in zip(heads, ends, strict=False):
            self._stage(self._of.instructions[begin], self._of.instructions[begin + 1 : end])
        return Layout(
            stages=tuple(self._stages),
            declared=frozenset(
                word.partition("=")[0]
                for one in self._of.instructions
                if one.name == "ARG"
                for word in one.arguments
            ),
            problems=tuple(self._problems),
        )

    def _problem(self, message: str, one: Instruction | None, remedy: str = "") -> None:
        self._problems.append(self._of.problem(message, one, remedy=remedy))

    def _stage(self, begins: Instruction, body: tuple[Instruction, ...]) -> None:
        words = begins.arguments
        name = ""
        if len(words) == 3 and words[1].lower() == "as":
            name = words[2].lower()
            if _STAGE_NAME.fullmatch(name) is None:
                self._problem(f"`{words[2]}` is no name for a stage", begins)
        elif len(words) != 1:
            self._problem("a FROM is `FROM IMAGE` or `FROM IMAGE AS NAME`", begins)
        image = self._image(words[0], begins) if words else ""
        known = Layout(stages=tuple(self._stages), declared=frozenset())
        parent = known.stage(image) if not image.isdecimal() else None
        scope = first = self._scope(image, parent)
        steps = []
        for one in body:
            steps.append(StageStep(instruction=one, scope=scope))
            scope = scope.after(one, self._given, self._before.args)
        self._ends.append(scope)
        self._stages.append(
            Stage(
                number=len(self._stages),
                name=name,
                begins=begins,
                image="" if parent else image,
                parent=parent.number if parent else None,
                platform=self._platform(begins),
                scope=first,
                steps=tuple(steps),
            )
        )

    def _scope(self, image: str, parent: Stage | None) -> Scope:
        """The variables at the start of a stage: the environment of its image or stage, no ARGs."""
        if parent is not None:
            end = self._ends[parent.number]
            return Scope(environment=end.environment, whole=end.whole, escape=end.escape)
        if image == SCRATCH:
            return Scope(escape=self._of.escape)
        known = (self._environments or {}).get(image)
        return Scope(environment=dict(known or {}), whole=known is not None, escape=self._of.escape)

    def _image(self, word: str, begins: Instruction) -> str:
        try:
            image = self._before.expand(word)
        except UnknownValue as error:
            self._problem(f"what this is built on is not known: {error}", begins, self._hint(word))
            return word
        if _IMAGE.fullmatch(image) is None:
            message = f"`{word}` comes to `{image[:200]}`, which is no image"
            if not image:
                message = f"`{word}` comes to nothing: no ARG before the first FROM sets it"
            self._problem(message, begins, self._hint(word))
            return word
        return image

    def _hint(self, word: str) -> str:
        names = re.findall(r"\$\{?(\w+)", word)
        if set(names) & PLATFORMS:
            return "only BuildKit sets it: give it a value in an ARG before the first FROM"
        return "give it a default in an ARG before the first FROM, or a value in `args`"

    def _platform(self, begins: Instruction) -> str:
        word = begins.flag("platform") or ""
        if word.replace("{", "").replace("}", "") in _PLATFORM_WORDS:
            return ""
        try:
            return self._before.expand(word)
        except UnknownValue as error:
            self._problem(f"its platform is not known: {error}", begins, self._hint(word))
            return ""


def image_uses(found: Layout, target: str = "") -> Iterator[ImageUse]:
    """Yield every use of an image from outside the Dockerfile, except `scratch`."""
    for stage in found.built(target):
        if stage.image and stage.image != SCRATCH:
            yield ImageUse(image=stage.image, instruction=stage.begins)
        earlier = Layout(stages=found.stages[: stage.number], declared=frozenset())
        for placed in stage.steps:
            yield from _sources(placed.instruction, earlier)


def _sources(one: Instruction, earlier: Layout) -> Iterator[ImageUse]:
    if one.name in ("COPY", "ADD"):
        source = one.flag("from")
        if source and earlier.stage(source) is None:
            yield ImageUse(image=source, instruction=one)
    if one.name == "RUN":
        for number, flag in enumerate(one.flags):
            source = flag.options().get("from", "") if flag.name == "mount" else ""
            if source and earlier.stage(source) is None:
                yield ImageUse(image=source, instruction=one, mount=number)

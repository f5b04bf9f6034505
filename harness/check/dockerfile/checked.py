"""A Dockerfile that is asked about, and what is found wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.dockerfiles.parsing import Dockerfile, Instruction
from harness.dockerfiles.stages import Layout, Stage
from harness.errors import Exit
from harness.knowledge.library import Breakage, breakages


class DockerfileWeight(StrEnum):
    """What a finding does; the heaviest first."""

    BREAKS = "breaks"
    """It does not build, or not do what it says, today."""
    DRIFTS = "drifts"
    """What it gives changes with the day on which it is built."""
    NOTE = "note"
    """Worth knowing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerfileFinding:
    """One thing that is wrong, with its line."""

    weight: DockerfileWeight
    line: int
    message: str
    remedy: str = ""
    source: str = ""
    explain: str = ""
    """Id in the knowledge base."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedDockerfile:
    """What rules look at."""

    dockerfile: Dockerfile
    layout: Layout
    date: str
    """The day it is asked on, ISO."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Small texts of its folder, by their path from there."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """By image: that its tag moved or is gone, as somebody looked; empty: it is as it was."""

    @property
    def final(self) -> Stage:
        """The stage that becomes the image."""
        return self.layout.stages[-1]

    def chain(self) -> tuple[Stage, ...]:
        """The final stage and those that it grows on, the first first."""
        stages = [self.final]
        while stages[0].parent is not None:
            stages.insert(0, self.layout.stages[stages[0].parent])
        return tuple(stages)

    def last(self, name: str) -> Instruction | None:
        """The last instruction of that name that the image has."""
        found = [
            step.instruction
            for stage in self.chain()
            for step in stage.steps
            if step.instruction.name == name
        ]
        return found[-1] if found else None


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerfilePage:
    """Everything that there is to say about one Dockerfile."""

    path: str
    excerpts: Mapping[int, str]
    """By line: what stands there."""
    findings: tuple[DockerfileFinding, ...]
    """By their lines."""
    notices: tuple[str, ...] = ()
    """What nobody looked at."""

    @property
    def exit(self) -> Exit:
        """1 where something breaks or drifts."""
        heavy = any(one.weight is not DockerfileWeight.NOTE for one in self.findings)
        return Exit.FINDINGS if heavy else Exit.OK


def of_breakage(
    id: str,
    line: int,
    message: str,
    weight: DockerfileWeight = DockerfileWeight.BREAKS,
    remedy: str = "",
) -> DockerfileFinding:
    """A finding whose remedy and source are those of a known breakage."""
    row = breakage(id)
    return DockerfileFinding(
        weight=weight,
        line=line,
        message=message,
        remedy=remedy or row.remedy,
        source=row.source,
        explain=id,
    )


def breakage(id: str) -> Breakage:
    """The known breakage of that id."""
    return next(one for one in breakages() if one.id == id)

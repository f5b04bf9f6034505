"""A Dockerfile under examination, and the findings about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from harness.dockerfiles.parsing import Dockerfile, Instruction
from harness.dockerfiles.stages import Layout, Stage
from harness.errors import Exit
from harness.knowledge.library import Breakage, breakages


class DockerfileWeight(StrEnum):
    """How serious a finding is, the heaviest first."""

    BREAKS = "breaks"
    """It does not build today, or does not do what it says."""
    DRIFTS = "drifts"
    """The result depends on the day on which it is built."""
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
    """A Dockerfile with everything that the rules examine."""

    dockerfile: Dockerfile
    layout: Layout
    date: str
    """The day of the check (ISO date)."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Contents of small text files in its folder, by their path below it."""
    moved: Mapping[str, str] = field(default_factory=dict)
    """Image -> message that its tag has moved or is gone; empty if it has not changed. Images
    that were not looked up are not in it."""

    @property
    def final(self) -> Stage:
        """The stage that becomes the image."""
        return self.layout.stages[-1]

    def chain(self) -> tuple[Stage, ...]:
        """The stages that the final one is built on, the first of them first, then itself."""
        stages = [self.final]
        while stages[0].parent is not None:
            stages.insert(0, self.layout.stages[stages[0].parent])
        return tuple(stages)

    def last(self, name: str) -> Instruction | None:
        """The last instruction of that name that takes effect in the image; None if there is
        none."""
        found = [
            step.instruction
            for stage in self.chain()
            for step in stage.steps
            if step.instruction.name == name
        ]
        return found[-1] if found else None


@dataclass(frozen=True, kw_only=True, slots=True)
class DockerfilePage:
    """The result of checking one Dockerfile."""

    path: str
    excerpts: Mapping[int, str]
    """Line number -> text of the line, for lines with findings."""
    findings: tuple[DockerfileFinding, ...]
    """Sorted by line."""
    notices: tuple[str, ...] = ()
    """What was not examined."""

    @property
    def exit(self) -> Exit:
        """The exit status: 1 if something breaks or drifts, else 0."""
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

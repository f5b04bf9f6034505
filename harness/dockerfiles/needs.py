"""The features a Dockerfile needs that not every builder has, with the lines that need them.

A builder without here-documents would take their lines for instructions, which were never checked,
so it must not get such a Dockerfile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from harness.dockerfiles.parsing import Dockerfile, Instruction
from harness.dockerfiles.stages import Layout

_OLD_FLAGS = {"COPY": {"from", "chown"}, "ADD": {"chown"}, "FROM": {"platform"}, "RUN": set()}
_OLD_FLAGS["HEALTHCHECK"] = {"interval", "timeout", "start-period", "retries"}


class Feature(StrEnum):
    """A feature that not every builder has."""

    MOUNT = "RUN --mount"
    SECRET = "secrets"
    HEREDOC = "here-documents"
    FLAG = "flags of newer builders"
    SYNTAX = "# syntax="


@dataclass(frozen=True, kw_only=True, slots=True)
class BuilderNeed:
    """A feature, and the first line that needs it."""

    feature: Feature
    line: int
    said: str
    """The text in that line, such as `--link`."""


def builder_needs(dockerfile: Dockerfile, found: Layout, target: str) -> tuple[BuilderNeed, ...]:
    """The features that the stages up to the target need, each once."""
    needs: dict[Feature, BuilderNeed] = {}
    if dockerfile.syntax:
        line = dockerfile.syntax_line
        needs[Feature.SYNTAX] = BuilderNeed(feature=Feature.SYNTAX, line=line, said="# syntax=")
    instructions = [one for one in dockerfile.instructions if one.heredocs]
    for stage in found.built(target):
        instructions += (stage.begins, *(placed.instruction for placed in stage.steps))
    for one in sorted(instructions, key=lambda each: each.line):
        for need in _needs(one):
            needs.setdefault(need.feature, need)
    return tuple(needs.values())


def _needs(one: Instruction) -> Iterator[BuilderNeed]:
    def need(feature: Feature, said: str) -> BuilderNeed:
        return BuilderNeed(feature=feature, line=one.line, said=said)

    if one.heredocs:
        yield need(Feature.HEREDOC, f"<<{one.heredocs[0].name}")
    for flag in one.flags:
        if one.name == "RUN" and flag.name == "mount":
            yield need(Feature.MOUNT, "--mount")
            if flag.options().get("type") == "secret":
                yield need(Feature.SECRET, "--mount=type=secret")
        elif flag.name not in _OLD_FLAGS.get(one.name, set()):
            yield need(Feature.FLAG, f"{one.name} --{flag.name}")
    if one.trigger is not None:
        yield from _needs(one.trigger)

"""Chooses an engine's builder for a Dockerfile, and names the profile's limits it does not enforce.

Docker's classic builder and Podman's limit the memory of a build. BuildKit ignores that limit, so
it is used only for what needs it, and this is reported. None of them limits the number of
processes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.dockerfiles.needs import BuilderNeed, Feature
from harness.engines.oci.capabilities import Capabilities

_READS_HEREDOCS = {"docker": (23, 0), "podman": (4, 9)}
"""The release from which an engine's builder reads here-documents by itself."""


class BuilderKind(StrEnum):
    """The builders, by their names in texts for a person."""

    CLASSIC = "the classic builder"
    BUILDKIT = "BuildKit"
    PODMAN = "Podman's builder"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The builder for a Dockerfile, or why there is none."""

    kind: BuilderKind | None
    unbounded: tuple[str, ...] = ()
    """Limits of the profile that the builder does not enforce."""
    why_not: str = ""

    @property
    def told(self) -> str:
        """The builder in words, with the limits that it does not enforce."""
        lacking = f", which bounds no {' and no '.join(self.unbounded)}" if self.unbounded else ""
        return f"{self.kind.value if self.kind else ''}{lacking}"


def choose(
    row: Capabilities,
    info: Mapping[str, Any],
    needs: tuple[BuilderNeed, ...],
    no_buildkit: Callable[[], str],
) -> Choice:
    """Choose the builder for what a Dockerfile needs.

    `info` is the engine's answer to `/info`; `no_buildkit` returns why BuildKit cannot be reached,
    empty if it can.
    """
    by_feature = {one.feature: one for one in needs}
    heredoc = by_feature.get(Feature.HEREDOC)
    if heredoc and Feature.SYNTAX not in by_feature:
        since = _READS_HEREDOCS[row.engine]
        if _version(str(info.get("ServerVersion") or "")) < since:
            return _none(heredoc, f"{row.engine} reads them since {since[0]}.{since[1]}")
    if row.engine == "podman":
        for feature in (Feature.SECRET, Feature.SYNTAX):
            if feature in by_feature:
                return _none(by_feature[feature], "only BuildKit has that")
        return Choice(kind=BuilderKind.PODMAN, unbounded=("number of processes",))
    if not needs:
        return Choice(kind=BuilderKind.CLASSIC, unbounded=("number of processes",))
    if why := no_buildkit():
        return _none(needs[0], f"only BuildKit has that, and {why}")
    return Choice(kind=BuilderKind.BUILDKIT, unbounded=("memory", "number of processes"))


def _none(need: BuilderNeed, why: str) -> Choice:
    told = f"line {need.line} needs {need.feature.value} ({need.said}): {why}"
    return Choice(kind=None, why_not=told)


def _version(text: str) -> tuple[int, int]:
    found = re.match(r"(\d{1,4})\.(\d{1,4})", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)

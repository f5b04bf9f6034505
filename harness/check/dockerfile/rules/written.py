"""Instructions that builds here refuse or must be allowed, and instructions that are outdated."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.dockerfile.checked import (
    CheckedDockerfile,
    DockerfileFinding,
    DockerfileWeight,
    of_breakage,
)
from harness.dockerfiles.rules import Allowed, breaches


def findings(checked: CheckedDockerfile) -> Iterator[DockerfileFinding]:
    """Findings about the text of the Dockerfile."""
    told = set()
    for problem in breaches(checked.dockerfile, checked.layout, Allowed(network=True)):
        told.add((problem.line, problem.message))
        if problem.message.startswith("the cell declares no secret"):
            continue  # Secrets are declared in a cell's row, and there is no cell here.
        yield DockerfileFinding(
            weight=DockerfileWeight.BREAKS,
            line=problem.line,
            message=problem.message,
            remedy=problem.remedy,
        )
    for problem in breaches(checked.dockerfile, checked.layout, Allowed()):
        if (problem.line, problem.message) not in told:
            yield DockerfileFinding(
                weight=DockerfileWeight.DRIFTS,
                line=problem.line,
                message=problem.message,
                remedy=problem.remedy,
            )
    for one in checked.dockerfile.instructions:
        if one.name == "MAINTAINER":
            message = "MAINTAINER is deprecated"
            yield of_breakage("maintainer", one.line, message, DockerfileWeight.NOTE)
        if one.name in ("CMD", "ENTRYPOINT", "RUN", "COPY") and "\r" in one.text:
            yield of_breakage("entrypoint-crlf", one.line, "its lines end with CRLF, as on Windows")
            return

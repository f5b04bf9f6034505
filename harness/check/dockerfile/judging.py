"""Apply all rules to a Dockerfile, and sort the findings by line."""

from __future__ import annotations

from harness.check.dockerfile.checked import CheckedDockerfile, DockerfilePage, DockerfileWeight
from harness.check.dockerfile.rules import all_findings

_ORDER = list(DockerfileWeight)


def judged(checked: CheckedDockerfile, notices: tuple[str, ...] = ()) -> DockerfilePage:
    """The findings of all rules on one page. Pure: the same values give the same page."""
    found = dict.fromkeys(all_findings(checked) if checked.layout.stages else ())
    ordered = sorted(found, key=lambda one: (one.line, _ORDER.index(one.weight), one.message))
    lines = checked.dockerfile.text.split("\n")
    return DockerfilePage(
        path=checked.dockerfile.path,
        excerpts={
            one.line: lines[one.line - 1].strip() for one in ordered if one.line <= len(lines)
        },
        findings=tuple(ordered),
        notices=notices,
    )

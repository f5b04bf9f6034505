"""Distributions that were installed over each other: both claim the same files."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.owners import Overlap
from harness.knowledge import frameworks

_FEW = 3
"""Files that two distributions may share by their packaging alone."""


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason for each pair, saying whose files are there now."""
    inside = subject.inside
    if inside is None or inside.problems or not subject.framework:
        return
    own = frameworks.carriers(subject.framework)
    for one in inside.overlaps:
        if own >= set(one.names):
            yield _framework(one, subject)
        elif one.count > _FEW:
            yield reason("written-over-aside", **_facts(one))


def _framework(one: Overlap, subject: Subject) -> Reason:
    gpu = [name for name in one.names if name in frameworks.gpu_packages(subject.framework)]
    if len(gpu) == 1 and one.kept and one.kept != gpu[0]:
        versions = dict(zip(one.names, one.versions, strict=True))
        return reason(
            "written-over-gpu",
            _evidence(one),
            other=one.kept,
            other_version=versions[one.kept],
            gpu=gpu[0],
            gpu_version=versions[gpu[0]],
            count=str(one.count),
        )
    return reason("written-over", _evidence(one), **_facts(one))


def _evidence(one: Overlap) -> list[str]:
    mixed = "; the files there are a mix of the two" if one.mixed else ""
    return [f"/{one.folder}{mixed}"]


def _facts(one: Overlap) -> dict[str, str]:
    return {
        "one": one.names[0],
        "one_version": one.versions[0],
        "other": one.names[1],
        "other_version": one.versions[1],
        "count": str(one.count),
        "kept": f"; what lies there is that of {one.kept}" if one.kept else "",
    }

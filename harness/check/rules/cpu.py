"""Instruction sets: a build for a newer CPU ends in `Illegal instruction` at import."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import Host
from harness.check.library import breakages
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject


def reasons(subject: Subject, host: Host) -> Iterator[Reason]:
    """Whether the host's CPU has what the build needs."""
    build = subject.build
    if build is None or not build.needs_avx or host.machine not in ("x86_64", "amd64"):
        return
    known = {one.id: one for one in breakages()}
    if not host.flags:
        yield Reason(
            weight=Weight.UNTOLD,
            title=f"{subject.framework} {subject.version} needs AVX; the host's CPU is not known",
            remedy="describe the host again: `harness host --save`",
            source=build.sources.get("min_cpu") or "",
            confidence=Confidence.TABLE,
            explain="avx-sigill",
        )
    elif "avx" not in host.flags:
        yield Reason(
            weight=Weight.BLOCKS,
            title=f"{subject.framework} {subject.version} needs AVX, which this CPU lacks",
            evidence=(f"CPU: {host.cpu or 'not named'}", f"build: {build.min_cpu}"),
            remedy=known["avx-sigill"].remedy,
            source=build.sources.get("min_cpu") or "",
            confidence=Confidence.TABLE,
            explain="avx-sigill",
        )
    elif f"{subject.version} itself needs AVX2" in build.min_cpu and "avx2" not in host.flags:
        yield Reason(
            weight=Weight.BLOCKS,
            title=f"{subject.framework} {subject.version} needs AVX2, which this CPU lacks",
            evidence=(f"CPU: {host.cpu or 'not named'}", f"build: {build.min_cpu}"),
            remedy=known["avx2-240"].remedy,
            source=known["avx2-240"].source,
            confidence=Confidence.TABLE,
            explain="avx2-240",
        )

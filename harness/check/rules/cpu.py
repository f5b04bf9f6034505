"""Instruction sets: a build for a newer CPU ends in `Illegal instruction` at import."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.foreseen import IMPORTS_NOT
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.images.inside import AVX_PER_MILLION
from harness.knowledge.library import breakages


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the host's CPU has what the build needs."""
    build = subject.build
    if build is None or host.machine not in ("x86_64", "amd64"):
        return
    known = {one.id: one for one in breakages()}
    if f"{subject.version} itself needs AVX2" in build.min_cpu and host.flags:
        if "avx2" not in host.flags:
            yield Reason(
                weight=Weight.BLOCKS,
                title=f"{subject.framework} {subject.version} needs AVX2, which this CPU lacks",
                evidence=(f"CPU: {host.cpu or 'not named'}", f"build: {build.min_cpu}"),
                remedy=known["avx2-240"].remedy,
                source=known["avx2-240"].source,
                confidence=Confidence.TABLE,
                explain="avx2-240",
                foresees=IMPORTS_NOT,
            )
        return
    if (read := _read(subject)) is not None:
        if read and "avx" not in host.flags:
            yield Reason(
                weight=Weight.BLOCKS if host.flags else Weight.UNTOLD,
                title="its code needs AVX, which this CPU "
                + ("lacks" if host.flags else "may lack"),
                evidence=(f"CPU: {host.cpu or 'not named'}", f"{read} uses AVX throughout"),
                remedy=known["avx-sigill"].remedy,
                source="the code of the image's shared objects",
                confidence=Confidence.READ,
                explain="avx-sigill",
                foresees=IMPORTS_NOT,
            )
        return
    if not build.needs_avx:
        return
    if not host.flags:
        yield Reason(
            weight=Weight.UNTOLD,
            title=f"{subject.framework} {subject.version} needs AVX; the host's CPU is not known",
            remedy="describe the host again: `harness host --save`",
            source=build.sources.get("min_cpu") or "",
            confidence=Confidence.TABLE,
            explain="avx-sigill",
            foresees=IMPORTS_NOT,
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
            foresees=IMPORTS_NOT,
        )


def _read(subject: Subject) -> str | None:
    """The object whose code needs AVX; empty: none does; None: nobody looked."""
    objects = subject.inside.objects if subject.inside else ()
    looked = [one for one in objects if one.ours and one.avx_per_million >= 0]
    if not looked:
        return None
    most = max(looked, key=lambda one: one.avx_per_million)
    return most.path if most.avx_per_million >= AVX_PER_MILLION else ""

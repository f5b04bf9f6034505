"""For which GPUs a build holds code, and what that means for one of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from harness.check.reasons import Confidence
from harness.check.subject import Subject
from harness.knowledge import frameworks
from harness.knowledge.versions import release


class Fit(Enum):
    """How a build runs on a GPU."""

    NATIVE = "with code made for it"
    COMPILED = "by compiling its PTX when it starts"
    IMPOSSIBLE = "not at all"


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuCode:
    """Compute capabilities a build holds code for."""

    cubin: tuple[str, ...]
    """Ready to run."""
    ptx: tuple[str, ...]
    """To be compiled by the driver."""
    source: str
    confidence: Confidence

    def fit(self, capability: str) -> Fit:
        """A cubin runs on its own major capability with an equal or higher minor; PTX, after
        compilation, on its own capability and every later one."""
        gpu = release(capability)
        if any(release(one)[:1] == gpu[:1] and release(one) <= gpu for one in self.cubin):
            return Fit.NATIVE
        return Fit.COMPILED if any(release(one) <= gpu for one in self.ptx) else Fit.IMPOSSIBLE


def gpu_code(subject: Subject) -> GpuCode | None:
    """What is known of a subject's GPU code: measured on its wheel, told of its minor version, or
    what its Dockerfile set; None where nobody knows."""
    if not subject.version:
        return None
    if found := _inside(subject):
        return found
    for wheel in frameworks.wheels(subject.framework).wheels:
        if wheel.version == subject.version and wheel.cubin:
            return GpuCode(
                cubin=tuple(wheel.cubin),
                ptx=tuple(wheel.ptx),
                source=f"{wheel.file}, measured",
                confidence=Confidence.TABLE,
            )
    build = subject.build
    if build and build.wheel_gpu_arch and build.wheel_gpu_arch.cubin:
        code = build.wheel_gpu_arch
        return GpuCode(
            cubin=tuple(code.cubin),
            ptx=tuple(code.ptx),
            source=f"{subject.framework} {build.minor}: {code.source}",
            confidence=Confidence.TABLE,
        )
    return _by_dockerfile(subject)


def _inside(subject: Subject) -> GpuCode | None:
    """What its own shared objects hold, where somebody looked."""
    objects = subject.inside.objects if subject.inside else ()
    holding = [one for one in objects if one.cubin or one.ptx]
    if not holding:
        return None
    return GpuCode(
        cubin=tuple(sorted({each for one in holding for each in one.cubin}, key=release)),
        ptx=tuple(sorted({each for one in holding for each in one.ptx}, key=release)),
        source=f"{len(holding)} shared objects in the image",
        confidence=Confidence.READ,
    )


def _by_dockerfile(subject: Subject) -> GpuCode | None:
    """A guess: releases of those years were built for what their own Dockerfile asks for."""
    for row in frameworks.tags(subject.framework).releases:
        if release(row.release)[:2] != release(subject.version)[:2]:
            continue
        told = next((one.capabilities for one in row.files if one.capabilities), "")
        if told:
            both = tuple(told.split(","))
            return GpuCode(
                cubin=both,
                ptx=both,
                source=f"what the Dockerfiles of {row.release} build for",
                confidence=Confidence.THUMB,
            )
    return None

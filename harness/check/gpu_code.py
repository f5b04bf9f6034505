"""For which GPUs a build contains code, and whether it runs on a given one."""

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
    """Compute capabilities (such as 7.0) that a build contains code for."""

    cubin: tuple[str, ...]
    """Capabilities with machine code that is ready to run."""
    ptx: tuple[str, ...]
    """Capabilities with PTX, which the driver compiles at start."""
    source: str
    confidence: Confidence

    def fit(self, capability: str) -> Fit:
        """How the build runs on a GPU of this compute capability.

        A cubin runs on GPUs of its own major capability with an equal or higher minor one; PTX,
        once compiled, runs on its own capability and on every later one.
        """
        gpu = release(capability)
        if any(release(one)[:1] == gpu[:1] and release(one) <= gpu for one in self.cubin):
            return Fit.NATIVE
        return Fit.COMPILED if any(release(one) <= gpu for one in self.ptx) else Fit.IMPOSSIBLE


def gpu_code(subject: Subject) -> GpuCode | None:
    """What is known of a subject's GPU code; None where nothing is.

    The best source wins: the image's own objects, a measurement of the same wheel, what is known
    of its minor version, what the Dockerfiles of that release set.
    """
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
    """The GPU code in the image's own shared objects; None where they were not read."""
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
    """A guess: old releases were built for the capabilities that their own Dockerfiles name."""
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

"""A GPU image on this host: is there a GPU, and can the build run on it?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.foreseen import COMPUTES, COMPUTES_NOT, IMPORTS, IMPORTS_NOT, NO, Sign, foreseen
from harness.check.gpu_code import Fit, GpuCode, gpu_code
from harness.check.host import TargetGpu, TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.knowledge.explain import cuda_id
from harness.knowledge.frameworks import Build
from harness.knowledge.library import breakages, limits, toolkit
from harness.knowledge.versions import at_least, release


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason for each of the host's kinds of GPU, or for their lack."""
    build = subject.build
    if build is None or not subject.for_gpu:
        return
    if not host.gpus:
        yield _none(subject, build)
        return
    for gpu in dict.fromkeys(host.gpus):
        yield from _of(gpu, subject, build)


def _none(subject: Subject, build: Build) -> Reason:
    if build.links_cuda:
        known = next(one for one in breakages() if one.id == "libcuda-missing")
        return Reason(
            weight=Weight.BLOCKS,
            title="there is no GPU here, and this build cannot be imported without NVIDIA's driver",
            evidence=(f"{subject.framework} {build.minor}: {build.gpu_library_linkage}",),
            remedy="use the tag without -gpu: the same code for the CPU",
            source=known.source,
            confidence=Confidence.TABLE,
            explain=known.id,
            foresees=IMPORTS_NOT,
        )
    return Reason(
        weight=Weight.CPU,
        title="there is no GPU here",
        evidence=(f"{subject.framework} {build.minor}: {build.gpu_library_linkage}",),
        remedy="use it for the CPU, or the tag without -gpu, which is smaller",
        source=build.sources.get("sonames") or "",
        confidence=Confidence.TABLE,
        explain=f"{subject.framework}-{build.minor}",
        foresees=(*IMPORTS, *foreseen(Sign.DEVICE, NO)),
    )


def _of(gpu: TargetGpu, subject: Subject, build: Build) -> Iterator[Reason]:
    if not gpu.capability:
        yield Reason(
            weight=Weight.UNTOLD,
            title=f"nobody knows what the GPU {gpu.name} can do",
            remedy="name it with --gpu, as it is sold",
            confidence=Confidence.TABLE,
        )
        return
    cuda = subject.said("cuda") or build.cuda
    shown = f"{gpu.name} (capability {gpu.capability})"
    limit = limits()["ampere-needs-cuda-11"]
    if at_least(gpu.capability, "8.0") and not at_least(cuda, limit.version):
        yield Reason(
            weight=Weight.CPU,
            title=f"the libraries of CUDA {cuda} have no code for the {shown}",
            evidence=(limit.meaning, *_code_told(gpu_code(subject), gpu)),
            remedy=limit.remedy,
            source=limit.source,
            confidence=Confidence.TABLE,
            explain=limit.id,
            foresees=COMPUTES_NOT,
        )
        return
    code = gpu_code(subject)
    if code is not None:
        yield _fit(code, gpu, shown)
    else:
        yield _by_toolkit(cuda, gpu, shown)


def _code_told(code: GpuCode | None, gpu: TargetGpu) -> tuple[str, ...]:
    if code is None:
        return ()
    return (
        f"the build itself would run {code.fit(gpu.capability).value} "
        f"(ready for {', '.join(code.cubin)}; PTX for {', '.join(code.ptx) or 'none'})",
    )


def _fit(code: GpuCode, gpu: TargetGpu, shown: str) -> Reason:
    evidence = (f"code for {', '.join(code.cubin)}; PTX for {', '.join(code.ptx) or 'none'}",)
    fit = code.fit(gpu.capability)
    if fit is Fit.NATIVE:
        return Reason(
            weight=Weight.FINE,
            title=f"it has code for the {shown}",
            evidence=evidence,
            source=code.source,
            confidence=code.confidence,
            explain="cubin-and-ptx",
            foresees=COMPUTES,
        )
    if fit is Fit.COMPILED:
        known = next(one for one in breakages() if one.id == "ptx-jit-slow")
        return Reason(
            weight=Weight.CHANGE,
            title=f"it has no code for the {shown}: the driver compiles it at the first start, "
            "for minutes up to an hour",
            evidence=evidence,
            remedy=f"keep what it compiled: {known.remedy}",
            source=code.source,
            confidence=code.confidence,
            explain=known.id,
            foresees=COMPUTES,
        )
    return Reason(
        weight=Weight.CPU,
        title=f"it has no code that runs on the {shown}",
        evidence=evidence,
        remedy="an image of another time: this GPU is older than all the code in it, or newer "
        "than any of it without PTX",
        source=code.source,
        confidence=code.confidence,
        explain="no-kernel-image",
        foresees=COMPUTES_NOT,
    )


def _by_toolkit(cuda: str, gpu: TargetGpu, shown: str) -> Reason:
    """Nobody measured the build: what its toolkit can make says what is likely."""
    row = toolkit(cuda)
    if row is None or row.sm_last is None:
        return Reason(
            weight=Weight.UNTOLD,
            title=f"nobody knows which GPUs CUDA {cuda} makes code for",
            confidence=Confidence.TABLE,
        )
    reach = (f"CUDA {row.version} makes code for {row.sm_first} to {row.sm_last}",)
    if release(gpu.capability) < release(row.sm_first):
        return Reason(
            weight=Weight.CPU,
            title=f"the {shown} is older than all that CUDA {row.version} makes code for",
            evidence=reach,
            remedy="an older image",
            source=row.source,
            confidence=Confidence.TABLE,
            explain=cuda_id(row.version),
            foresees=COMPUTES_NOT,
        )
    if release(gpu.capability) > release(row.sm_last):
        return Reason(
            weight=Weight.CHANGE,
            title=f"the {shown} is newer than CUDA {row.version}: the driver compiles what it can "
            "at the first start, for minutes up to an hour, and libraries may lack code",
            evidence=reach,
            remedy="compare a result you know before you trust it; a newer image is better",
            source=row.source,
            confidence=Confidence.THUMB,
            explain="ptx-jit-slow",
            foresees=COMPUTES,
        )
    return Reason(
        weight=Weight.NOTE,
        title=f"CUDA {row.version} knows the {shown}; which code the build holds was not measured",
        evidence=reach,
        source=row.source,
        confidence=Confidence.THUMB,
        explain=cuda_id(row.version),
        foresees=COMPUTES,
    )

"""A GPU image on this host: whether there is a GPU, and whether the build can run on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.check.gpu_code import Fit, GpuCode, gpu_code
from harness.check.host import TargetGpu, TargetHost
from harness.check.loading import loading_of
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.knowledge.frameworks import Build
from harness.knowledge.library import limits, toolkit
from harness.knowledge.versions import at_least, release

_BY_FIT = {
    Fit.NATIVE: "code-native",
    Fit.COMPILED: "code-compiled",
    Fit.IMPOSSIBLE: "code-impossible",
}


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason for each kind of GPU on the host, or one for having none."""
    build = subject.build
    if build is None or not subject.for_gpu_of(host):
        return
    if not host.gpus:
        yield _none(subject, host, build)
        return
    for gpu in dict.fromkeys(host.gpus):
        yield from _of(gpu, subject)


def _none(subject: Subject, host: TargetHost, build: Build) -> Reason:
    told = loading_of(subject, host)
    # If the loader finds a stub of the driver, the import works without a GPU.
    stub = not isinstance(told, str) and told.loading.named("libcuda.so.1") is not None
    evidence = [f"{subject.framework} {build.minor}: {build.gpu_library_linkage}"]
    if build.links_cuda and not stub:
        return reason("no-gpu-linked", evidence)
    return reason(
        "no-gpu",
        evidence,
        framework=subject.framework,
        minor=build.minor,
        source=build.sources.sonames,
    )


def _of(gpu: TargetGpu, subject: Subject) -> Iterator[Reason]:
    if not gpu.capability:
        yield reason("gpu-not-known", gpu=gpu.name)
        return
    cuda = subject.cuda
    shown = f"{gpu.name} (capability {gpu.capability})"
    code = gpu_code(subject)
    limit = limits()["ampere-needs-cuda-11"]
    if at_least(gpu.capability, limit.capability) and not at_least(cuda, limit.version):
        evidence = (limit.meaning, *_code_told(code, gpu))
        yield reason("libraries-before-gpu", evidence, cuda=cuda, gpu=shown)
    elif code is not None:
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
    found = reason(_BY_FIT[code.fit(gpu.capability)], evidence, gpu=shown, source=code.source)
    return replace(found, confidence=code.confidence)


def _by_toolkit(cuda: str, gpu: TargetGpu, shown: str) -> Reason:
    """A guess for a build whose code is not known: the GPUs that its CUDA can compile for."""
    row = toolkit(cuda)
    if row is None or row.sm_last is None:
        return reason("toolkit-not-known", cuda=cuda)
    capability = release(gpu.capability)
    if capability < release(row.sm_first):
        id = "gpu-before-toolkit"
    elif capability > release(row.sm_last):
        id = "gpu-after-toolkit"
    else:
        id = "gpu-within-toolkit"
    reach = f"CUDA {row.version} makes code for {row.sm_first} to {row.sm_last}"
    return reason(id, [reach], cuda=row.version, gpu=shown, source=row.source)

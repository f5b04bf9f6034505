"""CUDA and cuDNN in the image, by its own account, against what the build was made for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.foreseen import COMPUTES, CPU_ONLY, IMPORTS_NOT
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.images.inside import Inside
from harness.knowledge.frameworks import Build
from harness.knowledge.versions import release


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """What a GPU build will not find."""
    build = subject.build
    if build is None or not subject.for_gpu:
        return
    if subject.inside is not None:
        yield from _opened(subject, build, subject.inside)
        return
    lacking = [
        (soname, what, said)
        for soname, what, said in _needed(subject, build)
        if not _serves(soname, what, said)
    ]
    for soname, what, said in lacking:
        cause = "it cannot even be imported" if build.links_cuda else "it falls back to the CPU"
        yield Reason(
            weight=Weight.BLOCKS if build.links_cuda else Weight.CPU,
            title=f"{subject.framework} {subject.version} needs {soname}; the image has {what} "
            f"{said}: {cause}",
            evidence=tuple(f"{one.origin}: {one.evidence}" for one in subject.all(what)[:2]),
            remedy=f"use a base with CUDA {build.cuda} and cuDNN {build.cudnn}",
            source=build.sources.get("sonames") or "",
            confidence=Confidence.TABLE,
            explain="libcudnn-missing" if what == "cudnn" else f"cuda-{build.cuda}",
            foresees=IMPORTS_NOT if build.links_cuda else CPU_ONLY,
        )
    if not lacking and subject.said("cudnn"):
        sonames = ", ".join(soname for soname, _, _ in _needed(subject, build))
        yield Reason(
            weight=Weight.FINE,
            title=f"CUDA {subject.said('cuda')} and cuDNN {subject.said('cudnn')} are those it "
            f"was built for ({sonames})",
            source=build.sources.get("sonames") or "",
            confidence=Confidence.READ,
            explain=f"{subject.framework}-{build.minor}",
            foresees=COMPUTES,
        )


def _opened(subject: Subject, build: Build, inside: Inside) -> Iterator[Reason]:
    """Libraries that later builds open at run time, by name; the linker's are told elsewhere."""
    missing = [one for one in build.gpu_library_sonames if one not in inside.libraries]
    if build.links_cuda or not missing:
        return
    yield Reason(
        weight=Weight.CPU,
        title=f"it opens CUDA libraries at run time that the image lacks: {', '.join(missing)}; "
        "it falls back to the CPU, in silence but for a line of its log",
        evidence=(f"{subject.framework} {build.minor}: {build.gpu_library_linkage}",),
        remedy=f"use a base with CUDA {build.cuda} and cuDNN {build.cudnn}",
        source=build.sources.get("sonames") or "",
        confidence=Confidence.READ,
        explain="dso-loader-warning",
        foresees=CPU_ONLY,
    )


def _needed(subject: Subject, build: Build) -> Iterator[tuple[str, str, str]]:
    """(soname, cuda or cudnn, what the image says of it) where the image says something."""
    for soname in build.gpu_library_sonames:
        what = "cudnn" if soname.startswith("libcudnn") else "cuda"
        if (what == "cudnn" or soname.startswith("libcudart")) and subject.said(what):
            yield soname, what, subject.said(what)


def _serves(soname: str, what: str, said: str) -> bool:
    """Whether that release brings a library of this name: libcudart.so.8.0 is CUDA 8.0's,
    libcudart.so.11.0 any CUDA 11's, libcudnn.so.5 any cuDNN 5's."""
    wanted = release(re.split(r"\.so\.", soname)[-1])
    have = release(said)
    if what == "cudnn" or wanted[0] >= 11:
        return have[:1] == wanted[:1]
    return have[: len(wanted)] == wanted

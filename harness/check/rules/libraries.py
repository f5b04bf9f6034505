"""Compare the image's CUDA and cuDNN with those that the framework was built for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from harness.check.cuda_names import base_with
from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.loading import loading_of, variable, widened
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.inside import Inside
from harness.knowledge.frameworks import Build
from harness.knowledge.versions import release


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """The CUDA libraries that a GPU build will not find, or that all fit."""
    build = subject.build
    if build is None or not subject.for_gpu_of(host):
        return
    if subject.inside is not None:
        yield from _opened(subject, host, build, subject.inside)
        return
    lacking = [
        (soname, what, said)
        for soname, what, said in _needed(subject, build)
        if not _serves(soname, what, said)
    ]
    facts = {
        "framework": subject.framework,
        "cuda": build.cuda,
        "cudnn": build.cudnn,
        "source": build.sources.sonames,
    }
    for soname, what, said in lacking:
        evidence = [f"{one.origin}: {one.evidence}" for one in subject.all(what)[:2]]
        id = f"{what}-differs-{build.gpu_libraries}"
        yield reason(id, evidence, soname=soname, said=said, version=subject.version, **facts)
    if not lacking and subject.said("cudnn"):
        sonames = ", ".join(soname for soname, _, _ in _needed(subject, build))
        facts |= {"cuda": subject.said("cuda"), "cudnn": subject.said("cudnn")}
        yield reason("cuda-fits", sonames=sonames, minor=build.minor, **facts)


def _opened(subject: Subject, host: TargetHost, build: Build, inside: Inside) -> Iterator[Reason]:
    """Libraries that later builds open by name at run time; the rule `loader` reports those that
    builds are linked with."""
    told = loading_of(subject, host)
    missing = [
        one
        for one in build.gpu_library_sonames
        if (one not in inside.libraries if isinstance(told, str) else told.opens(one) is None)
    ]
    if build.links_cuda or not missing:
        return
    evidence = [f"{subject.framework} {build.minor}: {build.gpu_library_linkage}"]
    facts = {"missing": ", ".join(missing), "source": build.sources.sonames}
    wider = "" if isinstance(told, str) else widened(told.loading, missing)
    if wider:
        then = loading_of(subject, host, wider)
        if not isinstance(then, str) and all(then.opens(one) is not None for one in missing):
            found = reason("opened-libraries-elsewhere", evidence, option=variable(wider), **facts)
            yield replace(found, change=Change(environment=(("LD_LIBRARY_PATH", wider),)))
            return
    base = base_with(missing, build.cuda, build.cudnn)
    yield reason("opened-libraries-missing", evidence, base=base, **facts)


def _needed(subject: Subject, build: Build) -> Iterator[tuple[str, str, str]]:
    """Yield (soname, "cuda" or "cudnn", the image's version) where the image gives a version."""
    for soname in build.gpu_library_sonames:
        what = "cudnn" if soname.startswith("libcudnn") else "cuda"
        if (what == "cudnn" or soname.startswith("libcudart")) and subject.said(what):
            yield soname, what, subject.said(what)


def _serves(soname: str, what: str, said: str) -> bool:
    """Whether a release contains a library of this name: libcudart.so.8.0 belongs to CUDA 8.0,
    libcudart.so.11.0 to any CUDA 11, libcudnn.so.5 to any cuDNN 5."""
    wanted = release(re.split(r"\.so\.", soname)[-1])
    have = release(said)
    if what == "cudnn" or wanted[0] >= 11:
        return have[:1] == wanted[:1]
    return have[: len(wanted)] == wanted

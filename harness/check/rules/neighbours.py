"""Libraries of different CUDA releases that would be loaded into one process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.check.cuda_names import cuda_release, may_be_one
from harness.check.host import TargetHost
from harness.check.loading import loading_of
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.loader import LoadedObject


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason with the conflicting releases, and a library of each."""
    build = subject.build
    if build is None or not subject.for_gpu_of(host):
        return
    told = loading_of(subject, host)
    if isinstance(told, str):
        return
    for name in build.gpu_library_sonames:
        told.opens(name)
    found: dict[str, list[LoadedObject]] = defaultdict(list)
    for one in told.loading.loaded:
        for name in dict.fromkeys((one.object.soname, *one.names)):
            if release := cuda_release(name):
                found[release].append(one)
                break
    releases = sorted(found)
    clash = any(not may_be_one(a, b) for a in releases for b in releases)
    if clash:
        yield reason(
            "cuda-neighbours",
            [
                f"CUDA {release}: /{found[release][0].path}"
                + (f", loaded for /{asking.path}" if (asking := found[release][0].by) else "")
                for release in releases
            ],
            told=" and ".join(releases),
        )

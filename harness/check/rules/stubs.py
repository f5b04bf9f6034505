"""A stub of NVIDIA's driver that the loader finds before the driver itself.

CUDA contains stubs so that programs can be linked where there is no driver. A stub that is found
when a program runs hides the driver that NVIDIA's tools add to the container.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.loading import loading_of, variable
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.loader import FoundBy, LoadedObject

_DRIVER = "libcuda.so.1"
_LEAST = 4 * 1024**2
"""Bytes. NVIDIA's own libcuda.so.1 has more (R352: 16 MB), CUDA's stubs have less than 100 KiB."""


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason with the stub, how it is found, and the remedy."""
    if not subject.for_gpu_of(host) or not host.gpus:
        return
    told = loading_of(subject, host)
    if isinstance(told, str):
        return
    found = told.opens(_DRIVER)
    if found is None or not _stub(found):
        return
    if found.step is FoundBy.DEFAULT or posixpath.dirname(found.path) in told.loading.default:
        return  # NVIDIA's tools mount the driver over it
    evidence = [f"/{found.path}, {found.object.size} bytes, found by {found.step}"]
    if found.step is not FoundBy.LIBRARY_PATH:
        remedy = "build a layer on it that removes the stub, or put the driver's folder first"
        yield reason("driver-stub-first", evidence, remedy=remedy, path=f"/{found.path}")
        return
    folder = posixpath.dirname(found.path)
    left = ":".join(
        one
        for one in told.loading.sight.library_path.split(":")
        if one and posixpath.normpath(one).strip("/") != posixpath.normpath(folder)
    )
    remedy = f"start it with {variable(left)}"
    row = reason("driver-stub-first", evidence, remedy=remedy, path=f"/{found.path}")
    yield replace(row, change=Change(environment=(("LD_LIBRARY_PATH", left),)))


def _stub(one: LoadedObject) -> bool:
    return "stubs" in one.real.split("/") or 0 <= one.object.size < _LEAST

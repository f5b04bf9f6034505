"""Collects the current digests of what a lock of a suite covers besides distributions: its probes,
data, bases and images."""

from __future__ import annotations

import platform
from dataclasses import replace

from harness.check.host import TargetHost
from harness.datasets.dataset import digests_of
from harness.errors import HarnessError
from harness.model import Cell, ImageIdentity, LockedBase, LockedImage, Suite, SuiteLock
from harness.probing.probe import suite_probes
from harness.running.found import WantedImage, found


def inputs_now(suite: Suite) -> SuiteLock:
    """Return the digests of the suite's probes, including those its tags add, and of their data.

    UsageError if one of them is not a probe.
    """
    also = tuple(name for more in suite.asked_more for name in more.probes)
    probes = suite_probes(replace(suite, also=(*suite.also, *also)))
    data = {
        name: digest
        for asked in sorted({one.dataset for one in probes if one.dataset})
        for name, digest in digests_of(asked).items()
    }
    return SuiteLock(
        probes=tuple(sorted((one.name, one.digest) for one in probes)),
        data=tuple(sorted(data.items())),
    )


def base_now(cell: Cell, image: ImageIdentity) -> LockedBase | None:
    """Return the base of a cell that was built; None if its layers do not show it."""
    if not image.base_digest:
        return None
    source = image.base_source or ""
    return LockedBase(base=cell.base, source=source, layers=image.base_digest)


def image_now(cell: Cell, engine: str) -> tuple[LockedImage | None, str]:
    """Return (what the name of a cell's image stands for, why that is unknown).

    The engine is asked first, since a run uses its image; else the registry.
    """
    host = TargetHost(machine=platform.machine())
    try:
        reading = found(WantedImage(name=cell.image, engine=engine), host).reading
    except HarnessError as error:
        return None, error.message
    if not reading.digest or not reading.manifest_digest:
        return None, reading.problem or "no registry has given it a digest"
    return LockedImage(cell=cell.id, image=cell.image, digest=reading.digest), ""

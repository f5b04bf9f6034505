"""Disk space for the image where the engine keeps its images."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.text import in_gb

_UNPACKED = 2.5
"""Unpacked bytes per compressed byte: 2 to 2.5 for images of frameworks; the upper end."""


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the space that pulling needs is free; nothing where either is not known."""
    image, engine = subject.reading.image, host.engine
    if image is None or not image.download_bytes or engine is None or not engine.free_bytes:
        return
    # During a pull, the compressed and the unpacked layers are both on disk.
    needed = int(image.download_bytes * (1 + _UNPACKED))
    told = (
        f"{in_gb(image.download_bytes, 2)} to download, about {in_gb(needed)} needed, "
        f"{in_gb(engine.free_bytes)} free"
    )
    yield reason("disk-short" if needed > engine.free_bytes else "disk-enough", [told])

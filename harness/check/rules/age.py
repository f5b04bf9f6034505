"""Ends of life. Nothing stops working on that day, but nothing is fixed after it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.foreseen import Sign, foreseen
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.knowledge.library import Breakage, breakages, systems
from harness.knowledge.versions import minor


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """A system or Python past its support, and an image older than NVIDIA's change of its key."""
    system = subject.system
    if system is not None and system.end <= host.date:
        yield reason(
            "system-ended",
            (),
            foreseen(Sign.SYSTEM, system.id),
            name=system.name,
            end=system.end,
            source=system.source,
            id=system.id,
        )
    version = minor(subject.said("python"))
    for python in systems().pythons:
        if python.version == version and python.end <= host.date:
            yield reason(
                "python-ended",
                (),
                foreseen(Sign.PYTHON, version),
                version=version,
                end=python.end,
                source=python.source,
            )
    yield from _rotated_key(subject)


def _rotated_key(subject: Subject) -> Iterator[Reason]:
    image = subject.reading.image
    if image is None or not subject.said("cuda"):
        return
    made, changed = image.created[:10], _key().since
    # Reproducible builds write 1980 or earlier, which is not a real date.
    if made[:4] > "1980" and made < changed:
        yield reason("nvidia-key-changed", [f"made on {made}, the key changed on {changed}"])


def _key() -> Breakage:
    return next(one for one in breakages() if one.id == "nvidia-gpg-rotation")

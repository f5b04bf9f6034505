"""Ends of life: nothing stops working that day, but nothing is mended after it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.foreseen import Sign, foreseen
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.knowledge.library import breakages, systems
from harness.knowledge.versions import minor


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """What is out of support, and what that means for building on it."""
    system = subject.system
    if system is not None and system.end <= host.date:
        yield Reason(
            weight=Weight.NOTE,
            title=f"{system.name} has been out of support since {system.end}",
            remedy="no holes are mended: keep it off the network; its packages may have moved to "
            "the archive of old releases",
            source=system.source,
            confidence=Confidence.TABLE,
            explain=system.id,
            foresees=foreseen(Sign.SYSTEM, system.id),
        )
    version = minor(subject.said("python"))
    for python in systems().pythons:
        if python.version == version and python.end <= host.date:
            yield Reason(
                weight=Weight.NOTE,
                title=f"Python {version} has been out of support since {python.end}",
                remedy="what is installed on top must be pinned: today's releases no longer "
                "support it",
                source=python.source,
                confidence=Confidence.TABLE,
                explain=f"python-{version}",
                foresees=foreseen(Sign.PYTHON, version),
            )
    yield from _rotated_key(subject)


def _rotated_key(subject: Subject) -> Iterator[Reason]:
    image = subject.reading.image
    known = next(one for one in breakages() if one.id == "nvidia-gpg-rotation")
    if image is None or not subject.said("cuda") or not image.created:
        return
    if image.created[:4] > "1980" and image.created[:10] < "2022-04-28":
        yield Reason(
            weight=Weight.NOTE,
            title="`apt-get update` inside it fails: NVIDIA changed the key of its packages",
            evidence=(f"made on {image.created[:10]}, the key changed on 2022-04-28",),
            remedy=known.remedy,
            source=known.source,
            confidence=Confidence.TABLE,
            explain=known.id,
        )

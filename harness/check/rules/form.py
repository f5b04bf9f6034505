"""Can an engine here take it at all: its form, and the platform it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.foreseen import NO, NOT_OBTAINED, STARTS_NOT, YES, Sign, foreseen
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.images.manifest import Form, Platform, platform_of
from harness.knowledge.library import limits
from harness.knowledge.versions import at_least


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """What stands in the way of pulling and starting it."""
    reading = subject.reading
    here = platform_of(host.machine)
    if reading.problem:
        yield Reason(
            weight=Weight.UNTOLD,
            title=f"what the registry holds under this name cannot be read: {reading.problem}",
            remedy="tell who keeps it; do not pull it",
            confidence=Confidence.READ,
        )
    elif reading.form is Form.LEGACY:
        yield _legacy(host)
    elif reading.form is Form.INDEX:
        yield Reason(
            weight=Weight.BLOCKS,
            title=f"no-platform: there is no image for {here}",
            evidence=(f"there is one for: {', '.join(reading.platforms) or 'nothing'}",),
            remedy="use a host of one of those, or build it here from its Dockerfile",
            confidence=Confidence.READ,
            foresees=NOT_OBTAINED,
        )
    elif reading.form is Form.OTHER:
        kind = reading.manifest.media_type if reading.manifest else ""
        yield Reason(
            weight=Weight.BLOCKS,
            title="what lies under this name is no container image",
            evidence=(f"media type {kind or 'not given'}",),
            confidence=Confidence.READ,
            foresees=NOT_OBTAINED,
        )
    elif reading.image:
        yield from _platform(reading.image.platform, here, host)
        yield from _engine(host)


def _legacy(host: TargetHost) -> Reason:
    engine = host.engine
    limit = limits()["docker-refuses-schema1"]
    evidence = ["legacy-format: manifest schema 1, as pushed before 2016"]
    if engine is None:
        weight, told = Weight.BLOCKS, "no container engine was found here"
    elif engine.name == "docker" and at_least(engine.version, limit.version):
        weight, told = Weight.BLOCKS, f"Docker Engine {engine.version} refuses it"
    elif engine.name == "docker":
        weight, told = Weight.CHANGE, f"Docker Engine {engine.version} still pulls it; later do not"
    else:
        limit = limits()["podman-converts-schema1"]
        weight, told = Weight.CHANGE, f"{engine.name} {engine.version} converts it"
    return Reason(
        weight=weight,
        title="it is kept in a form that today's engines refuse",
        evidence=(*evidence, told),
        remedy=limits()["docker-refuses-schema1"].remedy,
        source=limit.source,
        confidence=Confidence.TABLE,
        explain=limit.id,
        foresees=foreseen(Sign.OBTAINED, NO if weight is Weight.BLOCKS else YES),
    )


def _platform(image: Platform, here: Platform, host: TargetHost) -> Iterator[Reason]:
    if not image.architecture or image.suits(here):
        return
    yield Reason(
        weight=Weight.BLOCKS,
        title=f"it was made for {image}; this host is {here}",
        evidence=(f"machine {host.machine}",),
        remedy="use another host; emulation (`--platform` with QEMU) is slow and may lack AVX",
        source="the image's configuration",
        confidence=Confidence.READ,
        explain="exec-format",
        foresees=STARTS_NOT,
    )


def _engine(host: TargetHost) -> Iterator[Reason]:
    engine, limit = host.engine, limits()["docker-minimum-api"]
    if engine is None:
        yield Reason(
            weight=Weight.CHANGE,
            title="no container engine answers here",
            remedy="install or start one",
            confidence=Confidence.MEASURED,
        )
    elif engine.name == "docker" and at_least(engine.version, limit.version):
        yield Reason(
            weight=Weight.NOTE,
            title="scripts of its time may not reach this Docker Engine: their client is too old",
            evidence=(limit.meaning, f"Docker Engine {engine.version}"),
            remedy=limit.remedy,
            source=limit.source,
            confidence=Confidence.TABLE,
            explain="docker-api-too-old",
        )

"""Whether an engine here can use the image at all: its manifest format and its platform."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.manifest import Form, Platform, platform_of
from harness.knowledge.library import limits
from harness.knowledge.versions import at_least


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """What prevents an engine from pulling or starting the image."""
    reading = subject.reading
    here = platform_of(host.machine)
    if reading.problem:
        yield reason("manifest-unreadable", problem=reading.problem)
    elif reading.form is Form.LEGACY:
        yield _legacy(host)
    elif reading.form is Form.INDEX:
        offered = f"there is one for: {', '.join(reading.platforms) or 'nothing'}"
        yield reason("no-platform", [offered], here=str(here))
    elif reading.form is Form.OTHER:
        kind = reading.manifest.media_type if reading.manifest else ""
        yield reason("no-image", [f"media type {kind or 'not given'}"])
    elif reading.image:
        yield from _platform(reading.image.platform, here, host)
        yield from _engine(host)


def _legacy(host: TargetHost) -> Reason:
    engine = host.engine
    evidence = "legacy-format: manifest schema 1, as pushed before 2016"
    if engine is None:
        return reason("legacy-refused", [evidence, "no container engine was found here"])
    if engine.name != "docker":
        told = f"{engine.name} {engine.version} converts it"
        return reason("legacy-converted", [evidence, told])
    if at_least(engine.version, limits()["docker-refuses-schema1"].version):
        told = f"Docker Engine {engine.version} refuses it"
        return reason("legacy-refused", [evidence, told])
    told = f"Docker Engine {engine.version} still pulls it; later do not"
    return reason("legacy-pulled", [evidence, told])


def _platform(image: Platform, here: Platform, host: TargetHost) -> Iterator[Reason]:
    if not image.architecture or image.suits(here):
        return
    machine = f"machine {host.machine}"
    yield reason("other-platform", [machine], image=str(image), here=str(here))


def _engine(host: TargetHost) -> Iterator[Reason]:
    engine, limit = host.engine, limits()["docker-minimum-api"]
    if engine is None:
        yield reason("no-engine")
    elif engine.name == "docker" and at_least(engine.version, limit.version):
        evidence = [limit.meaning, f"Docker Engine {engine.version}"]
        yield reason("old-clients-refused", evidence)

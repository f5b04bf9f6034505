"""What it does when it is started without a command, and as whom."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.text import clean_line


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """The default command, ports, volumes, user; and habits of the time, translated."""
    image = subject.reading.image
    if image is None:
        return
    said = " ".join((*image.entrypoint, *image.command))
    root = image.user in ("", "0", "root") or image.user.startswith(("0:", "root:"))
    user = "root" if root else clean_line(image.user, 40)
    if "jupyter" in said or subject.said("jupyter"):
        yield Reason(
            weight=Weight.NOTE,
            title=f"started without a command it serves Jupyter on port {_port(subject)} as {user}",
            evidence=(f"command: {clean_line(said, 200) or 'none'}", _ports(image.ports)),
            remedy="publish it to yourself only (-p 127.0.0.1:8888:8888), or give a command "
            "(docker run ... bash)",
            source="the image's configuration",
            confidence=Confidence.READ,
            explain="jupyter-token",
        )
    else:
        yield Reason(
            weight=Weight.NOTE,
            title=f"started without a command it runs {clean_line(said, 120) or 'nothing'} "
            f"as {user}",
            evidence=(_ports(image.ports),),
            source="the image's configuration",
            confidence=Confidence.READ,
        )
    if image.volumes:
        yield Reason(
            weight=Weight.NOTE,
            title="it declares volumes: what is written there outlives the container",
            evidence=(clean_line(", ".join(image.volumes), 200),),
            remedy="remove it with `docker rm -v`",
            source="the image's configuration",
            confidence=Confidence.READ,
        )
    if subject.for_gpu and subject.said("nvidia-docker"):
        yield Reason(
            weight=Weight.NOTE,
            title="instructions of its time say `nvidia-docker run`; today that is "
            "`docker run --gpus all`",
            evidence=tuple(one.evidence for one in subject.all("nvidia-docker")[:1]),
            source="NVIDIA/nvidia-docker README.md, deprecation notice",
            confidence=Confidence.READ,
            explain="nvidia-docker-v1-gone",
        )


def _port(subject: Subject) -> str:
    image = subject.reading.image
    ports = [one.partition("/")[0] for one in image.ports] if image else []
    told = subject.said("jupyter")
    return told if told in ports or not ports else ("8888" if "8888" in ports else ports[0])


def _ports(ports: tuple[str, ...]) -> str:
    return f"ports: {clean_line(', '.join(ports), 100) or 'none'}"

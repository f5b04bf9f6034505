"""What the image does when it is started without a command, and as which user."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.text import clean_line


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """The default command, ports, volumes and user, and what replaces `nvidia-docker run`."""
    image = subject.reading.image
    if image is None:
        return
    said = " ".join((*image.entrypoint, *image.command))
    root = image.user in ("", "0", "root") or image.user.startswith(("0:", "root:"))
    user = "root" if root else clean_line(image.user, 40)
    if "jupyter" in said or subject.said("jupyter"):
        yield reason(
            "serves-jupyter",
            [f"command: {clean_line(said, 200) or 'none'}", _ports(image.ports)],
            port=_port(subject),
            user=user,
        )
    else:
        command = clean_line(said, 120) or "nothing"
        yield reason("default-command", [_ports(image.ports)], command=command, user=user)
    if image.volumes:
        yield reason("declares-volumes", [clean_line(", ".join(image.volumes), 200)])
    if subject.for_gpu_of(host) and subject.said("nvidia-docker"):
        yield reason(
            "nvidia-docker-run", [one.evidence for one in subject.all("nvidia-docker")[:1]]
        )


def _port(subject: Subject) -> str:
    image = subject.reading.image
    ports = [one.partition("/")[0] for one in image.ports] if image else []
    told = subject.said("jupyter")
    return told if told in ports or not ports else ("8888" if "8888" in ports else ports[0])


def _ports(ports: tuple[str, ...]) -> str:
    return f"ports: {clean_line(', '.join(ports), 100) or 'none'}"

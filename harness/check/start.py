"""Build the shell command that starts an image on a host. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator

from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.reasons import Reason, ReuseAnswer, Weight
from harness.check.subject import Subject

_PLAIN = re.compile(r"/?[\w.+-]+(?:/[\w.+-]+)*", re.ASCII)
"""Program names that may appear in the command; no other text from an image does."""
_LONGEST = 560
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH of a container whose image sets none."""
COMPUTE = ("compute", "utility")
"""The driver capabilities that a container needs: libraries for computing, and nvidia-smi."""
_ASKED = "NVIDIA_DRIVER_CAPABILITIES"


def command(
    subject: Subject, host: TargetHost, answer: ReuseAnswer, reasons: Iterable[Reason], name: str
) -> str:
    """The command that starts the image on the host; `name` is what a person calls the image.

    Empty where it should not be started, or where it is not known how.
    """
    if answer in (ReuseAnswer.NOT, ReuseAnswer.UNTOLD):
        return ""
    # The engine that already holds the image starts it; otherwise the host's first engine does.
    named = subject.reading.engine or (host.engine.name if host.engine else "")
    engine = "podman" if named.startswith("podman") else "docker"
    every = tuple(reasons)
    change = _change(every)
    image = _image(subject, engine, name)
    start = _start(subject, change)
    if not image or start is None:
        return ""
    options = ["--rm", "-it", *_gpus(subject, host, engine, every), *_port(subject)]
    options += [word for name, value in change.environment for word in ("-e", f"{name}={value}")]
    entrypoint, arguments = start
    if entrypoint:
        options += ["--entrypoint", entrypoint]
    words = [engine, "run", *options, image, *arguments]
    told = shlex.join(words)
    reading = subject.reading
    if reading.archived:
        told = f"{shlex.join([engine, 'load', '--input', reading.file])} && {told}"
    return told if len(told) <= _LONGEST else ""


def asks_for_compute(subject: Subject) -> bool:
    """Whether the image asks NVIDIA's container toolkit for the capability to compute."""
    image = subject.reading.image
    said = image.environment.get(_ASKED, "") if image else ""
    asked = {one.strip() for one in said.split(",")}
    return "all" in asked or COMPUTE[0] in asked


def _image(subject: Subject, engine: str, name: str) -> str:
    """The engine's name for the image; empty where it is not known."""
    reading = subject.reading
    if reading.archived:
        return reading.loaded_as
    if reading.reference is None:
        return ""
    # Podman asks which registry is meant if the name has none, so it gets the full name.
    return str(reading.reference) if engine == "podman" else name


def _change(reasons: Iterable[Reason]) -> Change:
    """The changes of all reasons merged into one."""
    interpreter, environment = "", dict[str, str]()
    for one in reasons:
        if one.change is None or one.weight not in (Weight.CHANGE, Weight.NOTE):
            continue
        interpreter = interpreter or one.change.interpreter
        # If two reasons set the same variable, the heavier one comes first and wins.
        for name, value in one.change.environment:
            environment.setdefault(name, value)
    return Change(interpreter=interpreter, environment=tuple(environment.items()))


def _start(subject: Subject, change: Change) -> tuple[str, tuple[str, ...]] | None:
    """(entry point, arguments) to add to the image's own.

    None where the program's name is not safe to put into a command.
    """
    image, inside = subject.reading.image, subject.inside
    if change.interpreter:
        return (change.interpreter, ()) if _PLAIN.fullmatch(change.interpreter) else None
    if image is None or image.entrypoint or image.command:
        return "", ()
    if inside is None:
        return "", ("python" if subject.said("python").startswith("2") else "python3",)
    program, _ = inside.python_on(image.environment.get("PATH") or _PATH)
    return ("", (f"/{program}",)) if _PLAIN.fullmatch(program) else None


def _gpus(
    subject: Subject, host: TargetHost, engine: str, reasons: tuple[Reason, ...]
) -> Iterator[str]:
    build = subject.build
    if not subject.for_gpu_of(host) or not host.gpus:
        return
    cpu_only = any(one.weight is Weight.CPU for one in reasons)
    if cpu_only and not (build and build.links_cuda):
        return
    if engine == "podman":
        yield from ("--device", "nvidia.com/gpu=all")
    elif asks_for_compute(subject):
        yield from ("--gpus", "all")
    else:
        yield from ("--gpus", f'all,"capabilities={",".join(COMPUTE)}"')
    if cpu_only:
        # The import needs the driver's library even though no GPU is used.
        yield from ("-e", "CUDA_VISIBLE_DEVICES=", "-e", "NVIDIA_DISABLE_REQUIRE=1")
    elif any(one.explain == "ptx-jit-slow" and one.weight is Weight.CHANGE for one in reasons):
        yield from ("-e", "CUDA_CACHE_MAXSIZE=2147483648", "-v", "compiled:/root/.nv/ComputeCache")


def _port(subject: Subject) -> tuple[str, ...]:
    port = subject.said("jupyter")
    return ("-p", f"127.0.0.1:8888:{port}") if port.isdigit() and len(port) <= 5 else ()

"""Which of the NVIDIA driver's capabilities an image asks for. Without `compute`, nvidia-smi works
in it, but no framework finds a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.check.foreseen import Change
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.text import clean_line

_VARIABLE = "NVIDIA_DRIVER_CAPABILITIES"
_ENOUGH = {"compute", "all"}


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the image asks for `compute`; nothing where the container would get no GPU."""
    image = subject.reading.image
    if image is None or not subject.for_gpu_of(host) or not host.gpus:
        return
    asked = image.environment.get(_VARIABLE, "")
    words = {one.strip() for one in asked.split(",")} - {""}
    if words & _ENOUGH:
        return
    if not words:
        yield reason("compute-by-default", [f"{_VARIABLE} is not set"])
        return
    wanted = ",".join(sorted({*words, "compute", "utility"}))
    shown = clean_line(asked, 100)
    found = reason("compute-not-asked", [f"{_VARIABLE}={shown}"], asked=shown)
    # Text from an image must not get into a command; only words that the toolkit knows may.
    known = words <= _KNOWN
    change = Change(environment=((_VARIABLE, wanted if known else "compute,utility"),))
    yield replace(found, change=change)


_KNOWN = {"compat32", "display", "graphics", "ngx", "utility", "video"}

"""A share of the processors' time: frameworks start a thread for each processor that they see."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the host's programs are throttled."""
    if subject.reading.image is not None and host.throttled:
        yield reason("cpu-quota", quota=f"{host.quota:g}", cores=str(host.cores))

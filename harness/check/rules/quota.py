"""A limit on processor time, which slows down frameworks that start a thread per processor."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """A reason if the host's programs are throttled."""
    if subject.reading.image is not None and host.throttled:
        yield reason("cpu-quota", quota=f"{host.quota:g}", cores=str(host.cores))

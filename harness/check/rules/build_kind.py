"""A CPU build in an image whose tag, variables or labels promise a GPU."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.build_kind import built_for_gpu, own_objects
from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """A reason if the framework's objects contradict that promise."""
    inside = subject.inside
    if inside is None or not subject.claims_gpu or not subject.version:
        return
    if built_for_gpu(inside, subject.framework) is False:
        count = sum(1 for _ in own_objects(inside, subject.framework))
        claims = [*subject.all("gpu"), *subject.all("package"), *subject.all("cuda")]
        yield reason(
            "built-without-gpu",
            [
                *(f"{one.origin}: {one.evidence}" for one in claims[:2]),
                f"none of its {count} shared objects needs CUDA, opens it, or has code for it",
            ],
            framework=subject.framework,
            version=subject.version,
        )

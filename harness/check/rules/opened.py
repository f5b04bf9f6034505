"""Libraries that the framework opens by name, and that the image lacks."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.build_kind import own_objects
from harness.check.host import TargetHost
from harness.check.loading import FROM_DRIVER, loading_of
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject

_SHOWN = 6


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """One reason with their names, without those that NVIDIA's tools add to the container."""
    told = loading_of(subject, host)
    if isinstance(told, str) or subject.inside is None or not told.roots:
        return
    named = {
        name
        for one in own_objects(subject.inside, subject.framework)
        for name in one.opened
        if not FROM_DRIVER.match(f"{name.partition('.so')[0]}.so.1")
    }
    absent = sorted(name for name in named if told.opens(name) is None)
    if absent:
        yield reason(
            "opened-by-name-absent",
            ["libraries under names that are computed are not looked at"],
            names=", ".join(absent[:_SHOWN]),
        )

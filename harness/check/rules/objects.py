"""The framework's shared objects: whether they can be read and, if it is not known what the dynamic
loader would load, whether the image's C and C++ libraries are new enough for them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.build_kind import CORE
from harness.check.host import TargetHost
from harness.check.loading import loading_of
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.knowledge.versions import at_least

_FAMILIES = (
    ("GLIBC_", "glibc"),
    ("GLIBCXX_", "glibcxx"),
)


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Symbol versions that the image's libraries lack, and objects that cannot be read."""
    inside = subject.inside
    if inside is None:
        return
    ours = [one for one in inside.objects if one.ours]
    for prefix, family in _FAMILIES if isinstance(loading_of(subject, host), str) else ():
        wanted = inside.symbols(prefix, wanted=True)
        present = inside.symbols(prefix, wanted=False)
        if wanted and present and not at_least(present, wanted):
            yield reason(f"{family}-too-old", wanted=wanted, present=present)
        elif wanted and not present and not inside.problems:
            yield reason(f"{family}-absent", wanted=wanted)
    broken = [one for one in ours if one.problem]
    if broken:
        core = any(CORE.search(f"/{one.path}") for one in broken)
        yield reason(
            "core-objects-unreadable" if core else "objects-unreadable",
            [f"{one.path}: {one.problem}" for one in broken[:4]],
            count=str(len(broken)),
        )

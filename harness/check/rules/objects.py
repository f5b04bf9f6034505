"""The framework's shared objects: what they need of the image, and what it has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.inside import Inside, SharedObject
from harness.knowledge.library import known
from harness.knowledge.versions import at_least

_CORE = re.compile(r"/(?:site|dist)-packages/[^/]+/(?:python/)?[^/]+\.so[^/]*$")
"""Objects that an import loads; those of parts that few use lie deeper."""
_FROM_DRIVER = re.compile(r"^lib(?:cuda|nvidia-[\w-]+)\.so\.1$")
_FAMILIES = (
    ("GLIBC_", "glibc"),
    ("GLIBCXX_", "glibcxx"),
)


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Missing libraries by name, symbols that are too new, objects that cannot be read."""
    inside = subject.inside
    if inside is None:
        return
    ours = [one for one in inside.objects if one.ours]
    yield from _missing(subject, inside, ours)
    for prefix, family in _FAMILIES:
        wanted = inside.symbols(prefix, wanted=True)
        present = inside.symbols(prefix, wanted=False)
        if wanted and present and not at_least(present, wanted):
            yield reason(f"{family}-too-old", wanted=wanted, present=present)
        elif wanted and not present and not inside.problems:
            yield reason(f"{family}-absent", wanted=wanted)
    broken = [one for one in ours if one.problem]
    if broken:
        core = any(_CORE.search(f"/{one.path}") for one in broken)
        yield reason(
            "core-objects-unreadable" if core else "objects-unreadable",
            [f"{one.path}: {one.problem}" for one in broken[:4]],
            count=str(len(broken)),
        )


def _missing(subject: Subject, inside: Inside, ours: list[SharedObject]) -> Iterator[Reason]:
    own = {one.path.rpartition("/")[2] for one in inside.objects}
    lacking: dict[str, str] = {}
    for one in ours:
        if not _CORE.search(f"/{one.path}"):
            continue
        for name in one.needed:
            if name not in inside.libraries and name not in own and not _FROM_DRIVER.match(name):
                lacking.setdefault(name, one.path)
    if not lacking:
        return
    build = subject.build
    evidence = [f"needed by {next(iter(lacking.values()))}"]
    names = ", ".join(lacking)
    if build and any(name.startswith(("libcu", "libnccl")) for name in lacking):
        # For some CUDA releases, missing libraries are a breakage of their own.
        id = f"libcublas-{build.cuda}"
        id = id if id in known() else ""
        facts = {"cuda": build.cuda, "cudnn": build.cudnn, "id": id}
        yield reason("cuda-libraries-missing", evidence, lacking=names, **facts)
    else:
        yield reason("libraries-missing", evidence, lacking=names)

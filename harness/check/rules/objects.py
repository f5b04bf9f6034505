"""The framework's shared objects: what they need of the image, and what it has."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.check.foreseen import IMPORTS_NOT
from harness.check.host import TargetHost
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.subject import Subject
from harness.images.inside import Inside, SharedObject
from harness.knowledge.versions import at_least

_CORE = re.compile(r"/(?:site|dist)-packages/[^/]+/(?:python/)?[^/]+\.so[^/]*$")
"""Objects that an import loads; those of parts that few use lie deeper."""
_FROM_DRIVER = re.compile(r"^lib(?:cuda|nvidia-[\w-]+)\.so\.1$")
_LAYERS = "its layers, read without running anything"
_FAMILIES = (
    ("GLIBC_", "the C library", "glibc-missing"),
    ("GLIBCXX_", "the C++ library", "glibcxx-missing"),
)


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Missing libraries by name, symbols that are too new, objects that cannot be read."""
    inside = subject.inside
    if inside is None:
        return
    ours = [one for one in inside.objects if one.ours]
    yield from _missing(subject, inside, ours)
    for prefix, what, known in _FAMILIES:
        wanted = inside.symbols(prefix, wanted=True)
        present = inside.symbols(prefix, wanted=False)
        if wanted and present and not at_least(present, wanted):
            yield Reason(
                weight=Weight.BLOCKS,
                title=f"it needs {prefix}{wanted}; {what} of the image ends at {prefix}{present}",
                remedy="use a newer base, or a release built for this one",
                source=_LAYERS,
                confidence=Confidence.READ,
                explain=known,
                foresees=IMPORTS_NOT,
            )
        elif wanted and not present and not inside.problems:
            yield Reason(
                weight=Weight.BLOCKS,
                title=f"it needs {what} ({prefix}{wanted}), and the image has none",
                remedy="use a base that has it",
                source=_LAYERS,
                confidence=Confidence.READ,
                explain=known,
                foresees=IMPORTS_NOT,
            )
    broken = [one for one in ours if one.problem]
    if broken:
        core = any(_CORE.search(f"/{one.path}") for one in broken)
        yield Reason(
            weight=Weight.UNTOLD if core else Weight.NOTE,
            title=f"{len(broken)} of its shared objects cannot be read",
            evidence=tuple(f"{one.path}: {one.problem}" for one in broken[:4]),
            remedy="expect that they cannot be loaded either",
            source=_LAYERS,
            confidence=Confidence.READ,
            foresees=IMPORTS_NOT if core else (),
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
    cuda = any(name.startswith(("libcu", "libnccl")) for name in lacking)
    yield Reason(
        weight=Weight.BLOCKS,
        title=f"it cannot be imported: the image lacks {', '.join(lacking)}",
        evidence=(f"needed by {next(iter(lacking.values()))}",),
        remedy=f"use a base with CUDA {build.cuda} and cuDNN {build.cudnn}"
        if cuda and build
        else "install what brings them, or use another base",
        source=_LAYERS,
        confidence=Confidence.READ,
        explain=f"libcublas-{build.cuda}" if cuda and build and build.cuda in _KNOWN else "",
        foresees=IMPORTS_NOT,
    )


_KNOWN = ("8.0", "9.0", "10.0")
"""CUDA releases whose missing libraries are a breakage of their own."""

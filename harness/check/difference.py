"""Compare two images by what they say of themselves and by their files, without running them.

Neither image is judged: one that differs may be just as good. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.check.claims import ClaimOrigin, agree
from harness.check.page import name_of
from harness.check.subject import Subject
from harness.errors import Exit
from harness.images.image import Image
from harness.images.inside import Inside
from harness.images.manifest import Form
from harness.text import clean_line

_CLAIMS = ("framework", "python", "cuda", "cudnn", "system")
_VALUES = re.compile(
    r"PATH|LD_LIBRARY_PATH|LIBRARY_PATH|LD_PRELOAD|LANG|LC_[A-Z]{1,12}|(?:NV_)?(?:CUDA|CUDNN)_[A-Z_]{0,30}"
    r"|NVIDIA_[A-Z_]{1,40}|PYTHON[A-Z_]{0,30}|(?:TF|OMP|MKL|KMP|OPENBLAS)_[A-Z_]{1,40}"
)
"""Environment variables whose values are shown, because they influence what is compared here. Of
all others only the name is shown: images carry passwords in their environment."""
_LABELS = re.compile(
    r"com\.nvidia\.[a-z.]{1,40}|org\.opencontainers\.image\.(?:version|title|ref\.name|base\.[a-z]{1,10})"
)
_LONGEST = 300
MOST = 2000
"""Differences of one kind that are kept at most; nobody reads more."""


class DifferenceAnswer(StrEnum):
    """The result of comparing two images, in words."""

    SAME = "they are the same image"
    ALIKE = "nothing differs between them but how they were packed"
    DIFFERENT = "they differ"
    UNTOLD = "cannot tell"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageDifference:
    """One value that differs between the two images."""

    kind: str
    """The group it is counted in: platform, framework, ..., package, library."""
    what: str
    """Which one of its kind, such as a package's name; empty where there is only one."""
    first: str
    """The value in the first image; empty where it has none."""
    second: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedLayers:
    """How many layers both images share, counted from the lowest."""

    layers: int
    first: int
    """All layers of the first image."""
    second: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DifferencePage:
    """The whole result of comparing two images."""

    names: tuple[str, str]
    digests: tuple[str, str]
    answer: DifferenceAnswer
    exit: Exit
    differences: tuple[ImageDifference, ...]
    """By kind, in a fixed order."""
    shared: SharedLayers | None
    """None where the layers of one image are not known."""
    equal: tuple[str, ...]
    """Kinds that were compared and are the same in both."""
    open: tuple[str, ...]
    """What was not compared or could not be read, and why."""
    cost: tuple[str, str]
    """How each was read."""
    notices: tuple[str, ...]

    def of(self, kind: str) -> tuple[ImageDifference, ...]:
        """The differences of one kind."""
        return tuple(one for one in self.differences if one.kind == kind)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that differ."""
        return tuple(dict.fromkeys(one.kind for one in self.differences))


def difference_of(first: Subject, second: Subject, cost: tuple[str, str]) -> DifferencePage:
    """Compare two images. `cost` says how each was read. The same values give the same page."""
    one, other = first.reading, second.reading
    unread = tuple(_unread(first)) + tuple(_unread(second))
    rows: tuple[tuple[str, Mapping[str, str], Mapping[str, str]], ...] = ()
    if not unread:
        rows = tuple(_compared(first, second))
    differences = tuple(
        ImageDifference(kind=kind, what=what, first=a.get(what, ""), second=b.get(what, ""))
        for kind, a, b in rows
        for what in sorted({*a, *b})[:MOST]
        if not _same(kind, a.get(what, ""), b.get(what, ""))
    )
    shared = _shared(one.image, other.image)
    digests = {(read.manifest_digest or read.digest) for read in (one, other)}
    same = one.form is other.form is Form.IMAGE and len(digests) == 1 and "" not in digests
    answer, status = _answer(unread, same, differences, shared)
    return DifferencePage(
        names=(name_of(first), name_of(second)),
        digests=(one.digest, other.digest),
        answer=answer,
        exit=status,
        differences=differences,
        shared=shared,
        equal=tuple(
            kind for kind, _, _ in rows if kind not in {found.kind for found in differences}
        ),
        open=unread or tuple(_open(first, second, shared)),
        cost=cost,
        notices=(*one.notices, *other.notices),
    )


def _answer(
    unread: tuple[str, ...],
    same: bool,
    differences: tuple[ImageDifference, ...],
    shared: SharedLayers | None,
) -> tuple[DifferenceAnswer, Exit]:
    if same:
        return DifferenceAnswer.SAME, Exit.OK
    if unread:
        return DifferenceAnswer.UNTOLD, Exit.NOTHING
    if differences:
        return DifferenceAnswer.DIFFERENT, Exit.FINDINGS
    # Equal settings do not make two images equal; only equal layers do.
    if shared is None or not shared.first == shared.second == shared.layers:
        return DifferenceAnswer.UNTOLD, Exit.NOTHING
    return DifferenceAnswer.ALIKE, Exit.OK


def _unread(subject: Subject) -> Iterator[str]:
    reading = subject.reading
    if reading.problem:
        yield f"{name_of(subject)} cannot be read: {reading.problem}"
    elif reading.image is None:
        offered = f", which has: {', '.join(reading.platforms)}" if reading.platforms else ""
        yield f"{name_of(subject)} is no image for this host ({reading.form}{offered})"


def _open(first: Subject, second: Subject, shared: SharedLayers | None) -> Iterator[str]:
    if shared is not None and shared.first == shared.second == shared.layers:
        return  # All layers are equal, so the files are, even if nobody looked at them.
    for subject in (first, second):
        if subject.inside is None:
            yield (
                f"the files of {name_of(subject)} were not read: packages, libraries and Pythons "
                "may differ (--static reads them)"
            )
        elif subject.inside.problems:
            yield f"{name_of(subject)}: {'; '.join(subject.inside.problems[:4])}"


def _compared(
    first: Subject, second: Subject
) -> Iterator[tuple[str, Mapping[str, str], Mapping[str, str]]]:
    """Yield (kind, values of the first, values of the second) for each kind known of both."""
    one, other = first.reading.image, second.reading.image
    assert one is not None, "an image that was not read is not compared"
    assert other is not None, "an image that was not read is not compared"
    yield "platform", {"": str(one.platform)}, {"": str(other.platform)}
    for what in _CLAIMS:
        a, b = _own(first, what), _own(second, what)
        # A value that only one image gives is no difference unless both were looked into.
        if (a and b) or (first.inside and second.inside and (a or b)):
            yield what, {"": a}, {"": b}
    yield from _settings(one, other)
    yield "layers", {"": _listed(one.layers)}, {"": _listed(other.layers)}
    if first.inside and second.inside:
        yield from _files(first.inside, second.inside)


def _own(subject: Subject, what: str) -> str:
    """What the image itself says, leaving its tag aside."""
    own = [one for one in subject.all(what) if one.origin is not ClaimOrigin.TAG]
    best = [one for one in own if one.origin is own[0].origin]
    return clean_line(best[-1].value, _LONGEST) if best else ""


def _settings(one: Image, other: Image) -> Iterator[tuple[str, Mapping[str, str], dict[str, str]]]:
    for kind, a, b in (
        ("entry point", one.entrypoint, other.entrypoint),
        ("command", one.command, other.command),
        ("ports", one.ports, other.ports),
        ("volumes", one.volumes, other.volumes),
    ):
        yield kind, {"": _words(a)}, {"": _words(b)}
    yield "user", {"": one.user or "root"}, {"": other.user or "root"}
    yield "folder", {"": one.folder or "/"}, {"": other.folder or "/"}
    yield "variable", *_marked(one.environment, other.environment, _VALUES)
    yield "label", *_marked(one.labels, other.labels, _LABELS)


def _marked(
    one: Mapping[str, str], other: Mapping[str, str], shown: re.Pattern[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Both mappings, with values that may be secret replaced by words.

    Those words differ exactly where the two values do.
    """

    def worded(mine: Mapping[str, str], theirs: Mapping[str, str], changed: str) -> dict[str, str]:
        return {
            clean_line(name, 100): (clean_line(value, _LONGEST) or "nothing")
            if shown.fullmatch(name)
            else (changed if theirs.get(name, value) != value else "a value")
            for name, value in list(mine.items())[:MOST]
        }

    return worded(one, other, "one value"), worded(other, one, "another value")


def _files(one: Inside, other: Inside) -> Iterator[tuple[str, Mapping[str, str], dict[str, str]]]:
    yield "package", _packages(one), _packages(other)
    yield "system package", dict(one.system_packages), dict(other.system_packages)
    yield "library", _libraries(one), _libraries(other)
    yield "program", _programs(one), _programs(other)


def _packages(inside: Inside) -> dict[str, str]:
    """Name -> versions, several where the same name is installed for several Pythons."""
    found: dict[str, set[str]] = {}
    for one in inside.distributions:
        found.setdefault(one.name, set()).add(one.version)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def _libraries(inside: Inside) -> dict[str, str]:
    return {
        name: ", ".join(f"/{folder}" for folder in folders)[:_LONGEST]
        for name, folders in inside.libraries.items()
    }


def _programs(inside: Inside) -> dict[str, str]:
    return {
        f"/{path}": "a program" if link == path else f"leads to /{link}"
        for path, link in inside.pythons.items()
    }


def _shared(one: Image | None, other: Image | None) -> SharedLayers | None:
    if one is None or other is None or not (one.layers and other.layers):
        return None
    count = 0
    for a, b in zip(one.layers, other.layers, strict=False):
        if a != b:
            break
        count += 1
    return SharedLayers(layers=count, first=len(one.layers), second=len(other.layers))


def _same(kind: str, one: str, other: str) -> bool:
    """Whether two values mean the same; versions may be given with different precision."""
    exact = kind not in ("python", "cuda", "cudnn") or not (one and other)
    return one == other or (not exact and agree(kind, one, other))


def _words(parts: tuple[str, ...]) -> str:
    return clean_line(" ".join(parts), _LONGEST)


def _listed(layers: tuple[str, ...]) -> str:
    return f"{len(layers)}, the last {layers[-1]}" if layers else "none told"

"""The disk budget of our images: how much cells need, and which images are removed when.

The budget limits the images of cells and bases, including what builds take temporarily. If it is
tight, cells are done in groups, one after the other, and between two groups the least recently used
images are removed. All sizes are in bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.errors import HarnessError, InfrastructureError, UsageError
from harness.model import Lock
from harness.text import in_gb, in_mb

_WELL_PACKED = 4.7
_BADLY_PACKED = 1.65
_WELL_PACKED_BYTES = 350_000_000
BASE_BYTES = 200_000_000
"""Assumed size of a base that is not made yet: those of the default suite take 109 to 191 MB."""
_OF_A_DOCKERFILE = 2_000_000_000
_KEPT_FREE_SHARE = 0.05
_KEPT_FREE_BYTES = 5_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """The disk space that the image of one cell takes."""

    cell: str
    kept: int = 0
    passing: int = 0
    """Space beyond `kept` that is taken only during the build."""
    there: bool = False
    """Whether the image exists, so that `kept` is taken already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An image of ours that the engine keeps."""

    name: str
    size: int
    """Including the layers that it shares with others."""
    layers: tuple[str, ...]
    """Diff ids, the lowest first."""
    last_used: float = 0.0
    """Seconds since the epoch."""
    held: bool = False
    """Whether it must stay: a live process needs it, or it is a base."""
    of_baseline: bool = False
    """Whether the suite's baseline was made with it: then it is removed after all others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """The room on an engine's disk, and what the cells of a run need of it."""

    limit: int
    """What all our images may take: the budget, else what they take now plus what is free."""
    named: bool
    """Whether the user set the limit."""
    taken: int
    """What our images take now."""
    lasting: int
    """The part of `taken` that bases take, which is never freed."""
    bases: int = 0
    """What bases that are still to be made will take."""
    elsewhere: int = 0
    """The part of `taken` that images take which other runs need now."""
    free: int | None = None
    """Free on the engine's disk, beyond what must stay free; None if unknown on this host."""
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Cells whose images fit on the disk at the same time."""

    cells: tuple[str, ...]
    wanted: int = 0
    """Room to make before they are obtained; includes room for all missing bases, since any group
    may have to make them."""


def kept_free(disk: int) -> int:
    """Return how much of a disk of that size is left free if there is no budget."""
    return min(int(disk * _KEPT_FREE_SHARE), _KEPT_FREE_BYTES)


def need_of(cell: str, lock: Lock) -> Need:
    """Estimate what building a cell takes, from the sizes in its lock.

    Measured on the images of the default suite (ten built, the wheels of all nineteen locks
    unpacked): with up to 440 MB of distributions, an image is larger than its base by 3.6 to 4.7
    times their size. Beyond that, distributions are mostly GPU code, which hardly compresses: with
    1.8 to 2.5 GB of distributions it is 1.9 to 2.1 times their size. The estimate is the upper
    bound, which is at most 30 % too much.

    During the build, the disk holds the distributions on the build's volume, with what is built
    from them (for that, and for rounding up to the disk's blocks, they count twice), and what they
    install twice: in the container, and while that is committed. For 60 MB of distributions and
    tools that install 252 MB, 595 MB above the base were measured.
    """
    wheels = sum(artifact.size for artifact in lock.distributions)
    tools = sum(artifact.size for artifact in lock.tools)
    well = min(wheels, _WELL_PACKED_BYTES)
    kept = int(well * _WELL_PACKED + (wheels - well) * _BADLY_PACKED)
    return Need(cell=cell, kept=kept, passing=2 * (wheels + tools) + kept)


def need_of_dockerfile(cell: str, context: int) -> Need:
    """Estimate what building a Dockerfile takes, with a context of `context` bytes.

    What its steps install is unknown, so the estimate is 2 GB, as for an image with a framework,
    and three times the context: as it is sent, as the engine keeps it, and copied into the image.
    """
    return Need(cell=cell, kept=_OF_A_DOCKERFILE + context, passing=2 * context)


def together(cell: str, *needs: Need) -> Need:
    """Return what a cell takes whose image is made from others that must be built as well."""
    kept = sum(need.kept for need in needs)
    return Need(cell=cell, kept=kept, passing=max(need.passing for need in needs))


def occupied(images: Iterable[Kept]) -> int:
    """Return what images take together; layers that several share count once."""
    sizes = {image.layers: image.size for image in images}
    return sum(size - _below(layers, sizes) for layers, size in sizes.items())


def _below(layers: tuple[str, ...], sizes: dict[tuple[str, ...], int]) -> int:
    """Return the size of the largest other image that this one is made from."""
    for end in range(len(layers) - 1, 0, -1):
        if layers[:end] in sizes:
            return sizes[layers[:end]]
    return 0


def next_to_go(images: Sequence[Kept], limit: int, wanted: int = 0) -> Kept | None:
    """Return the image to remove so that `wanted` more bytes fit: the least recently used that is
    not held, and one of the baseline only if there is no other.

    None if they fit already, or if no image may be removed.
    """
    if occupied(images) + wanted <= limit:
        return None
    may_go = (image for image in images if not image.held)
    return min(
        may_go, key=lambda image: (image.of_baseline, image.last_used, image.name), default=None
    )


def peak(needs: Iterable[Need], at_once: int) -> int:
    """Return the most that images take at any moment if `at_once` of them are built at a time."""
    needs = tuple(needs)
    passing = sorted((need.passing for need in needs), reverse=True)
    return sum(need.kept for need in needs) + sum(passing[:at_once])


def groups(survey: Survey | None, cells: Sequence[str], at_once: int) -> tuple[Group, ...]:
    """Put all cells into one group if their images fit together; else into groups, in order, each
    filled as far as there is room.

    In the latter case, cells whose images exist come first, since each frees room once it is done.
    Without a survey there is no limit.
    """
    if survey is None:
        return (Group(cells=tuple(cells)),)
    needs = {need.cell: need for need in survey.needs}
    room = survey.limit - survey.lasting - survey.bases - survey.elsewhere
    if peak(needs.values(), at_once) <= room:
        return (_group([needs[cell] for cell in cells], at_once, survey.bases),)
    ordered = sorted((needs[cell] for cell in cells), key=lambda need: not need.there)
    made: list[list[Need]] = [[]]
    for need in ordered:
        together = [*made[-1], need]
        if made[-1] and not need.there and peak(together, at_once) > room:
            made.append([need])
        else:
            made[-1] = together
    return tuple(_group(members, at_once, survey.bases) for members in made)


def _group(needs: Sequence[Need], at_once: int, bases: int) -> Group:
    to_build = [need for need in needs if not need.there]
    return Group(
        cells=tuple(need.cell for need in needs),
        wanted=peak(to_build, at_once) + bases if to_build else 0,
    )


def refusal(survey: Survey) -> HarnessError | None:
    """Return an error, with a remedy, if a cell cannot be built here even alone; else None."""
    lasting = survey.lasting + survey.bases
    room = max(0, survey.limit - lasting)
    wrong = [need for need in survey.needs if not need.there and need.kept + need.passing > room]
    if not wrong:
        return None
    largest = max(need.kept + need.passing for need in wrong)
    listed = ", ".join(f"{need.cell} ({amount(need.kept + need.passing)})" for need in wrong)
    whose = "the disk budget has" if survey.named else "the engine's disk has"
    message = f"too little room to build {listed}: {whose} {amount(room)} for cells"
    if survey.named:
        least = amount(lasting + largest, up=True)
        return UsageError(
            message, remedy=f"--disk-budget of at least {least}, or choose other cells"
        )
    return InfrastructureError(
        message, remedy="free some of that disk (harness clean --images), or choose other cells"
    )


def told(survey: Survey, parts: Sequence[Group]) -> tuple[str, ...]:
    """Return the lines to show about the disk budget before anything is built."""
    source = "as named" if survey.named else f"{amount(survey.free or 0)} of its disk can be used"
    lines = [
        f"disk budget: {amount(survey.limit)} for images of harness on the engine, which take "
        f"{amount(survey.taken)} now ({source})"
    ]
    wanted = max((group.wanted for group in parts), default=0)
    if notice := grouped(parts):
        lines.append(notice)
    given_back = survey.taken - survey.lasting - survey.elsewhere
    if survey.named and survey.free is not None and wanted > survey.free + given_back:
        lines.append(
            f"the engine's disk may get full: building takes about {amount(wanted)}, and "
            f"{amount(survey.free)} of it can be used"
        )
    return tuple(lines)


def grouped(parts: Sequence[Group]) -> str:
    """Return the notice for a run whose cells are done in groups; empty if they are not."""
    if len(parts) < 2:
        return ""
    listed = " | ".join(", ".join(group.cells) for group in parts)
    return (
        f"not all images fit at once, so cells run in {len(parts)} groups: images are removed in "
        f"between, and rounds are interleaved only within a group: {listed}"
    )


def amount(size: int, *, up: bool = False) -> str:
    """Format a size for a person; with `up`, rounded up and in the form `--disk-budget` takes."""
    if up:
        return f"{-(-size // 1024**2)}MiB"
    return in_gb(size) if size >= 10**9 else in_mb(max(0, size))

"""Who brought a file: lists of installed files held against each other, and against what lies
there. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

_FEW = 3
"""Of a file that more distributions than this claim (an empty module of a namespace, say), nobody
wrote over another."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileList:
    """What one distribution says it installed: modules below the folder it lies in."""

    folder: str
    name: str
    version: str
    files: Mapping[str, int]
    """Path below `folder` -> bytes, -1 where the list does not say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Two distributions that claim the same files."""

    folder: str
    names: tuple[str, str]
    versions: tuple[str, str]
    count: int
    """Modules that both claim."""
    kept: str
    """The one whose files lie there now, by their sizes; empty: sizes do not tell."""
    mixed: bool
    """Whether some of what lies there is the one's and some the other's."""


def overlaps(lists: Iterable[FileList], sizes: Mapping[str, int]) -> Iterator[Overlap]:
    """Pairs of distributions in one folder that claim the same modules. `sizes`: whole path ->
    bytes of what lies there."""
    by_name = {(one.folder, one.name): one for one in lists}
    claims: dict[str, list[FileList]] = defaultdict(list)
    for one in by_name.values():
        for path in one.files:
            claims[f"{one.folder}/{path}"].append(one)
    pairs: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for path, several in claims.items():
        # An empty module may well be claimed by two: both would have it so.
        if not 2 <= len(several) <= _FEW or sizes.get(path, 0) == 0:
            continue
        for one, other in combinations(sorted(several, key=lambda each: each.name), 2):
            pairs[(one.folder, one.name, other.name)].append(path)
    for (folder, first, second), paths in sorted(pairs.items()):
        one, other = by_name[(folder, first)], by_name[(folder, second)]
        fits = Counter(_fits(path, one, other, sizes[path]) for path in paths)
        ahead = fits[first] - fits[second]
        yield Overlap(
            folder=folder,
            names=(first, second),
            versions=(one.version, other.version),
            count=len(paths),
            kept=first if ahead > 0 else second if ahead < 0 else "",
            mixed=bool(fits[first] and fits[second]),
        )


def _fits(path: str, one: FileList, other: FileList, size: int) -> str:
    """Whose file it is; empty where its size is that of both, or of neither."""
    below = path[len(one.folder) + 1 :]
    mine, theirs = one.files[below] == size, other.files[below] == size
    if mine == theirs:
        return ""
    return one.name if mine else other.name

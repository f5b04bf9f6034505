"""Compare lists of installed files with each other and with the files that are there, to find out
which distribution each file belongs to. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

_FEW = 3
"""A file that more distributions than this claim does not count as overwritten; it may be, for
example, the empty module of a namespace."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileList:
    """The modules that one distribution says it installed, below the folder it lies in."""

    folder: str
    name: str
    version: str
    files: Mapping[str, int]
    """Path below `folder` -> size in bytes; -1 if the list gives none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Two distributions that claim the same files."""

    folder: str
    names: tuple[str, str]
    versions: tuple[str, str]
    count: int
    """The number of modules that both claim."""
    kept: str
    """The distribution whose files are there now, judged by their sizes; empty if not known."""
    mixed: bool
    """Whether some files are from one distribution and some from the other."""


def overlaps(lists: Iterable[FileList], sizes: Mapping[str, int]) -> Iterator[Overlap]:
    """Yield pairs of distributions in one folder that claim the same modules.

    `sizes` maps the whole path of each existing module to its size in bytes.
    """
    by_name = {(one.folder, one.name): one for one in lists}
    claims: dict[str, list[FileList]] = defaultdict(list)
    for one in by_name.values():
        for path in one.files:
            claims[f"{one.folder}/{path}"].append(one)
    pairs: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for path, several in claims.items():
        # An empty module is the same from either distribution, so both may claim it.
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
    """The distribution that a file is from; empty if its size fits both or neither."""
    below = path[len(one.folder) + 1 :]
    mine, theirs = one.files[below] == size, other.files[below] == size
    if mine == theirs:
        return ""
    return one.name if mine else other.name

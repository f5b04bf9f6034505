"""Sorts differences into groups and by weight, so that the twelve that matter come before the rest.

A group is the first part of a fact's name. Groups with drift come first, then the order is by how
much they mean to a person. Inside a group, drift comes first, then what no rule judged, then what
is allowed. Among equals, only the data decide the order:

1. what can be read before what is only a hash;
2. the frameworks the cell claims, and what is named after them (`NAME-...`);
3. versions that differ in their first part, then in their second, then in a later one, then
   values that are no versions;
4. what only one side has;
5. the name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from packaging.version import InvalidVersion, Version

from harness.compare.differences import Difference
from harness.compare.rules import Judged
from harness.model import Cell, Fact

MATTERS = 12
"""How many differences of a group are shown before the rest is only counted."""

_VERSION_LIMIT = 100
_WEIGHT = (Judged.DRIFT, Judged.NOT_JUDGED, Judged.ALLOWED, Judged.IGNORED, Judged.SAME)
_NAMES = {"package": "packages"}
_MEANING = ("framework", "packages", "mnist", "python", "devices", "gpu", "os", "libc", "libraries")
"""Groups in order of importance; others follow, by name."""
_HASH = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{8}){0,4}")

_MODULE = "libraries.module."
OF_PYTHON = "libraries.module (Python's own)"
"""The name under which all extension modules of Python's own library are reported."""
_STANDARD_NAMES = """
_asyncio _bisect _blake2 _bsddb _bz2 _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr
_codecs_tw _collections _contextvars _crypt _csv _ctypes _ctypes_test _curses _curses_panel
_datetime _dbm _decimal _elementtree _functools _gdbm _hashlib _heapq _hmac _hotshot
_interpchannels _interpqueues _interpreters _io _json _locale _lsprof _lzma _md5 _multibytecodec
_multiprocessing _opcode _pickle _posixshmem _posixsubprocess _queue _random _remote_debugging _sha
_sha1 _sha2 _sha256 _sha3 _sha512 _socket _sqlite3 _ssl _statistics _struct _tkinter _uuid _weakref
_xxsubinterpreters _xxinterpchannels _zoneinfo _zstd array audioop binascii bz2 cPickle cStringIO
cmath crypt datetime dbm fcntl future_builtins gdbm grp imageop itertools linuxaudiodev math mmap
nis operator ossaudiodev parser pyexpat readline resource select spwd strop syslog termios time
unicodedata xxlimited zlib
"""
_STANDARD = frozenset(_STANDARD_NAMES.split())


@dataclass(frozen=True, kw_only=True, slots=True)
class FactGroup:
    """Differences of one group, the most important first."""

    name: str
    differences: tuple[Difference, ...]

    def count(self, judged: Judged) -> int:
        """Count the differences of the group with this result."""
        return sum(1 for difference in self.differences if difference.judged is judged)


def group(differences: Iterable[Difference], cells: Iterable[Cell]) -> tuple[FactGroup, ...]:
    """Sort differences between `cells` into groups: those with drift first, then by importance."""
    frameworks = {name.lower() for cell in cells for name, _ in cell.framework}
    beginnings = tuple(f"{one}-" for one in frameworks)
    return tuple(
        replace(
            one,
            differences=tuple(
                sorted(one.differences, key=lambda each: _order(each, frameworks, beginnings))
            ),
        )
        for one in unordered(differences)
    )


def unordered(differences: Iterable[Difference]) -> tuple[FactGroup, ...]:
    """Return the same groups in the same order, but with unsorted differences, for callers that
    only count."""
    members: dict[str, list[Difference]] = defaultdict(list)
    for difference in differences:
        first = difference.fact.partition(".")[0]
        members[_NAMES.get(first, first)].append(difference)
    groups = [FactGroup(name=name, differences=tuple(found)) for name, found in members.items()]
    return tuple(sorted(groups, key=lambda one: (not one.count(Judged.DRIFT), *_rank(one.name))))


def in_short(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Merge the hashes of Python's own extension modules into one difference, because another build
    of Python is one change, not fifty."""
    kept: list[Difference] = []
    own: dict[tuple[Judged, str], list[Difference]] = defaultdict(list)
    for one in differences:
        if is_of_python(one):
            own[one.judged, one.reason].append(one)
        else:
            kept.append(one)
    for same in own.values():
        count = f"{len(same)} have other bytes" if len(same) > 1 else "one has other bytes"
        kept.append(
            replace(same[0], fact=OF_PYTHON, reference="(theirs)", candidate=count, absent="")
        )
    return tuple(kept)


def is_of_python(difference: Difference) -> bool:
    """Tell whether a difference is only that an extension module of Python's own has other bytes,
    or is a file in one build of Python and built in in the other."""
    fact = difference.fact
    return fact.startswith(_MODULE) and fact[len(_MODULE) :].partition("#")[0] in _STANDARD


def is_hash(value: Fact) -> bool:
    """Tell whether a value is a hash, which tells a person only that something differs."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _rank(name: str) -> tuple[int, str]:
    return (_MEANING.index(name) if name in _MEANING else len(_MEANING), name)


def _order(
    difference: Difference, frameworks: Collection[str], beginnings: tuple[str, ...]
) -> tuple[int, bool, bool, int, str]:
    name = difference.fact.partition(".")[2].lower()
    named_after = name in frameworks or name.startswith(beginnings)
    tier = 4 if difference.absent else _distance(difference.reference, difference.candidate)
    hashed = is_hash(difference.reference) or is_hash(difference.candidate)
    weight = _WEIGHT.index(difference.judged)
    return (weight, hashed, not named_after, tier, difference.fact)


def _distance(reference: Fact, candidate: Fact) -> int:
    """Return 0 where the first parts of two versions differ, 1 for the second, 2 for a later one,
    and 3 for values that are no versions."""
    one, other = _version(reference), _version(candidate)
    if one is None or other is None:
        return 3
    if (one.epoch, one.major) != (other.epoch, other.major):
        return 0
    return 1 if one.minor != other.minor else 2


def _version(value: Fact) -> Version | None:
    if not isinstance(value, str) or len(value) > _VERSION_LIMIT:
        return None
    return _parsed(value)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None

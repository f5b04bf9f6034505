"""Symbols as numbers, because half a million of them have to be transferred and compared. Pure.

A symbol is represented by the hash that objects contain of it (GNU hash: h = 5381, then h * 33 + c,
in 32 bits), without the lowest bit, which the objects use for something else. Two names have the
same hash by chance once in two thousand million pairs, so that of some thousand missing symbols one
may seem to be defined.
"""

from __future__ import annotations

import base64
import binascii
import sys
import zlib
from array import array
from collections.abc import Hashable, Iterable, Mapping
from itertools import compress
from operator import mul
from typing import TypeVar

_UNPACKED = 32 * 1024**2
_LONGEST = 4097
_POWERS = [pow(33, power, 1 << 32) for power in reversed(range(_LONGEST))]
Key = TypeVar("Key", bound=Hashable)


def hash_of(name: bytes) -> int:
    """The GNU hash of a symbol's name."""
    # Written as a sum, h = 5381 * 33^n + c1 * 33^(n-1) + ... + cn, it needs no Python loop.
    length = len(name)
    if length >= _LONGEST:
        return hash_of(name[: _LONGEST - 1])
    powers = _POWERS[_LONGEST - length :]
    value: int = 5381 * _POWERS[_LONGEST - length - 1] + sum(map(mul, name, powers))
    return value & 0xFFFFFFFF


def version_hash(name: str) -> int:
    """A number for the version of a symbol; never 0, which means no version."""
    return zlib.crc32(name.encode("utf-8", "replace")) | 1


def packed(numbers: array[int]) -> str:
    """Numbers of 32 bits as text for JSON."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(zlib.compress(numbers.tobytes(), 1)).decode("ascii") if numbers else ""


def unpacked(text: str) -> array[int]:
    """The numbers that `packed` encoded; empty for any other text."""
    found = array("I")
    try:
        opened = zlib.decompressobj()
        raw = opened.decompress(base64.b64decode(text, validate=True), _UNPACKED)
    except (binascii.Error, ValueError, zlib.error):
        return found
    found.frombytes(raw[: len(raw) // 4 * 4])
    if sys.byteorder == "big":
        found.byteswap()
    return found


def lacking(wanted: Mapping[Key, str], given: Iterable[tuple[str, str]]) -> dict[Key, list[str]]:
    """The needed symbols that nothing defines: key -> names.

    `wanted` has, for each key, names or name@version separated by blanks; `given` has pairs of
    hashes and versions as `packed` encodes them.
    """
    lists = {key: text.split(" ") if text else [] for key, text in wanted.items()}
    names = {one: one.partition("@")[0] for many in lists.values() for one in many}
    hashes = {
        name: hash_of(name.encode("utf-8", "replace")) | 1 for name in dict.fromkeys(names.values())
    }
    asked = set(hashes.values())
    always: set[int] = set()
    versions: set[tuple[int, int]] = set()
    for exports, told in given:
        table, numbers = unpacked(exports), unpacked(told)
        if not numbers:
            always.update(asked.intersection(table))
            continue
        pairs = zip(table, numbers, strict=False)
        for one, version in compress(pairs, map(asked.__contains__, table)):
            if version:
                versions.add((one, version))
            else:
                always.add(one)
    unversioned = {one for one, _ in versions}

    def missing(symbol: str) -> bool:
        name, _, version = symbol.partition("@")
        one = hashes[name]
        if one in always:
            return False
        return (one, version_hash(version)) not in versions if version else one not in unversioned

    return {key: [one for one in many if missing(one)] for key, many in lists.items()}

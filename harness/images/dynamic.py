"""Read the parts of a shared object or program that the dynamic loader reads: the libraries it
needs, where it looks for them, and which symbols it needs and defines.

Defined symbols are represented by the hashes that the object itself contains (GNU hash), so that
half a million of them are read in milliseconds. Needed symbols are represented by name.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from harness.images.elf_tables import (
    FLAGS_1,
    GNU_HASH,
    HASH,
    RPATH,
    RUNPATH,
    SONAME,
    STRTAB,
    SYMTAB,
    VERDEF,
    VERNEED,
    VERSYM,
    ElfTables,
    Malformed,
    numbers_in,
)
from harness.images.symbols import hash_of, packed, version_hash

_SYMBOL = struct.Struct("<IBBHQQ")
_NEED = struct.Struct("<HHIII")
_NEED_PART = struct.Struct("<IHHII")
_GIVE = struct.Struct("<HHHHIII")
_GIVE_PART = struct.Struct("<II")
_NO_DEFAULT_FOLDERS = 0x800
_GLOBAL, _WEAK, _UNIQUE = 1, 2, 10
_WEAK_VERSION = 2
_BASE_VERSION = 1
_NAMES = 4096
_SYMBOLS = 2_000_000
_HASHED = 300_000
"""Symbols whose names are hashed here at most, if an object contains no hashes of its own."""
_WANTED = 60_000
_WANTED_TEXT = 8 * 1024**2
_VERSION = 0x7FFF


@dataclass(kw_only=True)
class Dynamic:
    """What the dynamic loader reads of one object. All lists are bounded."""

    bits: int = 0
    machine_number: int = 0
    """As ELF numbers it: 62 is x86-64, 183 is AArch64."""
    interpreter: str = ""
    """The loader that a program asks for."""
    soname: str = ""
    needed: list[str] = field(default_factory=list)
    rpath: str = ""
    runpath: str = ""
    no_default: bool = False
    """Whether it asks the loader to search neither the cache nor the default folders."""
    wants: list[tuple[str, str]] = field(default_factory=list)
    """(library, symbol version) pairs that it requires."""
    provides: list[str] = field(default_factory=list)
    """Symbol versions that it defines."""
    undefined: str = ""
    """Symbols that it requires: names, or name@version, separated by blanks."""
    exports: str = ""
    """Symbols that it defines: 32-bit hashes, packed."""
    versions: str = ""
    """For each of `exports` the hash of its version, packed; empty if it has no versions."""
    unread: str = ""
    """Why its symbols were not read; empty if they were."""
    end: int = 0
    """The offset behind the last of its content that has a meaning; 0 if not known."""
    problem: str = ""
    """Why the other fields are incomplete; empty if they are complete."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def read_dynamic(stream: BinaryIO) -> Dynamic:
    """Read an object as the loader does, as far as possible. Never raises."""
    tables, found = ElfTables(stream), Dynamic()
    try:
        dynamic = tables.open()
        found.bits, found.machine_number = tables.bits, tables.machine
        found.interpreter, found.end = tables.interpreter, tables.end
        if tables.bits != 64:
            found.unread = "it is not for a 64-bit little-endian machine"
        elif dynamic:
            _names(tables, found)
            _Symbols(tables, found).read()
    except (ValueError, struct.error, OSError, OverflowError) as error:
        found.problem = f"{type(error).__name__}: {error}"[:200]
    return found


def _names(tables: ElfTables, found: Dynamic) -> None:
    found.needed = [tables.string(one) for one in tables.needed[:_NAMES]]
    found.soname, found.runpath = tables.tagged(SONAME), tables.tagged(RUNPATH)
    # The loader ignores RPATH if there is a RUNPATH.
    found.rpath = "" if RUNPATH in tables.tags else tables.tagged(RPATH)
    found.no_default = bool(tables.tags.get(FLAGS_1, 0) & _NO_DEFAULT_FOLDERS)


class _Symbols:
    def __init__(self, tables: ElfTables, found: Dynamic) -> None:
        self.tables, self.found, self.tags = tables, found, tables.tags

    def read(self) -> None:
        found, tags = self.found, self.tags
        needs = list(self._wants())
        found.wants = [(file, name) for _, file, name, weak in needs if not weak]
        given = dict(self._gives())
        found.provides = sorted(set(given.values()))[:_NAMES]
        if SYMTAB not in tags or STRTAB not in tags:
            return
        first, chain = self._hashed()
        count = self._count(first + len(chain))
        if count > _SYMBOLS or (not chain and count > _HASHED):
            found.unread = f"it has {count} symbols"
            return
        numbers = self._version_numbers(count)
        wanted = {number: name for number, _, name, _ in needs}
        undefined, named = self._named(first if chain else count)
        if chain:
            exports = array("I", (one | 1 for one in chain))
            of_exports = numbers[first : first + len(chain)]
        else:
            exports = array("I", (hash_of(name) | 1 for _, name in named))
            of_exports = array("H", (_of(numbers, number) for number, _ in named))
        if len(undefined) > _WANTED or sum(len(name) for _, name in undefined) > _WANTED_TEXT:
            found.unread = f"it wants {len(undefined)} symbols"
            return
        found.undefined = " ".join(
            text + (f"@{version}" if version else "")
            for number, name in undefined
            for text in [name.decode("utf-8", "replace")]
            for version in [wanted.get(_of(numbers, number), "")]
            if not re.search(r"[\s@]", text)
        )
        found.exports = packed(exports)
        if given and of_exports:
            hashes = {number: version_hash(name) for number, name in given.items()}
            told = {one: hashes.get(one & _VERSION, 0) for one in set(of_exports)}
            found.versions = packed(array("I", map(told.__getitem__, of_exports)))

    def _hashed(self) -> tuple[int, array[int]]:
        """(index of the first symbol with a hash, the hashes), from the GNU hash table."""
        if GNU_HASH not in self.tags:
            return 0, array("I")
        at = self.tables.offset(self.tags[GNU_HASH])
        head = self.tables.at(at, 16)
        if len(head) < 16:
            raise Malformed("its table of hashes is cut off")
        buckets, first, bloom, _ = struct.unpack("<IIII", head)
        if buckets > _SYMBOLS or bloom > _SYMBOLS:
            raise Malformed("its table of hashes is too large")
        at += 16 + bloom * 8
        last = max(numbers_in(self.tables.at(at, buckets * 4)), default=0)
        if last < first:
            return first, array("I")
        if last - first > _SYMBOLS:
            raise Malformed("its table of hashes is too large")
        at += buckets * 4
        chain = numbers_in(self.tables.at(at, (last - first + 1) * 4))
        at += (last - first + 1) * 4
        while chain and not chain[-1] & 1:
            more = self.tables.at(at, 4)
            if len(more) < 4 or len(chain) > _SYMBOLS:
                raise Malformed("its table of hashes has no end")
            chain.extend(numbers_in(more))
            at += 4
        return first, chain

    def _count(self, hashed: int) -> int:
        """The number of symbols, which no table states directly."""
        symbols, tags = self.tags[SYMTAB], self.tags
        if size := self.tables.symbols_by_section():
            return size // _SYMBOL.size
        if HASH in tags:
            head = self.tables.at(self.tables.offset(tags[HASH]), 8)
            return int(struct.unpack("<II", head)[1]) if len(head) == 8 else 0
        # Linkers put the table of strings right after the table of symbols.
        behind = (tags[STRTAB] - symbols) // _SYMBOL.size
        return max(hashed, behind if 0 < behind <= _SYMBOLS else 0)

    def _version_numbers(self, count: int) -> array[int]:
        """The version number of each symbol."""
        if VERSYM not in self.tags:
            return array("H")
        raw = self.tables.at(self.tables.offset(self.tags[VERSYM]), count * 2)
        return numbers_in(raw, "H")

    def _named(self, count: int) -> tuple[list[tuple[int, bytes]], list[tuple[int, bytes]]]:
        """(needed symbols, defined symbols) among the first `count`, each as (index, name)."""
        raw = self.tables.at(self.tables.offset(self.tags[SYMTAB]), count * _SYMBOL.size)
        rows = _SYMBOL.iter_unpack(raw[: len(raw) - len(raw) % _SYMBOL.size])
        wanted, given = [], []
        for number, (name, info, other, section, _, _) in enumerate(rows):
            if not name:
                continue
            if section == 0:
                if info >> 4 == _GLOBAL:
                    wanted.append((number, name))
            elif info >> 4 in (_GLOBAL, _WEAK, _UNIQUE) and other & 3 in (0, 3):
                given.append((number, name))
        names = dict(self.tables.texts([name for _, name in (*wanted, *given)]))
        return (
            [(number, names[name]) for number, name in wanted if name in names],
            [(number, names[name]) for number, name in given if name in names],
        )

    def _wants(self) -> Iterator[tuple[int, str, str, bool]]:
        """Yield (number, library, version, whether optional) for each needed symbol version."""
        for at, (_, count, file, first, _) in self.tables.chain(VERNEED, _NEED, 4):
            library, inner = self.tables.string(file), at + first
            for _ in range(min(count, _NAMES)):
                raw = self.tables.at(inner, _NEED_PART.size)
                if len(raw) < _NEED_PART.size:
                    raise Malformed("its table of versions is cut off")
                _, flags, number, name, more = _NEED_PART.unpack(raw)
                yield (
                    number & _VERSION,
                    library,
                    self.tables.string(name),
                    bool(flags & _WEAK_VERSION),
                )
                if not more:
                    break
                inner += more

    def _gives(self) -> Iterator[tuple[int, str]]:
        """Yield (number, version) for each defined symbol version, without the object's name."""
        for at, (_, flags, number, count, _, first, _) in self.tables.chain(VERDEF, _GIVE, 6):
            raw = self.tables.at(at + first, _GIVE_PART.size)
            if count and not flags & _BASE_VERSION and len(raw) == _GIVE_PART.size:
                yield number & _VERSION, self.tables.string(_GIVE_PART.unpack(raw)[0])


def _of(numbers: array[int], number: int) -> int:
    return numbers[number] & _VERSION if number < len(numbers) else 0

"""Parse the files that tell the dynamic loader where libraries are: ld.so.cache, ld.so.conf. Pure.

The loader itself reads only the cache. `ldconfig` builds the cache from the folders in ld.so.conf,
and NVIDIA's container tools run `ldconfig` when a container with a GPU starts.
"""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase

CACHE = "etc/ld.so.cache"
CONFIGURATION = "etc/ld.so.conf"
PRELOADED = "etc/ld.so.preload"

_OLD = b"ld.so-1.7.0\0"
_OLD_ENTRY = struct.Struct("<iII")
_NEW = b"glibc-ld.so.cache1.1"
_NEW_HEAD = 48
_NEW_ENTRY = struct.Struct("<iIIIQ")
_LIBC6, _KIND = 3, 0xFF
_WIDTH = 0xFF00
_WIDTHS = {62: 0x0300, 183: 0x0A00}
"""ELF's number of a 64-bit machine -> the mark of its libraries in the cache."""
MACHINES = frozenset(_WIDTHS)
"""Machines whose loader is modelled: x86-64 and AArch64."""
_ENTRIES = 100_000
_TEXT = 4096
_FOLDERS = 2000
_INCLUDED = 8


def cached(raw: bytes, machine: int) -> dict[str, str]:
    """Parse an ld.so.cache: library name -> path, for a machine by its ELF number.

    The first of several entries wins. Entries for certain processors only are left out. Empty for
    bytes that are no cache.
    """
    found: dict[str, str] = {}
    for name, path in _entries(raw, _WIDTHS.get(machine, -1)):
        found.setdefault(name, path)
    return found


def _entries(raw: bytes, width: int) -> Iterator[tuple[str, str]]:
    start = raw.find(_NEW) if raw.startswith(_OLD) else 0
    if not raw.startswith(_NEW, max(start, 0)):
        yield from _old_entries(raw, width)
        return
    table = raw[start:]
    if len(table) < _NEW_HEAD:
        return
    (count,) = struct.unpack_from("<I", table, len(_NEW))
    for number in range(min(count, _ENTRIES)):
        at = _NEW_HEAD + number * _NEW_ENTRY.size
        if at + _NEW_ENTRY.size > len(table):
            return
        flags, name, path, _, processors = _NEW_ENTRY.unpack_from(table, at)
        if flags & _WIDTH == width and flags & _KIND == _LIBC6 and not processors:
            yield _text(table, name), _text(table, path)


def _old_entries(raw: bytes, width: int) -> Iterator[tuple[str, str]]:
    """Parse the older format. glibc up to 2.31 writes it before the newer one, which then wins."""
    if not raw.startswith(_OLD) or len(raw) < len(_OLD) + 4:
        return
    (count,) = struct.unpack_from("<I", raw, len(_OLD))
    first = len(_OLD) + 4
    texts = first + count * _OLD_ENTRY.size
    for number in range(min(count, _ENTRIES)):
        at = first + number * _OLD_ENTRY.size
        if at + _OLD_ENTRY.size > len(raw):
            return
        flags, name, path = _OLD_ENTRY.unpack_from(raw, at)
        if flags & _WIDTH == width and flags & _KIND == _LIBC6:
            yield _text(raw, texts + name), _text(raw, texts + path)


def _text(raw: bytes, at: int) -> str:
    if at >= len(raw):
        return ""
    end = raw.find(b"\0", at, at + _TEXT)
    return raw[at:end].decode("utf-8", "replace") if end >= 0 else ""


def configured(texts: Callable[[str], str], paths: Iterable[str]) -> tuple[str, ...]:
    """The folders that ld.so.conf names, in order.

    `texts` gives the text of a file, empty if there is none; `paths` are the files that an
    `include` may match.
    """
    known = sorted(one for one in paths if one.startswith("etc/"))
    return tuple(dict.fromkeys(_folders(CONFIGURATION, texts, known, 0)))[:_FOLDERS]


def _folders(path: str, texts: Callable[[str], str], known: list[str], depth: int) -> Iterator[str]:
    for line in texts(path).splitlines():
        line = line.partition("#")[0].strip()
        word, _, rest = line.partition(" ") if " " in line else line.partition("\t")
        if word == "include":
            for pattern in rest.split():
                whole = posixpath.normpath(posixpath.join("/", posixpath.dirname(path), pattern))
                for one in known:
                    if depth < _INCLUDED and _matches(f"/{one}", whole):
                        yield from _folders(one, texts, known, depth + 1)
        elif word != "hwcap" and line:
            # Older files may have the kind of library after the folder: /usr/lib=libc6.
            folder = re.split(r"=(?=libc\w*$)", line)[0].strip()
            if folder.startswith("/"):
                yield posixpath.normpath(folder).lstrip("/")


def _matches(path: str, pattern: str) -> bool:
    """Whether a path matches a shell pattern, in which `*` does not match a slash."""
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))

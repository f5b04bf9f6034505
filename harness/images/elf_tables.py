"""Find the tables of a 64-bit ELF file through its program headers and dynamic table.

The dynamic loader does the same; section headers may be stripped.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable, Iterator
from typing import BinaryIO

_HEAD = struct.Struct("<16sHHIQQQIHHHHHH")
_PROGRAM = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_DYNAMIC_SYMBOLS = 11
NEEDED, HASH, STRTAB, SYMTAB, STRSZ, SONAME, RPATH, RUNPATH = 1, 4, 5, 6, 10, 14, 15, 29
GNU_HASH, VERSYM, FLAGS_1 = 0x6FFFFEF5, 0x6FFFFFF0, 0x6FFFFFFB
VERDEF, VERNEED = 0x6FFFFFFC, 0x6FFFFFFE
_TABLE = 64 * 1024
_PROGRAMS = 256
_SECTIONS = 4096
_ROWS = 4096
_TEXT = 4096
_WINDOW = 8 * 1024
_LONGEST = 256 * 1024
_LITTLE_64 = b"\x7fELF\x02\x01"


class Malformed(ValueError):
    """The file is not a valid ELF object."""


class ElfTables:
    """The tables of an ELF object in a stream. Methods raise Malformed, or what reading raises."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.loads: list[tuple[int, int, int]] = []
        """Loaded segments: (address, size in bytes, offset in the file)."""
        self.tags: dict[int, int] = {}
        """The dynamic table without its NEEDED entries, which are in `needed`."""
        self.needed: list[int] = []
        self.bits = 0
        self.machine = 0
        self.interpreter = ""
        self._sections: tuple[int, int] = (0, 0)

    def open(self) -> bool:
        """Read the headers and the dynamic table.

        False if there is no dynamic table, or if the object is not 64-bit little-endian.
        """
        head = self.at(0, _HEAD.size)
        if head[:4] != _LITTLE_64[:4]:
            raise Malformed("it is no ELF file" if head else "it is empty")
        if head[:6] != _LITTLE_64:
            self.bits = 32 if head[4:5] == b"\x01" else 0
            return False
        if len(head) < _HEAD.size:
            raise Malformed("it is cut off")
        _, _, self.machine, _, _, programs, sections, *rest = _HEAD.unpack(head)
        _, _, size, count, section_size, section_count, _ = rest
        if size != _PROGRAM.size:
            raise Malformed("its program headers are of another size")
        if section_size == _SECTION.size:
            self._sections = (sections, min(section_count, _SECTIONS))
        self.bits = 64
        dynamic = self._segments(programs, min(count, _PROGRAMS))
        if dynamic is None:
            return False
        raw = self.at(*dynamic)
        for tag, value in struct.iter_unpack("<QQ", raw[: len(raw) - len(raw) % 16]):
            if tag == 0:
                break
            if tag == NEEDED:
                self.needed.append(value)
            else:
                self.tags[tag] = value
        return True

    @property
    def end(self) -> int:
        """The offset behind the last loaded segment and the table of sections. What comes after it
        in a file was appended, and nobody reads it."""
        at, count = self._sections
        segments = max((offset + size for _, size, offset in self.loads), default=0)
        return max(segments, at + count * _SECTION.size)

    def at(self, at: int, size: int) -> bytes:
        """Up to `size` bytes from an offset of the file."""
        if at < 0 or size <= 0:
            return b""
        self.stream.seek(at)
        return self.stream.read(size)

    def _segments(self, at: int, count: int) -> tuple[int, int] | None:
        """Read the program headers, and return (offset, size) of the dynamic table, or None."""
        raw = self.at(at, count * _PROGRAM.size)
        if len(raw) < count * _PROGRAM.size:
            raise Malformed("its program headers are cut off")
        dynamic = None
        end = self.stream.seek(0, 2)
        for kind, _, offset, address, _, size, _, _ in _PROGRAM.iter_unpack(raw):
            if kind == _LOAD:
                if offset + size > end:
                    raise Malformed("it is cut off")
                self.loads.append((address, size, offset))
            elif kind == _DYNAMIC:
                dynamic = (offset, min(size, _TABLE))
            elif kind == _INTERPRETER:
                self.interpreter = text_of(self.at(offset, min(size, _TEXT)))
        return dynamic

    def offset(self, address: int) -> int:
        """The offset in the file of an address. Raises Malformed if it is outside the file."""
        for start, size, offset in self.loads:
            if start <= address < start + size:
                return address - start + offset
        raise Malformed("its dynamic table leads out of it")

    def string(self, place: int) -> str:
        """The text at an offset of the string table; empty if there is none."""
        base = self.tags.get(STRTAB)
        if base is None or place >= self.tags.get(STRSZ, 1 << 32):
            return ""
        return text_of(self.at(self.offset(base) + place, _TEXT))

    def tagged(self, tag: int) -> str:
        """The text that an entry of the dynamic table refers to; empty without such an entry."""
        return self.string(self.tags[tag]) if tag in self.tags else ""

    def texts(self, offsets: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        """Yield (offset, name) for these offsets of the string table.

        The table may have a hundred megabytes, so it is read one window at a time.
        """
        base, size = self.offset(self.tags[STRTAB]), self.tags.get(STRSZ, 0)
        window, start = b"", 0
        for offset in sorted(set(offsets)):
            if offset >= size:
                continue
            end = window.find(b"\0", offset - start) if offset >= start else -1
            for length in (_WINDOW, _LONGEST):
                if end >= 0:
                    break
                start = offset
                window = self.at(base + offset, min(length, size - offset))
                end = window.find(b"\0")
            if end >= 0:
                yield offset, window[offset - start : end]

    def chain(
        self, tag: int, row: struct.Struct, onward: int
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Yield (offset, fields) of a chain of rows; field `onward` is the distance to the next."""
        if tag not in self.tags:
            return
        at = self.offset(self.tags[tag])
        for _ in range(_ROWS):
            raw = self.at(at, row.size)
            if len(raw) < row.size:
                raise Malformed("its table of versions is cut off")
            fields = row.unpack(raw)
            yield at, fields
            if not fields[onward]:
                return
            at += fields[onward]

    def symbols_by_section(self) -> int:
        """Size in bytes of the symbol table, by its section header; 0 if there is none."""
        at, count = self._sections
        raw = self.at(at, count * _SECTION.size)
        for row in _SECTION.iter_unpack(raw[: len(raw) - len(raw) % _SECTION.size]):
            if row[1] == _DYNAMIC_SYMBOLS and row[3] == self.tags.get(SYMTAB):
                return int(row[5])
        return 0


def text_of(raw: bytes) -> str:
    """The text before the first zero byte."""
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def numbers_in(raw: bytes, kind: str = "I") -> array[int]:
    """Little-endian numbers of 32 bits (`I`) or 16 (`H`)."""
    table = array(kind)
    table.frombytes(raw[: len(raw) - len(raw) % table.itemsize])
    if sys.byteorder == "big":
        table.byteswap()
    return table

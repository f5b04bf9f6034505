"""Read one shared object's code without loading it: the CPU and GPUs it is for, and the libraries
that its data names. The parts that the dynamic loader reads are in `dynamic`.

This runs in a process of its own with limits, because the bytes are untrusted and a parser may have
bugs.
"""

from __future__ import annotations

import re
import struct
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from elftools.elf.elffile import ELFFile

FAT_MAGIC = 0xBA55ED50
_FAT_HEADER = struct.Struct("<IHHQ")
_FAT_ENTRY = struct.Struct("<HHIQIIHHI")
_PTX, _CUBIN = 1, 2
_FAT_SECTIONS = (".nv_fatbin", "__nv_relfatbin")
_ENTRIES = 200_000
_NAMES = 500
_FILE_NAME = 80
_NAMES_LIBRARY = re.compile(rb"lib[\w+.-]{1,60}\.so(?:\.\d{1,4}){0,4}\Z")
_CHUNK = 4 * 1024**2
_TEXT = 64 * 1024**2
"""Bytes of code that are searched for AVX at most."""
_LEAVES_AVX = b"\xc5\xf8\x77"
"""`vzeroupper`, the instruction by which compiled code leaves AVX."""


@dataclass(kw_only=True)
class Elf:
    """What the code of a shared object shows. Lists are sorted and bounded."""

    machine: str = ""
    cubin: list[str] = field(default_factory=list)
    """Compute capabilities of ready GPU code, such as 6.1."""
    ptx: list[str] = field(default_factory=list)
    """Compute capabilities of PTX, which the driver compiles."""
    avx_per_million: float = -1.0
    """How often its code leaves AVX, per million bytes; -1 if not examined."""
    opened: list[str] = field(default_factory=list)
    """File names of libraries in its data, which it may open at run time."""
    problem: str = ""
    """Why the other fields are incomplete; empty if they are complete."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def read_elf(stream: BinaryIO) -> Elf:
    """Read an ELF file as far as possible. Never raises."""
    found = Elf()
    try:
        _read(stream, found)
    except Exception as error:
        # On malformed headers, pyelftools raises many kinds of exceptions.
        found.problem = f"{type(error).__name__}: {error}"[:200]
    return found


def _read(stream: BinaryIO, found: Elf) -> None:
    elf: Any = ELFFile(stream)
    found.machine = str(elf.get_machine_arch())[:40]
    cubin: set[str] = set()
    ptx: set[str] = set()
    for name in _FAT_SECTIONS:
        section = elf.get_section_by_name(name)
        if section is not None:
            _read_fat(stream, section["sh_offset"], section["sh_size"], cubin, ptx)
    found.cubin, found.ptx = sorted(cubin), sorted(ptx)
    if found.machine == "x64":
        found.avx_per_million = _avx(stream, elf)
    found.opened = _opened(stream, elf)


def _opened(stream: BinaryIO, elf: Any) -> list[str]:
    """Names such as libcuda.so.1 that are whole strings in the object's read-only data."""
    section = elf.get_section_by_name(".rodata")
    if section is None:
        return []
    left = int(section["sh_size"])
    stream.seek(section["sh_offset"])
    found: set[str] = set()
    tail = b"\0"
    while left > 0 and (chunk := stream.read(min(left, _CHUNK))):
        left -= len(chunk)
        text = tail + chunk
        at = text.find(b".so")
        while at >= 0:
            start, end = text.rfind(b"\0", max(0, at - _FILE_NAME), at), text.find(b"\0", at)
            if start >= 0 and _NAMES_LIBRARY.match(
                name := text[start + 1 : end if end > 0 else at]
            ):
                found.add(name.decode("ascii"))
            at = text.find(b".so", at + 3)
        tail = text[-2 * _FILE_NAME :]
    return sorted(found)[:_NAMES]


def _read_fat(stream: BinaryIO, at: int, size: int, cubin: set[str], ptx: set[str]) -> None:
    """Add the capabilities of a fat binary's entries to `cubin` and `ptx`, by their headers.

    A fat binary is a header with magic and sizes, then entries, each of one kind and architecture.
    """
    end, entries = at + size, 0
    while at + _FAT_HEADER.size <= end and entries < _ENTRIES:
        stream.seek(at)
        magic, _, header, length = _FAT_HEADER.unpack(stream.read(_FAT_HEADER.size))
        if magic != FAT_MAGIC:
            at += 8  # padding between modules
            entries += 1
            continue
        inner, last = at + header, min(at + header + length, end)
        while inner + _FAT_ENTRY.size <= last and entries < _ENTRIES:
            entries += 1
            stream.seek(inner)
            entry = _FAT_ENTRY.unpack(stream.read(_FAT_ENTRY.size))
            kind, head, body, architecture = entry[0], entry[2], entry[3], entry[8]
            if kind in (_PTX, _CUBIN) and 10 <= architecture < 1000:
                (ptx if kind == _PTX else cubin).add(f"{architecture // 10}.{architecture % 10}")
            if head + body <= 0:
                return
            inner += head + body
        at = last if last > at else at + 8


def _avx(stream: BinaryIO, elf: Any) -> float:
    section = elf.get_section_by_name(".text")
    if section is None or not section["sh_size"]:
        return -1.0
    left = size = min(int(section["sh_size"]), _TEXT)
    stream.seek(section["sh_offset"])
    count, tail = 0, b""
    while left > 0:
        chunk = stream.read(min(left, _CHUNK))
        if not chunk:
            break
        count += (tail + chunk).count(_LEAVES_AVX)
        left -= len(chunk)
        tail = chunk[-2:]
    return round(count * 1e6 / size, 2)

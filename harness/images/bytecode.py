"""Whether a compiled module fits its source, told by its first bytes. Pure."""

from __future__ import annotations

import posixpath
import struct

from harness.images.file_tree import FileTree

_HEADER = 16
_PYTHON_2 = 50_000
"""Compiled modules of Python 2 begin with a greater number, those of 3 with a smaller one."""
_WITH_FLAGS = 3390
"""From here on (3.7) they say how they are held against their source."""


def misfit(path: str, head: bytes, tree: FileTree, listed: bool) -> str:
    """What is wrong with a compiled module; empty where it fits, or no Python takes it.

    `foreign`: it is loaded, and was made from another source. `alone`: it is loaded, has no source,
    and is in no list. `stale`: it was made from another source, and Python sees that and does not
    take it. `unread`: it is loaded whatever its source says, and its hash cannot be told here, or a
    link leads to its source, and not into this tree.
    """
    folder, name = posixpath.split(path)
    cached = posixpath.basename(folder) == "__pycache__"
    module = f"{posixpath.dirname(folder)}/{name.partition('.')[0]}.py"
    source = module if cached else path[:-1]
    file = tree.files.get(tree.real(source))
    if file is None and tree.real(source) != source:
        return "unread"  # A link leads to a source outside of what is read.
    if file is None:
        return "" if cached or listed else "alone"
    if len(head) < _HEADER or head[2:4] != b"\r\n":
        return ""  # Python does not take it either.
    (magic,) = struct.unpack("<H", head[:2])
    mtime, size = file.mtime & 0xFFFFFFFF, file.size & 0xFFFFFFFF
    if magic > _PYTHON_2:
        return "" if struct.unpack("<I", head[4:8])[0] == mtime else "stale"
    if not cached:
        return ""  # Python 3 takes the source.
    if magic < _WITH_FLAGS:
        return "" if struct.unpack("<II", head[4:12]) == (mtime, size) else "stale"
    (flags,) = struct.unpack("<I", head[4:8])
    if not flags & 1:
        return "" if struct.unpack("<II", head[8:16]) == (mtime, size) else "stale"
    if flags & 2:
        return ""  # Python looks at the source itself.
    if not file.source or FileTree.magic_of(path) != magic:
        return "unread"
    return "" if head[8:16] == file.source else "foreign"

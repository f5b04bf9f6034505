"""Check by its header whether a compiled Python module fits its source. Pure."""

from __future__ import annotations

import posixpath
import struct

from harness.images.file_tree import FileTree

_HEADER = 16
_PYTHON_2 = 50_000
"""Magic numbers of Python 2 are above this, those of Python 3 below."""
_WITH_FLAGS = 3390
"""From this magic number on (3.7), the header says how the module is checked against its source."""


def misfit(path: str, head: bytes, tree: FileTree, listed: bool) -> str:
    """What is wrong with a compiled module; empty if it fits, or if no Python would load it.

    `head` is its first 16 bytes; `listed` says whether an installer's list names it. The answers:

    - `foreign`: Python loads it, but it was made from another source.
    - `alone`: Python loads it, but it has no source and no installer lists it.
    - `stale`: it was made from another source, which Python notices and does not load it.
    - `unread`: Python loads it without comparing it with its source, and the hash of the source
      cannot be computed here; or its source is a link that leads out of the tree.
    """
    folder, name = posixpath.split(path)
    cached = posixpath.basename(folder) == "__pycache__"
    module = f"{posixpath.dirname(folder)}/{name.partition('.')[0]}.py"
    source = module if cached else path[:-1]
    file = tree.files.get(tree.real(source))
    if file is None and tree.real(source) != source:
        return "unread"  # The source is a link to a file outside of what is read.
    if file is None:
        return "" if cached or listed else "alone"
    if len(head) < _HEADER or head[2:4] != b"\r\n":
        return ""  # Python does not load it either.
    (magic,) = struct.unpack("<H", head[:2])
    mtime, size = file.mtime & 0xFFFFFFFF, file.size & 0xFFFFFFFF
    if magic > _PYTHON_2:
        return "" if struct.unpack("<I", head[4:8])[0] == mtime else "stale"
    if not cached:
        return ""  # Python 3 uses the source instead.
    if magic < _WITH_FLAGS:
        return "" if struct.unpack("<II", head[4:12]) == (mtime, size) else "stale"
    (flags,) = struct.unpack("<I", head[4:8])
    if not flags & 1:
        return "" if struct.unpack("<II", head[8:16]) == (mtime, size) else "stale"
    if flags & 2:
        return ""  # Python compares the source itself.
    if not file.source or FileTree.magic_of(path) != magic:
        return "unread"
    return "" if head[8:16] == file.source else "foreign"

"""Small trees of files as the tars that engines send, for tests of what is read out of them."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
from collections.abc import Mapping

from harness.images.file_checks import Told, facts_of
from harness.images.file_tree import Asked, FileTree
from harness.images.file_worker import keep

SITE = "usr/local/lib/python3.11/site-packages"
MTIME = 1_700_000_000
Files = Mapping[str, bytes | str]
"""Path -> content; a text is where a symbolic link leads."""


def wheel(
    name: str = "keras", version: str = "3.1.0", files: Mapping[str, bytes] | None = None
) -> dict[str, bytes | str]:
    """A distribution as pip installs it, with its RECORD."""
    brought = {f"{name}/__init__.py": b"x = 1\n"} if files is None else dict(files)
    info = f"{name}-{version}.dist-info"
    brought[f"{info}/METADATA"] = f"Name: {name}\nVersion: {version}\n\nhi\n".encode()
    brought[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nTag: py3-none-any\n"
    rows = [f"{path},sha256={_sum(content)},{len(content)}" for path, content in brought.items()]
    brought[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    return {f"{SITE}/{path}": content for path, content in brought.items()}


def _sum(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def python(content: bytes = b"\x7fELF python") -> dict[str, bytes | str]:
    """An interpreter with a standard library of one module."""
    return {
        "usr/local/bin/python3": "python3.11",
        "usr/local/bin/python3.11": content,
        "usr/local/lib/python3.11/os.py": b"import sys\n",
    }


def tar(files: Files) -> bytes:
    """The files as a tar, in the order of their names."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for path in sorted(files):
            content = files[path]
            entry = tarfile.TarInfo(path)
            entry.mtime = MTIME
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                archive.addfile(entry)
            else:
                entry.size, entry.mode = len(content), 0o755
                archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def told(files: Files, asked: Asked | None = None) -> dict[str, Told]:
    """The facts about a tree."""
    tree = FileTree()
    keep(io.BytesIO(tar(files)), tree)
    return dict(facts_of(tree, asked or Asked()))

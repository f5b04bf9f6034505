"""Check sums of compiled files: those that were recorded when they were installed, and their own.

Wheels list the SHA-256 of each file in RECORD, Debian packages the MD5 in `md5sums`. Both say what
was installed, not who did it: they show a file that was changed later, by accident or on purpose.
Part of the process that reads a layer, and pure.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

SYSTEM_SUMS = re.compile(r"^var/lib/dpkg/info/[^/]{1,200}\.md5sums$")
"""Files in which Debian packages list their sums."""
LONGEST = 150
"""Characters of a path in a list of installed files at most, so that lines stay bounded."""
MOST = 24_000
"""Files of one list that are kept at most."""
_PACKAGES = re.compile(r"(?:^|/)(?:site|dist)-packages/")
_COMPILED = re.compile(r"\.so(?:\.[\w.+-]{1,60})?$|(?:^|/)s?bin/python[\d.]{0,6}[dmu]{0,3}$")
_PIECE = 1024**2
_MD5 = re.compile(r"[0-9a-f]{32}")


def recorded(lines: Iterable[str]) -> list[tuple[str, int, str]]:
    """(path below its folder, size in bytes or -1, sum or "") of the modules in a RECORD."""
    found: list[tuple[str, int, str]] = []
    for line in lines:
        name, _, rest = line.partition(",")
        digest, _, size = rest.rpartition(",")
        compiled = ".so" in name.rpartition("/")[2]
        if not (compiled or name.endswith(".py")):
            continue
        if len(name) <= LONGEST and not name.startswith(("..", "/", '"')):
            number = int(size) if size.isdigit() and len(size) < 16 else -1
            found.append((name, number, _sha256(digest) if compiled else ""))
    return found[:MOST]


def of_packages(text: str) -> list[tuple[str, str]]:
    """(path, sum) of the compiled files in a Debian package's list."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        digest, _, path = line.partition("  ")
        if _MD5.fullmatch(digest) and len(path) <= LONGEST and _COMPILED.search(path):
            found.append((path, f"md5:{digest}"))
    return found[:MOST]


def summing(path: str) -> tuple[Callable[[bytes], None], Callable[[], str]]:
    """(a function that takes the content of a file, piece by piece, a function that returns its
    sum), with the algorithm of the list that would name this path."""
    if _PACKAGES.search(path):
        sha256 = hashlib.sha256()
        return sha256.update, lambda: f"sha256:{sha256.hexdigest()}"
    md5 = hashlib.md5(usedforsecurity=False)
    return md5.update, lambda: f"md5:{md5.hexdigest()}"


def sum_of_beginning(stream: BinaryIO, size: int, path: str) -> str:
    """The sum of the first `size` bytes of a file; see `summing`."""
    update, total = summing(path)
    stream.seek(0)
    while size > 0 and (piece := stream.read(min(size, _PIECE))):
        update(piece)
        size -= len(piece)
    return total()


def same_files(path: str) -> Iterator[str]:
    """The names under which a list may have a file: with and without the /usr of a system where
    /lib is a link to /usr/lib."""
    yield path
    yield path.removeprefix("usr/") if path.startswith("usr/") else f"usr/{path}"


def _sha256(told: str) -> str:
    """A sum of RECORD (`sha256=` and base64 without padding) in hexadecimal; empty for others."""
    name, _, value = told.partition("=")
    try:
        raw = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    except (binascii.Error, ValueError):
        return ""
    return f"sha256:{raw.hex()}" if name == "sha256" and len(raw) == 32 else ""

"""Finds a CPython prefix on this host (pyenv's or uv's), and packs it for use on a Debian root.

Tests, caches and everything in site-packages are left out: the cell's lock decides what is
installed.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from harness.errors import HarnessError
from harness.machine.interpreters import Interpreter, find_interpreters

_LEFT_OUT = re.compile(
    r"(^|/)(__pycache__|test|tests|idle_test|idlelib|turtledemo|site-packages|ensurepip/_bundled)(/|$)"
    r"|\.(a|pyc|pyo)$|^share/(man|doc)|^lib/python[^/]*/config-"
)
TARGET = "opt/python"


class PrefixUnavailable(HarnessError):
    """This host has no CPython of that version that can be copied."""


def find_prefix(python: str) -> Interpreter:
    """Return the newest copyable CPython of a major.minor version. Raises PrefixUnavailable."""
    found = [
        interpreter
        for interpreter in find_interpreters()
        if interpreter.minor == python and interpreter.origin in ("pyenv", "uv")
    ]
    if not found:
        raise PrefixUnavailable(
            f"no CPython {python} of pyenv or uv on this host",
            remedy=f"pyenv install {python}, or uv python install {python}",
        )
    return max(found, key=lambda each: each.order)


def pack_prefix(python: str, out: IO[bytes]) -> None:
    """Write a tar to `out` with the prefix at TARGET. Raises PrefixUnavailable."""
    interpreter = find_prefix(python)
    prefix = Path(interpreter.prefix)
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(_folder(TARGET))
        for path, name in _content(prefix):
            entry = archive.gettarinfo(path, arcname=f"{TARGET}/{name}")
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mode |= 0o555 if entry.isdir() or entry.mode & 0o100 else 0o444
            if entry.isreg():
                with path.open("rb") as source:
                    archive.addfile(entry, source)
            elif entry.isdir() or entry.issym():
                archive.addfile(entry)


def _folder(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    return entry


def _content(prefix: Path) -> Iterator[tuple[Path, str]]:
    for folder, folders, files in os.walk(prefix):
        here = Path(folder)
        kept = []
        for name in sorted(folders):
            relative = str((here / name).relative_to(prefix))
            if not _LEFT_OUT.search(relative):
                kept.append(name)
                yield here / name, relative
        folders[:] = [name for name in kept if not (here / name).is_symlink()]
        for name in sorted(files):
            relative = str((here / name).relative_to(prefix))
            if not _LEFT_OUT.search(relative):
                yield here / name, relative

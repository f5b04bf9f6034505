"""A process that reads an image's whole tree: a tar comes in, lines of JSON go out.

Nothing is extracted and nothing is run. Files that Python could load are hashed as they stream by.
At the end the facts are written, one on a line. Limits on memory and time are set before the first
byte is read.
"""

from __future__ import annotations

import _imp
import hashlib
import json
import re
import resource
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from harness.images.file_checks import Told, facts_of
from harness.images.file_tree import Asked, File, FileTree

MEMORY = 150 * 1024**2
CPU_S = 900
BYTES = 200 * 1024**3
MEMBERS = 2_000_000
_CHUNK = 1024**2
_NAME = 1024
_SMALL = 256 * 1024
_LIST = 8 * 1024**2
_HEADER = 16
_SOURCE = 4 * 1024**2
_RAW_MAGIC = 0x0A0D0000
"""The high half of a compiled module's first four bytes; the low half is the magic number."""
_LINKS = 100_000

_LOADED = re.compile(
    r"(?:^|/)lib(?:64)?/python\d[\d.]*/.|/(?:site|dist)-packages/.|(?:^|/)lib(?:64)?/libpython[^/]+$"
    r"|(?:^|/)lib/[^/]+-linux-[^/]+/libpython[^/]+$"
)
_PROGRAM = re.compile(r"(?:^|/)bin/(?:python|pypy)[\d.]*$")
_DEBIAN = re.compile(r"^usr/(?:bin/python|lib/python|lib/[^/]+/libpython)")
"""Files that a Debian package may have installed; such packages list MD5 sums."""
_TEXTS = re.compile(
    r"/(?:site|dist)-packages/(?:[^/]+\.(?:dist-info/(?:METADATA|WHEEL|INSTALLER)"
    r"|egg-info(?:/(?:PKG-INFO|top_level\.txt))?)|[^/]+\.pth)$"
    r"|(?:^|/)(?:site|user)customize(?:/__init__)?\.py$|/pyvenv\.cfg$"
    r"|/lib/python2\.\d/no-global-site-packages\.txt$"
)
_LISTS = re.compile(
    r"/(?:site|dist)-packages/[^/]+\.dist-info/RECORD$"
    r"|^/var/lib/dpkg/info/[^/]*python[^/]*\.md5sums$"
)
_VERSIONED = re.compile(
    r"/(?:site|dist)-packages/[^/]+/(?:src/)?(?:__init__|_?version|__version__)\.py$"
)
_STATED = re.compile(
    rb"^(?:__version__|VERSION)[ \t]*(?::[ \t]*\w+[ \t]*)?=[ \t]*"
    rb"['\"](v?\d[\w.+!-]{0,80})['\"]\s*(?:#|$)",
    re.MULTILINE,
)
PRELOAD = "etc/ld.so.preload"


class TooMuch(Exception):
    """The tar has more files or bytes than the limits allow."""


def main(asked: list[str]) -> None:
    """Read a tar from standard input, and write facts to standard output, the outcome last.

    `asked` is the interpreter, PATH and PYTHONPATH of the environment.
    """
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))
    source = cast("BinaryIO", sys.stdin.buffer)
    tree = FileTree()
    problem = ""
    found: list[tuple[str, Told]] = []
    try:
        keep(source, tree)
        interpreter, path, pythonpath = asked
        how = Asked(interpreter=interpreter, path=path, pythonpath=pythonpath)
        found = list(facts_of(tree, how))
    except (TooMuch, tarfile.TarError, EOFError, OSError, ValueError, RecursionError) as error:
        problem = f"{type(error).__name__}: {error}"[:200]
    except MemoryError:
        tree = FileTree()
        problem = f"it needs more than {MEMORY // 1024**2} MB of memory"
    for name, value in found:
        sys.stdout.write(json.dumps({"fact": name, "value": value}) + "\n")
    end = {"end": problem, "files": len(tree.files), "peak_kib": peak_kib()}
    sys.stdout.write(json.dumps(end) + "\n")
    sys.stdout.flush()
    while source.read(_CHUNK):  # read to the end, so that the sender does not block
        pass


def peak_kib() -> int:
    """The peak memory of this process in KiB.

    `getrusage` would give the parent process's peak instead, if that was higher.
    """
    with Path("/proc/self/status").open(encoding="ascii") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)


def keep(stream: BinaryIO, tree: FileTree) -> None:
    """Read a tar, and keep what matters in `tree`. Raises TooMuch, tarfile.TarError, OSError."""
    total = 0
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK, errorlevel=0) as tar:
        for count, member in enumerate(tar):
            total += max(0, member.size)
            if count > MEMBERS or total > BYTES:
                raise TooMuch(f"more than {MEMBERS} files or {BYTES} bytes")
            vars(tar)["members"] = []  # tarfile remembers every member otherwise
            path = _path(member.name)
            if path:
                _keep(tar, member, path, tree)


def _path(name: str) -> str:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or len(name) > _NAME or "\0" in name:
        return ""
    return "/".join(parts)


def _keep(tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, tree: FileTree) -> None:
    if member.issym():
        if len(tree.links) < _LINKS:
            tree.links[path] = member.linkname[:_NAME]
        return
    if member.islnk():
        _same_as(_path(member.linkname), path, tree)
        return
    if not member.isfile():
        return
    slashed = f"/{path}"
    if path.endswith(".pyc"):
        tree.headers[path] = b"".join(_content(tar, member, _HEADER))
    elif _TEXTS.search(slashed) or path == PRELOAD or _LISTS.search(slashed):
        limit = _LIST if _LISTS.search(slashed) else _SMALL
        _hashed(tar, member, path, tree, kept=limit)
    elif _LOADED.search(path) or _PROGRAM.search(path):
        _hashed(tar, member, path, tree)
    elif path.endswith(".py"):
        tree.packages.add(path.removesuffix(".py").removesuffix("/__init__"))


def _same_as(target: str, path: str, tree: FileTree) -> None:
    """Record a hard link: the same file as an earlier one, under another name."""
    for kept in (tree.files, tree.headers, tree.texts, tree.versions):
        of_any: dict[str, object] = cast("dict[str, object]", kept)
        if target in of_any:
            of_any[path] = of_any[target]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, limit: int = -1) -> Iterator[bytes]:
    stream = tar.extractfile(member)
    while stream is not None and (piece := stream.read(_CHUNK if limit < 0 else limit)):
        yield piece
        if limit >= 0:
            return


def _hashed(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, tree: FileTree, kept: int = 0
) -> None:
    digest = hashlib.sha256()
    md5 = hashlib.md5(usedforsecurity=False) if _DEBIAN.match(path) else None
    head = bytearray()
    magic = tree.magic_of(path) if path.endswith(".py") and member.size <= _SOURCE else 0
    wanted = kept or (_SMALL if _VERSIONED.search(path) else 0)
    wanted = _SOURCE if magic else wanted
    for piece in _content(tar, member):
        digest.update(piece)
        if md5 is not None:
            md5.update(piece)
        if len(head) < wanted:
            head += piece[: wanted - len(head)]
    if kept:
        tree.texts[path] = bytes(head[:kept])
    elif _VERSIONED.search(path) and (found := _STATED.search(bytes(head))):
        tree.versions[path] = found[1].decode("ascii", "replace")
    tree.files[path] = File(
        digest.digest(),
        member.size,
        int(member.mtime),
        md5.digest() if md5 else b"",
        _imp.source_hash(_RAW_MAGIC | magic, bytes(head)) if magic else b"",
    )

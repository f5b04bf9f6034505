"""Looks into one layer, in a process of its own: bytes of a tar come in, lines of JSON go out.

Nothing is extracted: names are told; a few small files and shared objects are read, one at a time,
a shared object through a temporary file that has no name. The limits are set before the first byte.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import re
import resource
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any, BinaryIO, cast

from harness.images.accounts import (
    DISTRIBUTION,
    LISTED,
    SMALL,
    account_of,
    listed,
    package_files,
    stated_version,
)
from harness.images.dpkg_status import installed
from harness.images.loader_files import CACHE, CONFIGURATION, PRELOADED

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MEMORY = 768 * 1024**2
CPU_S = 900
FILE = 3 * 1024**3
UNPACKED = 40 * 1024**3
"""Bytes of one layer."""
RATIO = 100
"""Unpacked bytes per byte that came in, beyond the first RATIO_FREE."""
RATIO_FREE = 256 * 1024**2
MEMBERS = 1_000_000
TOLD = 200_000
"""Lines that go out."""
_NAME = 1024
_PATH = 150
"""Characters of a path in a list of installed files: a line that goes out stays bounded."""
_STATUS = 8 * 1024**2
_LARGE = FILE
MODULES = 100_000
"""Modules of one layer that are told; where there are more, none is missed."""
_RECORDED = 24_000
"""Files of one distribution that are told."""
_CHUNK = 1024**2
_WINDOW_LOG = 27
"""Memory that unpacking may ask for: 2 to this power, as much as zstd itself takes unasked."""

_LIBRARY = re.compile(r"(?:^|/)(?:lib[^/]{1,200}|ld-[^/]{1,60})\.so(?:\.[^/]{1,60})?$")
_RECORD = re.compile(r"/(?:site|dist)-packages/([^/]{1,200})\.dist-info/RECORD$")
_MODULE = re.compile(r"/(?:site|dist)-packages/.{1,600}(?:\.py|\.so(?:\.[\w.]{1,40})?)$")
"""Files that an import may load."""
_CONDA = re.compile(r"(?:^|/)conda-meta/([^/]{1,200})\.json$")
_PYTHON = re.compile(r"(?:^|/)bin/python(?:\d(?:\.\d{1,2})?)?$")
_PROGRAM = re.compile(r"(?:^|/)bin/python[\d.]{0,6}[dmu]{0,3}$")
"""Where the program itself may lie that a Python's name leads to."""
_SYSTEM = {"etc/os-release", "usr/lib/os-release", "etc/centos-release", "etc/debian_version"}
_PACKAGES = re.compile(r"^var/lib/dpkg/(?:status|status\.d/[^/]{1,100})$")
_OBJECT = re.compile(r"^/(?!etc/).*\.so(?:\.[\w.+-]{1,60})?$")
_LOADER = {CONFIGURATION, PRELOADED}
_LOADER_PARTS = re.compile(r"^etc/ld\.so\.conf\.d/[^/]{1,200}$")
_NO_LIBRARIES = re.compile(
    r"^(?:usr/share/|usr/src/|usr/include/|etc/(?!alternatives/)|var/(?!lib/)|proc/|sys/|dev/)"
)
"""Where links lead to no library."""
_IN_MEMORY = 8 * 1024**2


Lines = Callable[[BinaryIO], Iterator[dict[str, object]]]


class Bomb(Exception):
    """More comes out than may."""


class Counted(io.RawIOBase):
    """Counts what was read, so that a ratio can be told."""

    def __init__(self, inner: BinaryIO) -> None:
        self.inner, self.count = inner, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.inner.read(len(buffer))
        buffer[: len(data)] = data
        self.count += len(data)
        return len(data)


class Bounded:
    """The unpacked stream: bounded in size and ratio, hashed where that is asked for."""

    def __init__(self, inner: BinaryIO, source: Counted, *, hashed: bool = True) -> None:
        self.inner, self.source = inner, source
        self.count, self.digest = 0, hashlib.sha256() if hashed else None

    def read(self, size: int = -1) -> bytes:
        data = self.inner.read(min(size, _CHUNK) if size >= 0 else _CHUNK)
        self.count += len(data)
        if self.digest is not None:
            self.digest.update(data)
        if self.count > UNPACKED or self.count > RATIO_FREE + RATIO * max(1, self.source.count):
            raise Bomb(f"{self.count} bytes out of {self.source.count}")
        return data


def main(modules: list[str], *, hashed: bool = True) -> None:
    """Read a layer from standard input; tell of it on standard output."""
    tell_of(lambda stream: look(stream, modules), hashed=hashed)


def tell_of(told_of: Lines, *, hashed: bool) -> None:
    """Tell what `told_of` finds in the layer on standard input, a line each, and at last how it
    ended. `hashed`: with the digest of its unpacked content."""
    limit()
    out = sys.stdout
    source = Counted(cast("BinaryIO", sys.stdin.buffer))
    told = 0
    end: dict[str, object] = {"kind": "end", "problem": ""}
    stream = None
    try:
        stream = Bounded(_unpacked(io.BufferedReader(source, _CHUNK)), source, hashed=hashed)
        for entry in told_of(cast("BinaryIO", stream)):
            told += 1
            if told > TOLD:
                raise Bomb(f"more than {TOLD} names worth telling")
            out.write(json.dumps(entry) + "\n")
        while stream.read(_CHUNK):
            pass
    except Bomb as error:
        end["problem"] = f"bomb: {error}"
    except (tarfile.TarError, zstd.ZstdError, EOFError, OSError, ValueError, MemoryError) as error:
        end["problem"] = f"{type(error).__name__}: {error}"[:200]
        # Its digest is of the whole layer, whatever could be made of it.
        with suppress(Bomb, zstd.ZstdError, EOFError, OSError, ValueError, MemoryError):
            while stream is not None and stream.read(_CHUNK):
                pass
    if stream is not None:
        end["bytes"] = stream.count
        if stream.digest is not None:
            end["digest"] = f"sha256:{stream.digest.hexdigest()}"
    out.write(json.dumps(end) + "\n")
    out.flush()
    while source.read(_CHUNK):  # whoever sends must not be left hanging
        pass


def limit() -> None:
    """Memory, time, size of files; no other process, no core."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (most, most))


def _unpacked(stream: io.BufferedReader) -> BinaryIO:
    magic = stream.peek(6)[:6]
    if magic[:2] == b"\x1f\x8b":
        return cast("BinaryIO", gzip.GzipFile(fileobj=stream))
    if magic[:4] == b"\x28\xb5\x2f\xfd":
        bounds: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG}
        return cast("BinaryIO", zstd.ZstdFile(stream, options=bounds))
    return cast("BinaryIO", stream)


def look(stream: BinaryIO, modules: list[str]) -> Iterator[dict[str, object]]:
    """What a tar holds that matters: whiteouts, distributions, Pythons, libraries, shared objects
    (those of the framework's `modules` with their code), links, the system's name."""
    either = "|".join(map(re.escape, modules)) or "$"
    # Some builds (conda's) keep the framework's libraries beside those of the system.
    inside = re.compile(
        rf"/(?:site|dist)-packages/(?:{either})[^/]{{0,40}}/.{{0,400}}\.so(?:\.[\w.]{{1,40}})?$"
        rf"|/lib(?:{either})[\w.-]{{0,60}}\.so(?:\.[\w.]{{1,40}})?$"
    )
    files = package_files(tuple(modules))
    told = 0
    # A block of 512 bytes at a time would be slow; 1 MiB is what tarfile skips by.
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK, errorlevel=0) as tar:
        for count, member in enumerate(tar):
            if count > MEMBERS:
                raise Bomb(f"more than {MEMBERS} members")
            vars(tar)["members"] = []  # tarfile remembers every member otherwise
            path = _path(member.name)
            entries = _tell(tar, member, path, inside) if path else ()
            for entry in chain(entries, _stated(tar, member, path, files)):
                told += entry["kind"] == "module"
                if told <= MODULES or entry["kind"] != "module":
                    yield entry
    if told > MODULES:
        yield {"kind": "unlisted"}


def _path(name: str) -> str:
    """The path inside the image; empty for one that leaves it, or is too long."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or len(name) > _NAME or "\0" in name:
        return ""
    return "/".join(parts)


def _tell(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, inside: re.Pattern[str]
) -> Iterator[dict[str, object]]:
    folder, _, name = path.rpartition("/")
    if name.startswith(".wh."):
        gone = folder if name == ".wh..wh..opq" else f"{folder}/{name[4:]}".lstrip("/")
        yield {"kind": "opaque" if name == ".wh..wh..opq" else "gone", "path": gone}
        return
    slashed = f"/{path}"
    if found := DISTRIBUTION.search(slashed):
        told = account_of(_text(tar, member, SMALL)) if member.isfile() else {}
        yield {"kind": "distribution", "path": path, "name": found[1], **told}
    elif LISTED.search(slashed) and member.isfile():
        yield {"kind": "listed", "path": path, "lines": listed(_text(tar, member, SMALL))}
    elif (found := _RECORD.search(slashed)) and member.isfile():
        yield {"kind": "record", "path": path, "name": found[1], "files": _recorded(tar, member)}
    elif found := _CONDA.search(path):
        yield {"kind": "conda", "path": path, "name": found[1]}
    elif _PYTHON.search(path):
        executable = member.isfile() and bool(member.mode & 0o111)
        if executable or member.issym() or member.islnk():
            yield {"kind": "python", "path": path, "link": _link(member, folder)}
        else:
            # It hides a program of a lower layer, and is none itself.
            yield {"kind": "replaced", "path": path}
    elif path == CACHE and member.isfile():
        raw = base64.b64encode(_bytes(tar, member, _STATUS)).decode("ascii")
        yield {"kind": "loader", "path": path, "base64": raw}
    elif (path in _LOADER or _LOADER_PARTS.match(path)) and member.isfile():
        yield {"kind": "loader", "path": path, "text": _text(tar, member, SMALL)}
    elif path in _SYSTEM and member.isfile():
        yield {"kind": "text", "path": path, "text": _text(tar, member, SMALL)}
    elif _PACKAGES.match(path) and member.isfile():
        yield {"kind": "packages", "path": path, "names": installed(_text(tar, member, _STATUS))}
    if _MODULE.search(slashed) and not member.isdir():
        yield {"kind": "module", "path": path, "size": member.size if member.isfile() else -1}
    library = _LIBRARY.search(path) is not None
    if library:
        yield {"kind": "library", "path": path, "link": _link(member, folder)}
    if member.issym() and not _NO_LIBRARIES.match(path):
        yield {"kind": "link", "path": path, "to": member.linkname[:_NAME]}
    elif member.islnk() and (_OBJECT.search(slashed) or _PROGRAM.search(path)):
        yield {"kind": "link", "path": path, "to": f"/{_path(member.linkname)}"}
    started = _PROGRAM.search(path) is not None and bool(member.mode & 0o111)
    if member.isfile() and (_OBJECT.search(slashed) or started):
        yield _object(tar, member, path, ours=inside.search(slashed) is not None)


def _stated(
    tar: tarfile.TarFile,
    member: tarfile.TarInfo,
    path: str,
    files: tuple[re.Pattern[str], re.Pattern[str]],
) -> Iterator[dict[str, object]]:
    """First modules of the framework's packages, and what their own files state of the release."""
    first, stating = files
    if not path or not member.isfile():
        return
    if found := first.search(path):
        yield {"kind": "start", "path": path, "name": found["package"]}
    states = stating.search(path) is not None and 0 < member.size <= SMALL
    if states and (version := stated_version(_text(tar, member, SMALL))):
        yield {"kind": "version", "path": path, "version": version}


def _link(member: tarfile.TarInfo, folder: str) -> str:
    """Where a link leads, inside the image; empty for a file, `-` for what leads nowhere."""
    if not (member.issym() or member.islnk()):
        return ""
    target = member.linkname
    if member.issym() and not target.startswith("/"):
        target = f"{folder}/{target}"
    parts: list[str] = []
    for part in target.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)[:_NAME] or "-"


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo, limit: int) -> str:
    return _bytes(tar, member, limit).decode("utf-8", "replace")


def _bytes(tar: tarfile.TarFile, member: tarfile.TarInfo, limit: int) -> bytes:
    stream = tar.extractfile(member)
    return stream.read(limit) if stream else b""


def _recorded(tar: tarfile.TarFile, member: tarfile.TarInfo) -> list[tuple[str, int]]:
    """(path below its folder, bytes or -1) of the modules that a distribution says it installed."""
    found: list[tuple[str, int]] = []
    lines = _text(tar, member, _STATUS).splitlines()
    for line in lines[:-1] if member.size > _STATUS else lines:  # the last may be cut off
        name, _, rest = line.partition(",")
        told = rest.rpartition(",")[2]
        loaded = name.endswith(".py") or ".so" in name.rpartition("/")[2]
        if loaded and len(name) <= _PATH and not name.startswith(("..", "/", '"')):
            found.append((name, int(told) if told.isdigit() and len(told) < 16 else -1))
    return found[:_RECORDED]


def _object(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, *, ours: bool
) -> dict[str, object]:
    """A shared object or program. Its parsers need to seek: a large one goes through a temporary
    file without a name."""
    from harness.images.dynamic import read_dynamic

    told: dict[str, object] = {"kind": "object", "path": path, "ours": ours, "size": member.size}
    stream = tar.extractfile(member)
    if stream is None or member.size > _LARGE:
        return told | {"problem": "it is too large" if stream else "no content"}
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        while chunk := stream.read(_CHUNK):
            copy.write(chunk)
        copy.seek(0)
        seen = cast("BinaryIO", copy)
        dynamic = read_dynamic(seen).as_dict()
        if not ours:
            return told | dynamic
        from harness.images.elf import read_elf

        copy.seek(0)
        code = read_elf(seen).as_dict()
    problem = dynamic["problem"] or code["problem"]
    return told | dynamic | code | {"problem": problem}

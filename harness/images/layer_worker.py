"""A process that reads one layer: the bytes of a tar come in, lines of JSON go out.

Nothing is extracted: names are reported, and a few small files and shared objects are read, the
latter through a nameless temporary file. Memory and time are limited before the first byte is read.
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
from harness.images.sums import SYSTEM_SUMS, of_packages, recorded, sum_of_beginning, summing

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MEMORY = 768 * 1024**2
CPU_S = 900
FILE = 3 * 1024**3
UNPACKED = 40 * 1024**3
"""Unpacked bytes of one layer at most."""
RATIO = 100
"""Unpacked bytes per compressed byte at most, beyond the first RATIO_FREE bytes."""
RATIO_FREE = 256 * 1024**2
MEMBERS = 1_000_000
TOLD = 200_000
"""Lines that are written at most."""
_NAME = 1024
_STATUS = 8 * 1024**2
_LARGE = FILE
MODULES = 100_000
"""Modules of one layer that are reported at most; if there are more, none counts as missing."""
_CHUNK = 1024**2
_WINDOW_LOG = 27
"""Memory that unpacking may use: 2 to this power bytes, which is zstd's own default limit."""

_LIBRARY = re.compile(r"(?:^|/)(?:lib[^/]{1,200}|ld-[^/]{1,60})\.so(?:\.[^/]{1,60})?$")
_RECORD = re.compile(r"/(?:site|dist)-packages/([^/]{1,200})\.dist-info/RECORD$")
_MODULE = re.compile(r"/(?:site|dist)-packages/.{1,600}(?:\.py|\.so(?:\.[\w.]{1,40})?)$")
"""Files that an import may load."""
_CONDA = re.compile(r"(?:^|/)conda-meta/([^/]{1,200})\.json$")
_PYTHON = re.compile(r"(?:^|/)bin/python(?:\d(?:\.\d{1,2})?)?$")
_PROGRAM = re.compile(r"(?:^|/)bin/python[\d.]{0,6}[dmu]{0,3}$")
"""Names of Python programs, including those that other names link to."""
_SYSTEM = {"etc/os-release", "usr/lib/os-release", "etc/centos-release", "etc/debian_version"}
_PACKAGES = re.compile(r"^var/lib/dpkg/(?:status|status\.d/[^/]{1,100})$")
_OBJECT = re.compile(r"^/(?!etc/).*\.so(?:\.[\w.+-]{1,60})?$")
_LOADER = {CONFIGURATION, PRELOADED}
_LOADER_PARTS = re.compile(r"^etc/ld\.so\.conf\.d/[^/]{1,200}$")
_NO_LIBRARIES = re.compile(
    r"^(?:usr/share/|usr/src/|usr/include/|etc/(?!alternatives/)|var/(?!lib/)|proc/|sys/|dev/)"
)
"""Folders whose links lead to no libraries."""
_IN_MEMORY = 8 * 1024**2


Lines = Callable[[BinaryIO], Iterator[dict[str, object]]]


class Bomb(Exception):
    """A layer unpacks to more than the limits allow."""


class Counted(io.RawIOBase):
    """A stream that counts the bytes read from it, so that a ratio can be computed."""

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
    """The unpacked stream, bounded in size and ratio, and hashed if `hashed`."""

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
    """Read a layer from standard input, and write what it holds to standard output."""
    tell_of(lambda stream: look(stream, modules), hashed=hashed)


def tell_of(told_of: Lines, *, hashed: bool) -> None:
    """Write what `told_of` finds in the layer on standard input, a line each, the outcome last;
    with `hashed`, the outcome includes the digest of the unpacked content."""
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
        # The digest covers the whole layer, even the part that could not be parsed.
        with suppress(Bomb, zstd.ZstdError, EOFError, OSError, ValueError, MemoryError):
            while stream is not None and stream.read(_CHUNK):
                pass
    if stream is not None:
        end["bytes"] = stream.count
        if stream.digest is not None:
            end["digest"] = f"sha256:{stream.digest.hexdigest()}"
    out.write(json.dumps(end) + "\n")
    out.flush()
    while source.read(_CHUNK):  # read to the end, so that the sender does not block
        pass


def limit() -> None:
    """Limit this process: memory, time, size and number of files, and no core dump."""
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
    """Yield what matters in a tar: whiteouts, distributions, Pythons, libraries, shared objects
    (with their code for those in the framework's folders `modules`), links, the system's name."""
    either = "|".join(map(re.escape, modules)) or "$"
    # Some builds (conda's) keep the framework's libraries beside those of the system.
    inside = re.compile(
        rf"/(?:site|dist)-packages/(?:{either})[^/]{{0,40}}/.{{0,400}}\.so(?:\.[\w.]{{1,40}})?$"
        rf"|/lib(?:{either})[\w.-]{{0,60}}\.so(?:\.[\w.]{{1,40}})?$"
    )
    files = package_files(tuple(modules))
    told = 0
    # Reading blocks of 512 bytes would be slow; tarfile skips content in steps of this size.
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
    """The path inside the image; empty if it leads out of the image or is too long."""
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
            # It is no program, but hides one in a lower layer.
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
    elif SYSTEM_SUMS.match(path) and member.isfile():
        yield {"kind": "sums", "path": path, "files": of_packages(_text(tar, member, _STATUS))}
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
    """Yield the first modules of the framework's packages, and the versions their files state."""
    first, stating = files
    if not path or not member.isfile():
        return
    if found := first.search(path):
        yield {"kind": "start", "path": path, "name": found["package"]}
    states = stating.search(path) is not None and 0 < member.size <= SMALL
    if states and (version := stated_version(_text(tar, member, SMALL))):
        yield {"kind": "version", "path": path, "version": version}


def _link(member: tarfile.TarInfo, folder: str) -> str:
    """The path inside the image that a link leads to; empty for a file, `-` for an empty target."""
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


def _recorded(tar: tarfile.TarFile, member: tarfile.TarInfo) -> list[tuple[str, int, str]]:
    lines = _text(tar, member, _STATUS).splitlines()
    return recorded(lines[:-1] if member.size > _STATUS else lines)  # the last may be cut off


def _object(
    tar: tarfile.TarFile, member: tarfile.TarInfo, path: str, *, ours: bool
) -> dict[str, object]:
    """Describe a shared object or program. The parsers need to seek, so a large one is copied to a
    temporary file without a name."""
    from harness.images.dynamic import read_dynamic

    told: dict[str, object] = {"kind": "object", "path": path, "ours": ours, "size": member.size}
    stream = tar.extractfile(member)
    if stream is None or member.size > _LARGE:
        return told | {"problem": "it is too large" if stream else "no content"}
    update, own_sum = summing(path)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as copy:
        while chunk := stream.read(_CHUNK):
            copy.write(chunk)
            update(chunk)
        told["sum"] = own_sum()
        copy.seek(0)
        seen = cast("BinaryIO", copy)
        dynamic = read_dynamic(seen).as_dict()
        if 0 < (end := cast("int", dynamic["end"])) < member.size:
            told["own_sum"] = sum_of_beginning(seen, end, path)
        if not ours:
            return told | dynamic
        from harness.images.elf import read_elf

        copy.seek(0)
        code = read_elf(seen).as_dict()
    problem = dynamic["problem"] or code["problem"]
    return told | dynamic | code | {"problem": problem}

"""The context of a build: a folder of this host as one tar; equal files give equal bytes.

Entries are sorted, times are fixed, owners are root, modes are those that git keeps (executable or
not), and symbolic links stay links and are never followed. The recipe's digest covers this tar. A
builder gets the same tar with two more files at its end: the resolved Dockerfile, and an ignore
file that keeps these two out of the image.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from harness.errors import UsageError
from harness.text import clean_line, in_gb

if TYPE_CHECKING:
    from e2b_dockerfile_utils import PatternMatcher

MAX_BYTES = 1024**3
"""Size of all files of a context at most; a larger context is refused."""
MAX_FILES = 200_000
IGNORE = ".dockerignore"
_EPOCH = 1_500_000_000
"""The time of every entry. It is not 0, because some programs take a file from 1970 for broken."""
_IGNORE_BYTES = 1024**2
_PIECE = 1024**2


@dataclass(frozen=True, kw_only=True, slots=True)
class ContextEntry:
    """A file, folder or link of a context."""

    name: str
    """Path below the context's folder, with slashes."""
    path: Path
    kind: str
    """file, folder or link."""
    size: int = 0
    executable: bool = False
    target: str = ""
    """Of a link: its target as written."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """The part of a folder that a builder gets."""

    folder: Path
    ignore: Path | None
    """The ignore file that was read; None if there is none."""
    entries: tuple[ContextEntry, ...]

    @property
    def size(self) -> int:
        """Size of all its files in bytes."""
        return sum(one.size for one in self.entries)

    @property
    def files(self) -> int:
        """The number of its files."""
        return sum(one.kind == "file" for one in self.entries)


def find_context(folder: Path, dockerfile: Path) -> Context:
    """The files of a folder without those that an ignore file excludes.

    The ignore file is `NAME.dockerignore` beside the Dockerfile, else `.dockerignore` in the
    folder. Raises UsageError if `folder` is no folder or too large, or contains something else than
    files, folders and links.
    """
    if not folder.is_dir():
        raise UsageError(
            f"the context {folder} is no folder of this host",
            remedy="contexts are local folders: `context:` names one, from the suite's folder",
        )
    ignore = _ignore_file(folder, dockerfile)
    matcher = _matcher(ignore) if ignore else None
    entries: list[ContextEntry] = []
    size = 0
    try:
        for entry in _entries(folder, "", matcher):
            entries.append(entry)
            size += entry.size
            if size > MAX_BYTES or len(entries) > MAX_FILES:
                _too_large(folder, entries, size)
    except OSError as error:
        raise UsageError(
            f"the context {folder} cannot be read: {error.filename}: {error.strerror}"
        ) from None
    entries.sort(key=lambda one: os.fsencode(one.name))
    return Context(folder=folder, ignore=ignore, entries=tuple(entries))


def write_tar(context: Context, out: IO[bytes]) -> str:
    """Write the tar without its end, so that more can be appended; returns the SHA-256 of what was
    written.

    Raises UsageError if a file changes meanwhile or cannot be read.
    """
    return _written(context, out.write)


def context_digest(context: Context) -> str:
    """The SHA-256 of the tar, without writing it. Raises UsageError as `write_tar`."""
    return _written(context, lambda _: None)


def _written(context: Context, write: Callable[[bytes], object]) -> str:
    digest = hashlib.sha256()

    def put(piece: bytes) -> None:
        digest.update(piece)
        write(piece)

    for entry in context.entries:
        _put(entry, put)
    return digest.hexdigest()


def write_beside(out: IO[bytes], name: str, dockerfile: bytes, kept: bytes | None) -> None:
    """Append the Dockerfile as `name` to a context's tar, with an ignore file that excludes it from
    the image, and end the tar.

    `kept` is the content of the context's own ignore file, which the new one begins with.
    """
    own = f"{name}\n" if kept is not None else f"{name}\n{IGNORE}\n"
    text = (kept.rstrip(b"\n") + b"\n" if kept else b"") + own.encode()
    for file, content in ((name, dockerfile), (IGNORE, text)):
        out.write(_header(file, tarfile.REGTYPE, 0o644, len(content)))
        out.write(content + bytes(-len(content) % tarfile.BLOCKSIZE))
    out.write(bytes(2 * tarfile.BLOCKSIZE))


def kept_ignore(context: Context) -> bytes | None:
    """The content of the ignore file, if it is itself a file of the context; else None."""
    found = [one for one in context.entries if one.name == IGNORE and one.kind == "file"]
    return found[0].path.read_bytes() if found else None


def _ignore_file(folder: Path, dockerfile: Path) -> Path | None:
    for path in (dockerfile.with_name(f"{dockerfile.name}{IGNORE}"), folder / IGNORE):
        if path.is_file():
            return path
    return None


def _matcher(path: Path) -> PatternMatcher:
    from e2b_dockerfile_utils import PatternMatcher

    with path.open("rb") as opened:
        data = opened.read(_IGNORE_BYTES + 1)
    if len(data) > _IGNORE_BYTES:
        raise UsageError(f"{path} is no ignore file: more than {_IGNORE_BYTES // 1024} KiB")
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}:{line}: this is not UTF-8") from None
    with warnings.catch_warnings():
        # Python's `re` warns of brackets like `[[]` that a later release may read differently. That
        # concerns the library, not the patterns of its caller.
        warnings.simplefilter("ignore", FutureWarning)
        for number, text in enumerate(lines, 1):
            try:
                PatternMatcher([text])
            except (ValueError, RecursionError) as error:
                raise UsageError(
                    f"{path}:{number}: `{clean_line(text, 100)}` is no pattern: {error}",
                    remedy="the patterns are those of .dockerignore files",
                ) from None
        return PatternMatcher(lines)


def _entries(folder: Path, below: str, matcher: PatternMatcher | None) -> Iterator[ContextEntry]:
    with os.scandir(folder) as found:
        listed = sorted(found, key=lambda one: os.fsencode(one.name))
    for one in listed:
        name = below + one.name
        path = Path(one.path)
        info = one.stat(follow_symlinks=False)
        left_out = matcher is not None and matcher.matches(name)
        if stat.S_ISDIR(info.st_mode):
            inside = matcher is not None and left_out and not matcher.may_match_under(name)
            below_it = () if inside else tuple(_entries(path, f"{name}/", matcher))
            # An excluded folder is kept if something below it is included again.
            if not left_out or below_it:
                yield ContextEntry(name=name, path=path, kind="folder")
            yield from below_it
        elif not left_out:
            yield _entry(name, path, info)


def _entry(name: str, path: Path, info: os.stat_result) -> ContextEntry:
    if stat.S_ISLNK(info.st_mode):
        target = os.readlink(path)  # noqa: PTH115 -- exactly as it is, a trailing slash too
        return ContextEntry(name=name, path=path, kind="link", target=target)
    if not stat.S_ISREG(info.st_mode):
        raise UsageError(
            f"{path} is no file, folder or link, and cannot be part of a context",
            remedy="remove it, or leave it out by a line in .dockerignore",
        )
    executable = bool(info.st_mode & stat.S_IXUSR)
    return ContextEntry(name=name, path=path, kind="file", size=info.st_size, executable=executable)


def _too_large(folder: Path, entries: list[ContextEntry], size: int) -> None:
    largest = sorted(entries, key=lambda one: -one.size)[:3]
    named = ", ".join(f"{clean_line(one.name, 80)} ({in_gb(one.size)})" for one in largest)
    raise UsageError(
        f"the context {folder} has more than 1 GiB or {MAX_FILES} files: "
        f"{in_gb(size)} so far, the largest are {named}",
        remedy=f"leave out what the image does not need by {IGNORE}, or name a smaller folder",
    )


def _header(name: str, kind: bytes, mode: int, size: int = 0, link: str = "") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.size, info.linkname = kind, mode, size, link
    info.mtime = _EPOCH
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _put(entry: ContextEntry, put: Callable[[bytes], None]) -> None:
    if entry.kind == "folder":
        put(_header(entry.name, tarfile.DIRTYPE, 0o755))
        return
    if entry.kind == "link":
        put(_header(entry.name, tarfile.SYMTYPE, 0o777, link=entry.target))
        return
    mode = 0o755 if entry.executable else 0o644
    put(_header(entry.name, tarfile.REGTYPE, mode, entry.size))
    left = entry.size
    try:
        with entry.path.open("rb") as opened:
            while left and (piece := opened.read(min(_PIECE, left))):
                put(piece)
                left -= len(piece)
            changed = left > 0 or bool(opened.read(1))
    except OSError as error:
        raise UsageError(f"{entry.path} cannot be read: {error.strerror}") from None
    if changed:
        raise UsageError(
            f"{entry.path} changed while it was read", remedy="try again when nothing writes there"
        )
    put(bytes(-entry.size % tarfile.BLOCKSIZE))

"""Writes files atomically: a reader sees all of the old content or all of the new."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from harness.errors import HarnessError, InfrastructureError, UsageError

_PREFIX, _SUFFIX = ".harness-", ".tmp"
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NAMED_WRONGLY = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EACCES,
    errno.EPERM,
    errno.ENAMETOOLONG,
    errno.ELOOP,
}


def atomic_write(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write `content` to `path`: a temporary file beside it, fsync, rename, fsync of the folder.

    A reader sees the old file or the new one, never a part, and so does whoever looks after a crash
    at any moment. Temporary files that killed writers left in the folder are removed. A symbolic
    link, a folder or a device at `path` is refused. UsageError if the path cannot be a file of
    ours; InfrastructureError if writing failed. Errors that `content` raises pass unchanged.
    """
    chunks = (content,) if isinstance(content, bytes) else content
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _refusal(path, error) from error
    try:
        _refuse_special(path, folder)
        _sweep(folder)
        _write_and_rename(path, folder, chunks)
    except OSError as error:
        raise _refusal(path, error) from error
    finally:
        os.close(folder)


def check_file(path: Path) -> None:
    """Raise UsageError if `atomic_write` could not write a file at `path`. Leaves no file."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _refused_before(path, error) from None
    try:
        _refuse_special(path, folder)
        name, descriptor = _temporary(folder)
        os.close(descriptor)
        _remove(name, folder)
    except OSError as error:
        raise _refused_before(path, error) from None
    finally:
        os.close(folder)


def check_folder(folder: Path) -> None:
    """Raise UsageError if files could not be written into `folder`.

    If the folder does not exist yet, its nearest existing parent is checked. Leaves no file.
    """
    there = folder.absolute()
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise UsageError(
            f"{folder} cannot be a folder: {there} is none", remedy="name another folder"
        )
    check_file(there / f"{_PREFIX}check")


def _refused_before(path: Path, error: OSError) -> UsageError:
    """Return a UsageError for any error: before anything has begun, even a full disk means that
    the wrong place was named."""
    refused = _refusal(path, error)
    return UsageError(refused.message, remedy=refused.remedy)


def sync_folder(folder: Path) -> None:
    """Ensure that names created in `folder` survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_special(path: Path, folder: int) -> None:
    try:
        mode = os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise UsageError(f"{path} is a symbolic link", remedy="name the file it points to")
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise UsageError(f"{path} is {kind}", remedy="name a file")


def _write_and_rename(path: Path, folder: int, chunks: Iterable[bytes]) -> None:
    name, descriptor = _temporary(folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            for chunk in chunks:
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
            os.rename(name, path.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        _remove(name, folder)
        raise
    os.fsync(folder)


def _temporary(folder: int) -> tuple[str, int]:
    """Create a file that stays locked as long as its writer lives; return its name and
    descriptor."""
    while True:
        name = f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        descriptor = os.open(name, _CREATE, 0o666, dir_fd=folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # Between its creation and the lock, a sweep may have removed it as a dead writer's.
            if os.fstat(descriptor).st_nlink:
                return name, descriptor
        except BaseException:
            os.close(descriptor)
            _remove(name, folder)
            raise
        os.close(descriptor)


def _sweep(folder: int) -> None:
    """Remove temporary files that nobody has locked: their writer is dead."""
    for name in os.listdir(folder):
        if not (name.startswith(_PREFIX) and name.endswith(_SUFFIX)):
            continue
        try:
            descriptor = os.open(
                name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
            )
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(name, folder)
        except OSError:
            continue
        finally:
            os.close(descriptor)


def _remove(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return


def _refusal(path: Path, error: OSError) -> HarnessError:
    message = f"{path} cannot be written: {error.strerror or error}"
    if error.errno in _NAMED_WRONGLY:
        return UsageError(message, remedy="name a file in a folder that exists and is yours")
    return InfrastructureError(message, remedy="free space on that disk, or name another place")

"""The folders of an interpreter of this host, as the stream that an image's files come in.

Nothing is run: the folders follow from where the interpreter lies, and from the links and the
`pyvenv.cfg` beside it.
"""

from __future__ import annotations

import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from threading import Event

_CHUNK = 1024**2
_MOST = 1_000_000
"""Files."""
_LINKS = 40


def packed(interpreter: str, stop: Event) -> Iterator[bytes]:
    """A tar of what the interpreter could load, in pieces; names are paths of this host."""
    reading, writing = os.pipe()
    thread = threading.Thread(target=_pack, args=(interpreter, writing, stop), daemon=True)
    thread.start()
    try:
        with os.fdopen(reading, "rb") as stream:
            while piece := stream.read(_CHUNK):
                yield piece
    finally:
        thread.join()


def _pack(interpreter: str, writing: int, stop: Event) -> None:
    try:
        with (
            os.fdopen(writing, "wb") as stream,
            tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            for count, path in enumerate(_paths(Path(interpreter))):
                if stop.is_set() or count > _MOST:
                    break
                try:
                    archive.add(path, arcname=str(path).lstrip("/"), recursive=False)
                except (FileNotFoundError, PermissionError):
                    continue  # It went away, or nobody but its owner may read it.
    except OSError:
        pass  # Who reads has ended, or a file shrank: what was read says that it is not all.


def _paths(interpreter: Path) -> Iterator[Path]:
    """The programs and their links, then the folders, each once."""
    chain = _chain(interpreter)
    yield from chain
    prefixes = dict.fromkeys(one.parent.parent for one in chain)
    folders: list[Path] = []
    for prefix in prefixes:
        yield from prefix.glob("pyvenv.cfg")
        for library in ("lib", "lib64"):
            if (prefix / library).is_symlink():
                yield prefix / library
                continue
            yield from (prefix / library).glob("libpython*.so*")
            folders += sorted((prefix / library).glob("python*"))
    if Path("/usr") in prefixes:
        folders += sorted(Path("/usr/local/lib").glob("python*"))
        yield from Path("/etc").glob("python*/sitecustomize.py")
        yield from Path("/var/lib/dpkg/info").glob("*python*.md5sums")
    preload = Path("/etc/ld.so.preload")
    if preload.is_file():
        yield preload
    folders += [Path(one) for one in os.environ.get("PYTHONPATH", "").split(":") if one[:1] == "/"]
    seen: set[Path] = set()
    for folder in folders:
        if folder.is_symlink() or not folder.is_dir():
            yield folder
        else:
            yield from _walked(folder, seen)


def _chain(interpreter: Path) -> list[Path]:
    """The interpreter and what its links lead to, one by one."""
    found = [interpreter.absolute()]
    while found[-1].is_symlink() and len(found) < _LINKS:
        found.append(Path(os.path.normpath(found[-1].parent / found[-1].readlink())))
    real = found[0].resolve()
    return found if real in found else [*found, real]


def _walked(folder: Path, seen: set[Path]) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        place = Path(root)
        if place in seen:
            folders.clear()
            continue
        seen.add(place)
        folders.sort()
        yield from (place / one for one in folders if (place / one).is_symlink())
        yield from (place / one for one in sorted(files))

"""Packs the folders of an interpreter of this host into a tar stream, as for an image.

Nothing is run: the folders are derived from the interpreter's path, its symbolic links and the
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
"""Most files that are packed."""
_LINKS = 40


def packed(interpreter: str, stop: Event) -> Iterator[bytes]:
    """Yield, in pieces, a tar of what the interpreter could load; names are paths of this host."""
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
                    continue  # The file has gone, or only its owner may read it.
    except OSError:
        pass  # The reader has ended, or a file shrank: the reader notices an incomplete archive.


def _paths(interpreter: Path) -> Iterator[Path]:
    """Yield the program and its links, then the contents of the folders, each once."""
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
    """Return the interpreter and, link by link, what it points to."""
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

"""Temporary folders with an owner, so that the next run can remove what a killed one left."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_OWNER = "owner"


def _root() -> Path:
    return Path(tempfile.gettempdir()) / f"harness-{os.getuid()}"


@contextmanager
def work_folder(owner: str, kind: str) -> Iterator[Path]:
    """Make a folder that exists until the end of `with`. Other users can read it, which package
    tools need."""
    root = _root()
    root.mkdir(mode=0o755, exist_ok=True)
    if root.is_symlink() or root.stat().st_uid != os.getuid():
        raise PermissionError(f"{root} belongs to another user")
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=root))
    try:
        folder.chmod(0o755)
        (folder / _OWNER).write_text(owner, encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def dead_folders(alive: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the names of the folders whose owner is dead."""
    return tuple(f"folder {folder.name}" for folder in _dead(alive))


def sweep_folders(alive: Callable[[str], bool]) -> tuple[str, ...]:
    """Remove the folders whose owner is dead; return their names."""
    removed = []
    for folder in _dead(alive):
        shutil.rmtree(folder, ignore_errors=True)
        removed.append(f"folder {folder.name}")
    return tuple(removed)


def _dead(alive: Callable[[str], bool]) -> Iterator[Path]:
    for folder in sorted(_root().glob("*-*")):
        try:
            owner = (folder / _OWNER).read_text(encoding="utf-8")
        except OSError:
            owner = ""
        if not owner or not alive(owner):
            yield folder

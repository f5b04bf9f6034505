"""`harness check --emit-cell`: the matrix row, Dockerfile and lock of a cell that works here,
written as a suite of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness import standard
from harness.check.emitted import suite_text
from harness.check.host import TargetHost
from harness.check.instead import Instead, instead_of
from harness.check.subject import Subject
from harness.commands.lock import LockRequest, lock
from harness.errors import UsageError
from harness.machine.files import atomic_write
from harness.model import Cell, Suite
from harness.recipes.lockfile import lock_path, render_lock
from harness.recipes.of_lock import DOCKERFILE, PROGRAMS, lock_of
from harness.suite.document import read_document
from harness.suite.matrix import FILE_NAME, load_suite


def emit_cell(
    subject: Subject, host: TargetHost, folder: Path | None, say: Callable[[str], object]
) -> tuple[Instead, Path]:
    """Write the suite into a new folder, named after the cell if `folder` is None.

    A cell without a lock is resolved and built first, which takes an engine and minutes. Raises
    UsageError, and whatever locking raises; then nothing is left behind.
    """
    path = standard.default_suite()
    suite = load_suite(path)
    found = instead_of(subject, host, suite, lambda cell: _locked(suite, cell))
    folder = folder or Path(found.cell.id)
    if folder.exists():
        raise UsageError(
            f"{folder} already exists and was not changed",
            remedy="move it, or run this in another folder",
        )
    tree = read_document(path.read_bytes(), str(path)).value
    assert isinstance(tree, dict), "it was loaded"
    said = f"Instead of {subject.reading.name}:\n{found.why}."
    files = {FILE_NAME: suite_text(tree, found.cell, said)}
    files |= {f"dockerfiles/{name}": standard.dockerfile(name) for name in (DOCKERFILE, *PROGRAMS)}
    if found.locked:
        own = lock_path(Path(), found.cell.id)
        files[str(own)] = render_lock(lock_of(suite, found.cell))
    try:
        for name, text in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(target, text.encode())
        if not found.locked:
            lock(LockRequest(suite=folder, cells=(found.cell.id,)), say)
    except BaseException:
        from shutil import rmtree

        rmtree(folder, ignore_errors=True)
        raise
    return found, folder


def _locked(suite: Suite, cell: Cell) -> bool:
    try:
        lock_of(suite, cell)
    except UsageError:
        return False
    return True

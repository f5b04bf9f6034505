"""The part of `harness lock` that needs no resolving: probes, data, bases, tags of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.machine.files import atomic_write
from harness.model import Cell, LockedBase, LockedImage, Suite, SuiteLock
from harness.recipes.suite_lock import render_suite_lock, suite_lock_path, with_entries
from harness.running.inputs import image_now, inputs_now
from harness.running.tags import by_tag


@dataclass(frozen=True, kw_only=True, slots=True)
class InputsAsked:
    """Which parts of a suite's lock are to be renewed."""

    cells: Sequence[Cell]
    """Cells whose image tags are renewed."""
    bases: Sequence[LockedBase] = ()
    """Bases that cells have just been built on."""
    whole: bool = False
    """Remove entries that the suite no longer has."""
    probes: bool = False
    """Renew probes and data, too."""
    engine: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputsLocked:
    """What was written."""

    path: Path
    lock: SuiteLock
    absent: tuple[str, ...]
    """What could not be determined, one line each."""

    @property
    def line(self) -> str:
        """What was written, for a person."""
        counts = (
            (len(self.lock.probes), "probes"),
            (len(self.lock.data), "data sets"),
            (len(self.lock.bases), "bases"),
            (len(self.lock.images), "images"),
        )
        return f"wrote {self.path}: " + ", ".join(f"{count} {what}" for count, what in counts)

    @property
    def tree(self) -> dict[str, object]:
        """The same for a program."""
        return {
            "written": str(self.path),
            "probes": len(self.lock.probes),
            "data": len(self.lock.data),
            "bases": [one.base for one in self.lock.bases],
            "images": [one.cell for one in self.lock.images],
            "absent": list(self.absent),
        }


def lock_inputs(suite: Suite, asked: InputsAsked, before: SuiteLock | None) -> InputsLocked:
    """Write the lock of the suite. Entries that cannot be determined stay as they were and are
    listed.

    Raises UsageError for invalid probes, InfrastructureError if the file cannot be written.
    """
    lock = before or SuiteLock()
    if asked.probes or before is None:
        now = inputs_now(suite)
        lock = replace(lock, probes=now.probes, data=now.data)
    found: list[LockedImage] = []
    absent: list[str] = []
    for cell in asked.cells:
        if not by_tag(cell):
            continue
        image, why = image_now(cell, asked.engine)
        if image is not None:
            found.append(image)
        else:
            absent.append(f"{cell.id}: the digest of {cell.image} could not be looked up: {why}")
    lock = _still_there(with_entries(lock, asked.bases, found), suite, whole=asked.whole)
    path = suite_lock_path(Path(suite.root))
    atomic_write(path, render_suite_lock(lock).encode())
    return InputsLocked(path=path, lock=lock, absent=tuple(absent))


def _still_there(lock: SuiteLock, suite: Suite, *, whole: bool) -> SuiteLock:
    """The lock without entries that the suite no longer has."""
    if not whole:
        return lock
    bases = {one.id for one in suite.bases}
    images = {(one.id, one.image) for one in suite.cells}
    return replace(
        lock,
        bases=tuple(one for one in lock.bases if one.base in bases),
        images=tuple(one for one in lock.images if (one.cell, one.image) in images),
    )

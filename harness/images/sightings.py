"""A memory of which images tags named: beside the store, one file per tag, one sighting per line.

A tag can move to another image at any time, and no registry tells what it named before. Lines that
cannot be read count as never seen. A failure to write is reported, but does not fail the check.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from harness.errors import HarnessError
from harness.images.reference import Reference
from harness.machine.files import atomic_write
from harness.machine.lease import lease
from harness.serial import UnreadableError, decode, encode

MOST = 64
"""Sightings of one tag at most. The oldest are dropped first, except the last one that worked."""
_TAGS = 2000
"""Files at most; those that were written longest ago are deleted first."""
_LINE = 16 * 1024
_FILE = MOST * _LINE
_LOCK = "lock"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """What a tag named over a period of consecutive checks, from the first to the last."""

    digest: str
    """What the tag named: an image, or an index of images."""
    image: str = ""
    """Digest of the image for `platform`; empty if there was none."""
    platform: str = ""
    first: str
    """Time of the first check: ISO 8601, UTC, to the second."""
    last: str
    """Time of the last check."""
    said: Mapping[str, str] = field(default_factory=dict)
    """What the image said of itself at the last check: framework, python, ..."""
    answer: str = ""
    """What `harness check` answered for this host; empty if it was asked for another host."""
    run: str = ""
    """The last run in which it reached the level it should; empty if none is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _SeenLine:
    """A line of a file. It repeats the tag's name, because files may be moved and digests of names
    may collide."""

    name: str
    seen: Sighting


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenTags:
    """The memory of tags. The constructor does no I/O."""

    folder: Path
    place: str = ""
    """Empty for tags in registries, else the name of the local engine."""

    def before(self, reference: Reference) -> tuple[Sighting, ...]:
        """The earlier sightings of the tag, oldest first."""
        return self._read(self._name(reference))

    def keep(self, reference: Reference, seen: Sighting) -> str:
        """Remember a sighting; returns why it could not be stored, empty if it was.

        If the digest is the same as last time, the last sighting is extended.
        """
        name = self._name(reference)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # Names of private images must not be readable by other users.
            self.folder.chmod(0o700)
            with lease(self.folder / _LOCK, alone=True):
                rows = _with(self._read(name), seen)
                lines = (encode(_SeenLine(name=name, seen=one)) + b"\n" for one in rows)
                atomic_write(self._path(name), b"".join(lines))
                self._prune()
        except (OSError, HarnessError) as error:
            return str(error)
        return ""

    def _name(self, reference: Reference) -> str:
        return f"{self.place} {reference}".strip()

    def _path(self, name: str) -> Path:
        return self.folder / sha256(name.encode()).hexdigest()

    def _read(self, name: str) -> tuple[Sighting, ...]:
        """The sightings from every intact line; damaged lines are skipped."""
        try:
            with self._path(name).open("rb") as stream:
                raw = stream.read(_FILE)
        except OSError:
            return ()
        found = []
        for line in raw.splitlines()[-MOST:]:
            with suppress(UnreadableError, RecursionError):
                row = decode(_SeenLine, line) if len(line) <= _LINE else None
                if row is not None and row.name == name:
                    found.append(row.seen)
        return tuple(found)

    def _prune(self) -> None:
        with os.scandir(self.folder) as entries:
            files = [one for one in entries if one.is_file() and one.name != _LOCK]
            aged = sorted((one.stat().st_mtime, one.path) for one in files)
        for _, path in aged[: max(0, len(aged) - _TAGS)]:
            with suppress(OSError):
                Path(path).unlink()


def _with(rows: tuple[Sighting, ...], seen: Sighting) -> tuple[Sighting, ...]:
    """The sightings with one more, bounded."""
    if rows and rows[-1].digest == seen.digest:
        last = rows[-1]
        seen = replace(
            seen,
            first=last.first,
            last=max(last.last, seen.last),
            # What an earlier, deeper check found is still true of the same image.
            said={**last.said, **seen.said},
            answer=seen.answer or last.answer,
            run=seen.run or last.run,
        )
        rows = rows[:-1]
    kept = (*rows, seen)[-MOST:]
    gone = (*rows, seen)[:-MOST]
    worked = [one for one in gone if one.run][-1:]
    return (*worked, *kept[1:]) if worked and not any(one.run for one in kept) else kept

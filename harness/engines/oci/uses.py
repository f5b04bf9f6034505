"""Keeps track of which images are needed, and when each was last needed, in files of the cache that
all runs share.

A process that needs images keeps their names in a file of its own, which counts only while the
process lives. When an image was last needed is the modification time of an empty file of its name.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from secrets import token_hex
from urllib.parse import quote

from harness.errors import InfrastructureError
from harness.machine.lease import lease
from harness.machine.owner import owner_alive


class Uses:
    """The images that this process holds, and those that others hold. The constructor does no
    I/O."""

    def __init__(self, cache: Path, owner: str) -> None:
        self._held = cache / "images" / "held"
        self._last = cache / "images" / "last-used"
        self._turn = cache / "locks" / "images-in-use.lock"
        self._owner = owner
        self._own = self._held / token_hex(8)
        self._names: frozenset[str] = frozenset()

    def turn(self) -> AbstractContextManager[None]:
        """Lock these files: inside `with`, nobody can begin to hold an image, so that images which
        nobody holds can be removed safely."""
        return lease(self._turn, alone=True)

    def hold(self, names: Iterable[str]) -> None:
        """Hold these images, whether they exist already or not, until `let_go`.

        InfrastructureError if the cache cannot be written.
        """
        wanted = frozenset(names)
        if wanted <= self._names:
            return
        try:
            with self.turn():
                self._write(self._names | wanted)
        except OSError as error:
            raise InfrastructureError(
                f"{self._held} cannot be written: {error.strerror}",
                remedy="HARNESS_CACHE=FOLDER names another cache",
            ) from error

    def let_go(self, names: Iterable[str]) -> None:
        """Stop holding these images; those that were not held are left as they are.

        If that cannot be written, the images stay held until this process ends.
        """
        going = self._names & frozenset(names)
        if going:
            with suppress(OSError), self.turn():
                self._write(self._names - going)
                self._touch(going)

    def close(self) -> None:
        """Stop holding all images."""
        self.let_go(self._names)

    def elsewhere(self) -> frozenset[str]:
        """Return what other live processes hold, and delete the files of dead ones; call this only
        inside `turn`."""
        names: set[str] = set()
        for path in self._held.glob("*") if self._held.is_dir() else ():
            if path == self._own:
                continue
            owner, *held = path.read_text("utf-8").split("\n")
            if owner_alive(owner):
                names.update(held)
            else:
                path.unlink(missing_ok=True)
        return frozenset(names)

    def all(self) -> frozenset[str]:
        """Return what any process holds; call this only inside `turn`."""
        return self._names | self.elsewhere()

    def last(self, name: str) -> float | None:
        """Return when an image was last needed, in seconds since the epoch; None if unknown."""
        try:
            return self._marker(name).stat().st_mtime
        except OSError:
            return None

    def forget(self, name: str) -> None:
        """Delete the file of an image that was removed."""
        with suppress(OSError):
            self._marker(name).unlink()

    def _touch(self, names: Iterable[str]) -> None:
        self._last.mkdir(parents=True, exist_ok=True)
        for name in names:
            marker = self._marker(name)
            marker.touch()
            os.utime(marker)

    def _write(self, names: frozenset[str]) -> None:
        if names:
            self._held.mkdir(parents=True, exist_ok=True)
            self._own.write_text("\n".join((self._owner, *sorted(names))), "utf-8")
        else:
            self._own.unlink(missing_ok=True)
        self._names = names

    def _marker(self, name: str) -> Path:
        return self._last / quote(name, safe="")

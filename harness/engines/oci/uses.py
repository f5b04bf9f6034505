"""Who needs which images, and when each was last needed: files in the cache, shared by all runs.

A process that needs images holds their names in a file of its own, and the dead hold nothing.
When an image was last needed is the time of an empty file of its name.
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
    """What one process holds, and what others do. The constructor does no I/O."""

    def __init__(self, cache: Path, owner: str) -> None:
        self._held = cache / "images" / "held"
        self._last = cache / "images" / "last-used"
        self._turn = cache / "locks" / "images-in-use.lock"
        self._owner = owner
        self._own = self._held / token_hex(8)
        self._names: frozenset[str] = frozenset()

    def turn(self) -> AbstractContextManager[None]:
        """Nobody begins to hold an image inside `with`: what nobody holds may be removed."""
        return lease(self._turn, alone=True)

    def hold(self, names: Iterable[str]) -> None:
        """Keep these images, whether they are there already or not, until they are let go.

        InfrastructureError where the cache cannot be written.
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
        """Need these no longer; those that were not held are left as they are.

        Where that cannot be written down, more is held than is needed, until this process ends.
        """
        going = self._names & frozenset(names)
        if going:
            with suppress(OSError), self.turn():
                self._write(self._names - going)
                self._touch(going)

    def close(self) -> None:
        """Hold nothing any more."""
        self.let_go(self._names)

    def elsewhere(self) -> frozenset[str]:
        """What others who live hold; only inside `turn`. What the dead held is forgotten."""
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
        """What anybody holds; only inside `turn`."""
        return self._names | self.elsewhere()

    def last(self, name: str) -> float | None:
        """When an image was last needed, in seconds since the epoch; None: it is not known."""
        try:
            return self._marker(name).stat().st_mtime
        except OSError:
            return None

    def forget(self, name: str) -> None:
        """The image is no more."""
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

"""When what is done with is removed from an engine: never while something is waited for.

A container that gigabytes were installed in takes an engine up to ten seconds to remove, and its
image is there already: it goes beside what comes next, but is gone before anything is measured. A
container that has answered waits until its records are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from docker import APIClient

from harness.engines.oci.builder import Removal
from harness.engines.oci.containers import remove

_AT_ONCE = 2


class Removals:
    """What waits for its removal on one engine, or is being removed over its own connection."""

    def __init__(self, connection: Callable[[], APIClient]) -> None:
        self._connection = connection
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._under_way: list[Future[None]] = []
        self._kept: list[str] = []

    def begin(self, removal: Removal) -> None:
        """Remove it, without waiting for the end."""
        self._under_way.append(self._pool.submit(self._remove, removal))

    def _remove(self, removal: Removal) -> None:
        with closing(self._connection()) as client:
            removal(client)

    def keep(self, container: str) -> None:
        """Let a container that has ended be removed by the next `finish`."""
        self._kept.append(container)

    def finish(self, client: APIClient) -> None:
        """Wait until all that was begun is gone, and remove what was kept. Raises EngineError where
        something was not removed: the next sweep finds it."""
        while self._under_way:
            self._under_way.pop().result()
        while self._kept:
            remove(client, self._kept.pop())

    def close(self) -> None:
        """Wait for what is under way, whatever becomes of it, and take nothing more."""
        self._pool.shutdown()

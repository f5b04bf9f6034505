"""Removes containers from an engine without making anybody wait for it.

Removing a container into which gigabytes were installed takes an engine up to ten seconds, while
its image is ready. So it is removed in the background, but before anything is measured. A container
that has answered is removed after its records have been stored.
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
    """The pending removals on one engine; those in the background use connections of their own."""

    def __init__(self, connection: Callable[[], APIClient]) -> None:
        self._connection = connection
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._under_way: list[Future[None]] = []
        self._kept: list[str] = []

    def begin(self, removal: Removal) -> None:
        """Begin a removal in the background."""
        self._under_way.append(self._pool.submit(self._remove, removal))

    def _remove(self, removal: Removal) -> None:
        with closing(self._connection()) as client:
            removal(client)

    def keep(self, container: str) -> None:
        """Leave a container that has ended to the next `finish`."""
        self._kept.append(container)

    def finish(self, client: APIClient) -> None:
        """Wait for all removals in the background, and remove the containers that were kept.

        EngineError if something was not removed; the next sweep finds it.
        """
        while self._under_way:
            self._under_way.pop().result()
        while self._kept:
            remove(client, self._kept.pop())

    def close(self) -> None:
        """Wait for removals in the background, ignoring their errors, and accept no more."""
        self._pool.shutdown()

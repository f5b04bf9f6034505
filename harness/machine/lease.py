"""A lease on a file: what one process of this host does alone, the others wait for."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import InfrastructureError

_AGAIN_S = 0.1


@contextmanager
def lease(path: Path, *, alone: bool, stop: threading.Event | None = None) -> Iterator[None]:
    """Hold the lease at `path` (a file, made where it is not there): `alone`, or with others that
    do not want it alone. Waits until it is free; ends with the process that holds it, however that
    ends. InfrastructureError where `stop` is set meanwhile.

    Who holds it with others must not wait for somebody who wants it alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        if stop is None:
            fcntl.flock(descriptor, how)
        else:
            _wait(descriptor, how, stop)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, how: int, stop: threading.Event) -> None:
    """A thread that waits in the kernel would keep its process from ending."""
    while True:
        try:
            return fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if stop.wait(_AGAIN_S):
                raise InfrastructureError("it was stopped while it waited for its turn") from None

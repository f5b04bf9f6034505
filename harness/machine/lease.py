"""A lease on a file: a lock between the processes of this host, exclusive or shared."""

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
    """Hold the lease at `path`, a file that is created if needed: exclusively if `alone`, else
    shared with others that do not want it alone.

    Waits until it is free. The kernel releases it when its process ends, however that happens.
    InfrastructureError if `stop` is set while waiting.

    A holder of a shared lease must not wait for a process that wants it alone: that is a deadlock.
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
    """Wait by polling: a thread that waits in the kernel would keep its process from ending."""
    while True:
        try:
            return fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError:
            if stop.wait(_AGAIN_S):
                raise InfrastructureError("it was stopped while it waited for its turn") from None

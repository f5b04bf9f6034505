"""A lease on this host's quiet: either one run measures, or others have containers up."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def lease(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold the lease at `path` (a file, made where it is not there): `alone`, or with others that
    do not measure. Waits until it is free; ends with the process that holds it, however that ends.

    Who holds it with others must not wait for somebody who wants it alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)

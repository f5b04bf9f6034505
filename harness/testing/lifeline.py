"""A pipe that the session holds open; when the session ends and closes it, the session's run is
ended.

Nothing of it is left when the run is over. A daemon thread that still reads standard input while
Python shuts down holds a lock which the shutdown needs, and the interpreter crashes
("_enter_buffered_busy"). Therefore the pipe is read by its descriptor, and the thread is joined.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SOME = 65_536


@contextmanager
def lifeline(descriptor: int) -> Iterator[None]:
    """Inside this context, the end of input at `descriptor` ends this process with SIGTERM."""
    woken, wake = os.pipe()
    thread = threading.Thread(target=_watch, args=(descriptor, woken), name="harness-session")
    thread.start()
    try:
        yield
    finally:
        os.close(wake)
        thread.join()
        os.close(woken)


def _watch(descriptor: int, woken: int) -> None:
    """Return when `woken` is closed; if `descriptor` is closed first, end the process."""
    watched = select.poll()  # select() cannot handle descriptors from 1,024 on
    for one in (descriptor, woken):
        watched.register(one, select.POLLIN)
    while True:
        ready = {one for one, _ in watched.poll()}
        if woken in ready:
            return
        if descriptor in ready and not os.read(descriptor, _SOME):
            os.kill(os.getpid(), signal.SIGTERM)
            return

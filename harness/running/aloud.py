"""Shows on the terminal what a command is doing, if it takes longer than a second.

As in git, this appears only on a terminal and only after a second, and is erased at the end.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from harness.text import clean_line, inert_in_ci

PATIENCE_S = 1.0
"""Seconds that a person waits without wondering."""
_EVERY_S = 1.0
_WIDTH = 78


@contextmanager
def aloud(doing: str, out: TextIO | None = None) -> Iterator[None]:
    """Show `doing` and the seconds so far on the terminal's last line until the block ends.

    Writes nothing if `out` (default: standard error) is no terminal, or if the block takes less
    than `PATIENCE_S`.
    """
    out = out or sys.stderr
    if not out.isatty():
        yield
        return
    done = threading.Event()
    showing = threading.Thread(target=_show, args=(doing, out, done), daemon=True)
    showing.start()
    try:
        yield
    finally:
        done.set()
        showing.join()


def _show(doing: str, out: TextIO, done: threading.Event) -> None:
    began = time.monotonic()
    text = inert_in_ci(clean_line(doing, _WIDTH - 10))
    wait, shown = PATIENCE_S, False
    while not done.wait(wait):
        line = f"{text} ({time.monotonic() - began:.0f} s)"
        print(f"\r{line:<{_WIDTH}}", end="", file=out, flush=True)
        wait, shown = _EVERY_S, True
    if shown:
        print(f"\r{'':<{_WIDTH}}\r", end="", file=out, flush=True)

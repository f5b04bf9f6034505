"""Saying what a command does, where that takes longer than somebody waits without asking.

As git does: only on a terminal, only after a second, and it is gone when the answer comes.
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
"""A person waits so long without wondering."""
_EVERY_S = 1.0
_WIDTH = 78


@contextmanager
def aloud(doing: str, out: TextIO | None = None) -> Iterator[None]:
    """While this is entered, `doing` stands on a terminal's last line, with the seconds it took.

    Nothing is written where `out` (standard error) is no terminal, nor where it took less than
    `PATIENCE_S`.
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

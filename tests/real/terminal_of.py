"""A command on a terminal: what a person sees who pastes it and types into it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import time

_CHUNK = 65536


def typed_into(command: str, typed: str, patience_s: float = 120) -> tuple[int, str]:
    """(exit status, everything shown) for a shell's command with `typed` as its input."""
    ours, theirs = pty.openpty()
    shown = b""
    try:
        with subprocess.Popen(
            ["/bin/sh", "-c", command], stdin=theirs, stdout=theirs, stderr=theirs
        ) as process:
            os.close(theirs)
            os.write(ours, typed.encode())
            deadline = time.monotonic() + patience_s
            while time.monotonic() < deadline:
                if select.select([ours], [], [], 0.2)[0]:
                    try:
                        part = os.read(ours, _CHUNK)
                    except OSError:  # nobody has the other end open any more
                        break
                    if not part:
                        break
                    shown += part
                elif process.poll() is not None:
                    break
            else:
                process.kill()
        return process.returncode, shown.decode("utf-8", "replace")
    finally:
        os.close(ours)

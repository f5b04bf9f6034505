"""Who made a run, and whether that process is still alive.

A process id alone is reused; with the boot id and the process's start time it is not.
"""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")
_UNKNOWN = "-"


def owner_token(proc: Path = _PROC) -> str:
    """This process, as `boot id:process-id namespace:process id:start time in clock ticks`.

    Where there is no /proc, the parts it would give are `-`.
    """
    pid = os.getpid()
    return f"{_boot(proc)}:{_namespace(proc)}:{pid}:{_start_time(proc, pid) or _UNKNOWN}"


def owner_alive(token: str, proc: Path = _PROC) -> bool:
    """Whether the process that `owner_token` described is still running.

    Where that cannot be told (the token is of another process-id namespace, a container's
    say) the owner counts as alive: a run too many is left alone rather than swept away alive.
    """
    boot, namespace, pid_text, start = (token.split(":") + [""] * 4)[:4]
    if not pid_text.isascii() or not pid_text.isdigit() or boot != _boot(proc):
        return False
    if namespace != _namespace(proc):
        return True
    if start == _UNKNOWN:
        return _exists(int(pid_text))
    return _start_time(proc, int(pid_text)) == start


def _boot(proc: Path) -> str:
    try:
        return (proc / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, ValueError):
        return _UNKNOWN


def _namespace(proc: Path) -> str:
    """The inode in `pid:[4026531836]`."""
    try:
        return str((proc / "self/ns/pid").readlink()).strip("pid:[]") or _UNKNOWN
    except OSError:
        return _UNKNOWN


def _start_time(proc: Path, pid: int) -> str:
    """Start time of a live process; empty where there is none (a zombie is not alive)."""
    try:
        text = (proc / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    # The second field is the command in parentheses and may itself hold spaces and parentheses.
    fields = text.rpartition(")")[2].split()
    return "" if len(fields) < 20 or fields[0] in {"Z", "X"} else fields[19]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True

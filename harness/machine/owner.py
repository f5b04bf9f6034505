"""Tokens that identify the process which owns something, and whether that process is still alive.

Process ids are reused, but not together with the boot id and the process's start time. An engine
may serve several hosts, so the token names the host, too.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_PROC = Path("/proc")
_ETC = Path("/etc")
_UNKNOWN = "-"


def owner_token(proc: Path = _PROC, etc: Path = _ETC) -> str:
    """Return this process's token, in the form
    `boot id:process-id namespace:process id:start time in clock ticks:host`.

    Without /proc, the parts that come from it are `-`.
    """
    pid = os.getpid()
    start = _start_time(proc, pid) or _UNKNOWN
    return f"{_boot(proc)}:{_namespace(proc)}:{pid}:{start}:{_host(etc)}"


def maybe_alive(token: str, proc: Path = _PROC, etc: Path = _ETC) -> bool:
    """Whether the owner of something on an engine may be alive; an owner on another host may be.

    What a host left there is removed only by its own next run or its own `harness clean`.
    """
    host = (token.split(":") + [""] * 5)[4]
    return owner_alive(token, proc) or bool(host and host != _host(etc))


def owner_alive(token: str, proc: Path = _PROC) -> bool:
    """Whether the process that `owner_token` described is still running.

    If that is unknown (for example, the token is from the process-id namespace of a container), the
    owner counts as alive, so that what a live run needs is never deleted.
    """
    boot, namespace, pid_text, start = (token.split(":") + [""] * 4)[:4]
    if not pid_text.isascii() or not pid_text.isdigit() or boot != _boot(proc):
        return False
    if namespace != _namespace(proc):
        return True
    if start == _UNKNOWN:
        return _exists(int(pid_text))
    return _start_time(proc, int(pid_text)) == start


def _host(etc: Path) -> str:
    """Return digits that identify this host, stay the same over reboots, and hide its name."""
    try:
        machine = (etc / "machine-id").read_bytes()
    except OSError:
        machine = b""
    return hashlib.sha256(machine + b"\n" + os.uname().nodename.encode()).hexdigest()[:12]


def _boot(proc: Path) -> str:
    try:
        return (proc / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except (OSError, ValueError):
        return _UNKNOWN


def _namespace(proc: Path) -> str:
    """The inode of the process-id namespace, the number in `pid:[4026531836]`."""
    try:
        return str((proc / "self/ns/pid").readlink()).strip("pid:[]") or _UNKNOWN
    except OSError:
        return _UNKNOWN


def _start_time(proc: Path, pid: int) -> str:
    """Start time of a live process; empty if there is none (a zombie is not alive)."""
    try:
        text = (proc / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    # The second field is the command in parentheses, which may contain spaces and parentheses.
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

"""Where an engine runs, and what it says of the host it runs on.

An engine is taken to run here only where two things say so: its socket is one of this host's, and
it tells of this host's kernel and memory. A socket alone may be forwarded from elsewhere, or lead
into a virtual machine; an address may be anybody's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from docker import APIClient

from harness.machine.hostclass import host_class
from harness.machine.load import cpus_here
from harness.model import HostClass

_BY_UNIX_SOCKET = "http+docker://localhost"
_PROC = Path("/proc")
_MACHINE = {"amd64": "x86_64", "arm64": "aarch64"}
"""Podman's names of machines -> those of kernels, which Docker gives."""


def is_local(client: APIClient, info: Mapping[str, Any], proc: Path = _PROC) -> bool:
    """Whether the engine runs on this host. `info`: its answer to `/info`."""
    if client.base_url != _BY_UNIX_SOCKET:
        return False
    here = {"KernelVersion": os.uname().release, "MemTotal": _memory(proc)}
    return all(not info.get(what) or info[what] == value for what, value in here.items() if value)


def cores_of(info: Mapping[str, Any]) -> int:
    """Cores of the engine's host, as many as a container sees; this process's where it is silent.

    They set how many threads a framework starts.
    """
    return _whole(info.get("NCPU")) or len(os.sched_getaffinity(0))


def pinned_to(info: Mapping[str, Any]) -> str:
    """The processors that containers of an engine here are pinned to: those that this process may
    use, so that whoever starts it chooses them. Empty where the engine cannot pin."""
    return ",".join(map(str, cpus_here())) if info.get("CPUSet") is True else ""


def host_here(info: Mapping[str, Any], cores: int) -> HostClass:
    """This host as containers of an engine here have it, which otherwise have so many `cores`.

    This process may have been given fewer processors than the host has, and its containers have
    these alone where the engine can pin them. A quota of this process is none of theirs: they are
    in other control groups, and tell of those themselves.
    """
    pinned = pinned_to(info)
    return replace(host_class(), cores=len(pinned.split(",")) if pinned else cores, quota=None)


def host_of(info: Mapping[str, Any]) -> HostClass:
    """The host of an engine elsewhere, as far as the engine tells of it: not its processor's
    model and flags, not its GPUs.
    """
    machine = str(info.get("Architecture") or "")
    return HostClass(
        machine=_MACHINE.get(machine, machine),
        cpu_model="",
        cpu_flags=(),
        cores=_whole(info.get("NCPU")),
        memory_gib=round(_whole(info.get("MemTotal")) / 1024**3),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _memory(proc: Path) -> int:
    """Memory of this host in bytes; 0 where it cannot be read."""
    try:
        found = re.search(r"^MemTotal:\s+(\d+) kB", (proc / "meminfo").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) * 1024 if found else 0

"""Decides whether an engine runs on this host, and describes the host it runs on.

An engine counts as local only if two things hold: its socket is a Unix socket of this host, and it
reports this host's kernel and memory. A socket alone may be forwarded from another host or lead
into a virtual machine, and a TCP address may lead anywhere.
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
"""Podman's names of machines -> the kernel's names, which Docker uses."""


def is_local(client: APIClient, info: Mapping[str, Any], proc: Path = _PROC) -> bool:
    """Whether the engine runs on this host. `info` is its answer to `/info`."""
    if client.base_url != _BY_UNIX_SOCKET:
        return False
    here = {"KernelVersion": os.uname().release, "MemTotal": _memory(proc)}
    return all(not info.get(what) or info[what] == value for what, value in here.items() if value)


def cores_of(info: Mapping[str, Any]) -> int:
    """Return the number of cores that a container sees; this process's if the engine does not say.

    It determines how many threads a framework starts.
    """
    return _whole(info.get("NCPU")) or len(os.sched_getaffinity(0))


def pinned_to(info: Mapping[str, Any]) -> str:
    """Return the processors to which containers of a local engine are pinned, as `0,1`.

    They are those that this process may use, so that whoever starts it can choose them. Empty if
    the engine cannot pin.
    """
    return ",".join(map(str, cpus_here())) if info.get("CPUSet") is True else ""


def host_here(info: Mapping[str, Any], cores: int) -> HostClass:
    """Return this host's class as containers of a local engine see it.

    This process may have fewer processors than the host; if the engine can pin containers, they
    have only these, else `cores`. A quota of this process does not apply to containers: they are in
    other control groups, whose quotas they report themselves.
    """
    pinned = pinned_to(info)
    return replace(host_class(), cores=len(pinned.split(",")) if pinned else cores, quota=None)


def host_of(info: Mapping[str, Any]) -> HostClass:
    """Return the class of another host, as far as its engine describes it: without the processor's
    model and flags, and without GPUs.
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
    """Memory of this host in bytes; 0 if it cannot be read."""
    try:
        found = re.search(r"^MemTotal:\s+(\d+) kB", (proc / "meminfo").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) * 1024 if found else 0

"""Reads this host's class: what makes two hosts comparable. Never MHz, uptime or load."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from harness.machine.quota import cpu_quota
from harness.model import HostClass


def host_class(proc: Path = Path("/proc")) -> HostClass:
    """Return the class of this host; what cannot be read is empty or zero."""
    cpu = _text(proc / "cpuinfo")
    memory = re.search(r"^MemTotal:\s+(\d+) kB", _text(proc / "meminfo"), re.MULTILINE)
    driver = re.search(
        r"Module\s+(?:for \S+\s+)?(\d+[.\d]+)", _text(proc / "driver/nvidia/version")
    )
    return HostClass(
        machine=platform.machine(),
        cpu_model=_field(cpu, "model name"),
        cpu_flags=tuple(sorted(_field(cpu, "flags").split())),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(int(memory.group(1)) / 1024**2) if memory else 0,
        gpus=tuple(sorted(_gpus(proc / "driver/nvidia/gpus"))),
        driver=driver.group(1) if driver else "",
        quota=cpu_quota(),
    )


def _gpus(folder: Path) -> list[str]:
    try:
        cards = list(folder.iterdir())
    except OSError:
        return []
    return [_field(_text(card / "information"), "Model") for card in cards]


def _field(text: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""

"""How much processor time this process may use: the quotas of its control groups.

A restriction to a set of processors leaves those processors entirely usable. A quota instead limits
the time on all of them, and halts a program in the middle of its work once it is used up. For
anything that is timed, the two differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

_ROOT = Path("/")


def cpu_quota(root: Path = _ROOT) -> float | None:
    """Return the quota in processors (1.5 means one and a half), the least of all control groups
    above this process, in cgroup versions 1 and 2; None if there is no visible quota.

    In a container, the container's own group appears as the root.
    """
    shares = [share for folder in _groups(root) if (share := _share(folder)) is not None]
    return min(shares, default=None)


def _groups(root: Path) -> Iterator[Path]:
    """Yield the folders where the files of the group, and of every group above it, may lie."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        names, colon, path = rest.partition(":")
        if not colon or (names and "cpu" not in names.split(",")):
            continue
        mounts = ("cpu", "cpu,cpuacct", "cpuacct,cpu") if names else ("", "unified")
        parts = [part for part in path.split("/") if part and part != ".."]
        for mount in mounts:
            for depth in range(len(parts) + 1):
                yield (root / "sys/fs/cgroup" / mount).joinpath(*parts[:depth])


def _share(group: Path) -> float | None:
    words = _text(group / "cpu.max").split()
    if len(words) != 2:
        words = [_text(group / f"cpu.cfs_{what}_us").strip() for what in ("quota", "period")]
    try:
        most, period = map(int, words)
    except ValueError:
        return None  # `max`, or nothing
    return round(most / period, 3) if most > 0 and period > 0 else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return ""

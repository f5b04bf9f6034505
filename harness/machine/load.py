"""Measures how busy this host is with other work over a period of time.

The kernel counts for each processor what it was busy with since it started (proc(5), /proc/stat).
The difference between two readings gives the time that processors worked and the time that a
hypervisor took away; without our own work, the former is what others worked. The load average does
not show that: it lags by a minute, and includes our own work.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from harness.model import Scalar

ELSEWHERE = "host.busy_elsewhere"
"""Observation: number of processors that others kept busy, on average over the round."""
STOLEN = "host.stolen"
"""Observation: number of processors that a hypervisor gave to other machines, on average over the
round."""
PROCESSORS = "host.processors"
"""Observation: number of processors that both figures cover, those that the harness may use."""
LOAD = "host.load_1m"
"""Observation: number of processes that ran or waited, averaged over the minute before."""

_IDLE = (3, 4)
"""Columns of /proc/stat for idle time and for waiting for a disk."""
_STEAL = 7
_COUNTED = 8
"""Number of columns that are added up. Later ones are guests' time, which user and nice include."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worked:
    """Processor time since the host started, in seconds of one processor."""

    busy: float
    stolen: float
    among: int
    """How many processors were counted."""


def cpus_here() -> tuple[int, ...]:
    """The processors that this process, and what it starts, may use."""
    return tuple(sorted(os.sched_getaffinity(0)))


def worked(cpus: Collection[int], proc: Path = Path("/proc")) -> Worked | None:
    """Return how long these processors have worked; None if the kernel does not say."""
    try:
        with (proc / "stat").open(encoding="ascii", errors="replace") as told:
            # The lines of processors come first; after them come thousands of interrupt counters.
            lines = list(itertools.takewhile(lambda line: line.startswith("cpu"), told))
    except OSError:
        return None
    wanted = {f"cpu{number}" for number in cpus}
    rows = [fields[1:] for line in lines if (fields := line.split()) and fields[0] in wanted]
    try:
        counts = [[int(count) for count in row[:_COUNTED]] for row in rows]
    except ValueError:
        return None
    if not counts or any(len(row) < _COUNTED for row in counts):
        return None
    tick = os.sysconf("SC_CLK_TCK")
    stolen = sum(row[_STEAL] for row in counts)
    idle = sum(row[column] for row in counts for column in _IDLE)
    return Worked(
        busy=(sum(map(sum, counts)) - idle - stolen) / tick,
        stolen=stolen / tick,
        among=len(counts),
    )


def observed_between(
    before: Worked | None, after: Worked | None, seconds: float, own: float
) -> dict[str, Scalar]:
    """Return the observations on the host over a period of `seconds`.

    `own` is the processor time, in seconds, of our own work in that period. Empty if a reading is
    missing, or if the two readings counted different numbers of processors.
    """
    if before is None or after is None or seconds <= 0 or before.among != after.among:
        return {}
    return {
        ELSEWHERE: round(max(0.0, after.busy - before.busy - own) / seconds, 3),
        STOLEN: round(max(0.0, after.stolen - before.stolen) / seconds, 3),
        PROCESSORS: after.among,
    }


def load_before() -> dict[str, Scalar]:
    """Return the load average at the beginning of a round; empty if the system has none."""
    try:
        return {LOAD: round(os.getloadavg()[0], 2)}
    except OSError:
        return {}

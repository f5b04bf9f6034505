"""How busy this host is with other things, over a stretch of time.

The kernel counts for each processor what it was busy with since it started (proc(5), /proc/stat).
Between two looks at those counters: all that processors worked, what a hypervisor took away, and,
without what the stretch itself worked, what others worked meanwhile. The load average cannot say
that: it lags by a minute, and has our own work in it.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from harness.model import Scalar

ELSEWHERE = "host.busy_elsewhere"
"""Observed: processors that others kept busy, on average over the round."""
STOLEN = "host.stolen"
"""Observed: processors that a hypervisor gave to other machines, on average over the round."""
PROCESSORS = "host.processors"
"""Observed: of how many processors both are told, those that the harness may use."""
LOAD = "host.load_1m"
"""Observed: processes that ran or waited over the minute before."""

_IDLE = (3, 4)
"""Columns of idle and of waiting for a disk."""
_STEAL = 7
_COUNTED = 8
"""Guests' time, behind these columns, is in user and nice already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worked:
    """What processors have worked since the host started, in seconds of one processor."""

    busy: float
    stolen: float
    among: int
    """How many processors were counted."""


def cpus_here() -> tuple[int, ...]:
    """The processors that this process may use, and so those of what it starts."""
    return tuple(sorted(os.sched_getaffinity(0)))


def worked(cpus: Collection[int], proc: Path = Path("/proc")) -> Worked | None:
    """What these processors have worked; None where the kernel does not tell."""
    try:
        with (proc / "stat").open(encoding="ascii", errors="replace") as told:
            # Processors stand first; behind them come thousands of counters of interrupts.
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
    """What is observed of the host over a stretch of `seconds` in which what it was for worked
    `own` seconds of processor time. Nothing where that is not known, or another number of
    processors was counted after than before."""
    if before is None or after is None or seconds <= 0 or before.among != after.among:
        return {}
    return {
        ELSEWHERE: round(max(0.0, after.busy - before.busy - own) / seconds, 3),
        STOLEN: round(max(0.0, after.stolen - before.stolen) / seconds, 3),
        PROCESSORS: after.among,
    }


def load_before() -> dict[str, Scalar]:
    """The load average as a round begins; nothing where the system has none."""
    try:
        return {LOAD: round(os.getloadavg()[0], 2)}
    except OSError:
        return {}

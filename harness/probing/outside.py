"""Under which limits a cell's container runs while it is asked from outside. Pure.

As strict as the promise allows: whatever it needs beyond the cell's own profile is a relaxation
with a name, in every record and report.
"""

from __future__ import annotations

from dataclasses import replace

from harness.model import Cell, Probe, Profile
from harness.probing.metadata import OUTSIDE

SCRATCH = "/tmp"
"""Where its scratch lies: programs that are started as they are look for no other place."""


def is_outside(probe: Probe) -> bool:
    """Whether a probe runs on the host, against started containers."""
    return probe.where == OUTSIDE


def profile_for(probe: Probe, cell: Cell) -> Profile:
    """The limits that hold while this probe is asked of this cell."""
    return profile_outside(cell) if is_outside(probe) else cell.profile


def profile_outside(cell: Cell) -> Profile:
    """The cell's profile with what its promise relaxes."""
    promise = cell.promise
    if promise is None:
        return cell.profile
    relaxed = [f"init=none, scratch={SCRATCH}"]
    if promise.user:
        relaxed.append(f"user={promise.user}")
    if promise.serves:
        ports = ", ".join(str(one.port) for one in promise.serves)
        relaxed.append(f"network=a bridge of its own; 127.0.0.1 of the host publishes {ports}")
    relaxed += [f"volume={one.path}, which can be written" for one in promise.shares]
    return replace(
        cell.profile,
        name="relaxed",
        relaxations=tuple(sorted({*cell.profile.relaxations, *relaxed})),
    )

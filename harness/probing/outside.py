"""The limits of a cell's container while it is asked from outside. Pure.

They are as strict as the cell's promise allows: whatever it needs beyond the cell's own profile is
a named relaxation in every record and report.
"""

from __future__ import annotations

from dataclasses import replace

from harness.model import Cell, Probe, Profile
from harness.probing.metadata import OUTSIDE

SCRATCH = "/tmp"
"""The container's scratch folder: its programs run unchanged, and expect no other place."""


def is_outside(probe: Probe) -> bool:
    """Whether a probe runs on the host, against started containers."""
    return probe.where == OUTSIDE


def profile_for(probe: Probe, cell: Cell) -> Profile:
    """Return the limits that hold while this probe is asked of this cell."""
    return profile_outside(cell) if is_outside(probe) else cell.profile


def profile_outside(cell: Cell) -> Profile:
    """Return the cell's profile with the relaxations that its promise needs."""
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

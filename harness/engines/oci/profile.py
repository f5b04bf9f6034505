"""A profile as container options: what strict means, in the engine's own words.

Scratch is a tmpfs at a path no image has, owned by the probe's user: a tmpfs over an existing
directory takes that directory's mode on runc 1.1 (opencontainers/runc#3911).
"""

from __future__ import annotations

from typing import Any

from docker.types import LogConfig, Ulimit

from harness.engines.oci.capabilities import Capabilities
from harness.model import Profile

USER = 65534
"""nobody, in every distribution we know."""
_NPROC = 4096
"""Processes of user nobody on the whole host; what a container may have, `processes` limits."""
HARNESS_DIR = "/harness"
"""Where the run's volume is mounted, read-only."""


def host_options(
    profile: Profile, row: Capabilities, *, scratch: str, volume: str, cores: int
) -> dict[str, Any]:
    """Keyword arguments of `create_host_config` for a profile.

    `cores`: cores of the engine's host, which the limit on processes grows with (32 each), unless
    the suite states that limit itself.
    """
    execute = "exec" if profile.scratch_exec else "noexec"
    asked_for = any(each.startswith("processes=") for each in profile.relaxations)
    processes = profile.processes if asked_for else profile.processes + 32 * cores
    ulimits = [
        Ulimit(name="nofile", soft=profile.open_files, hard=profile.open_files),
        Ulimit(name="core", soft=0, hard=0),
    ]
    if row.process_ulimit:
        ulimits.append(Ulimit(name="nproc", soft=_NPROC, hard=_NPROC))
    owner = f",uid={USER},gid={USER}" if row.tmpfs_owner else ""
    return {
        "init": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "read_only": not profile.writable,
        "network_mode": "bridge" if profile.network else "none",
        "ipc_mode": "private",
        "pids_limit": processes,
        "mem_limit": profile.memory_bytes,
        "memswap_limit": profile.memory_bytes,
        "ulimits": ulimits,
        "oom_score_adj": 500,
        "tmpfs": {
            scratch: f"rw,{execute},nosuid,nodev,size={profile.scratch_bytes},mode=1777{owner}"
        },
        "log_config": LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
        "binds": {volume: {"bind": HARNESS_DIR, "mode": "ro"}} if volume else {},
    }

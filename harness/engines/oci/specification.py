"""The specification of a container as one frozen value, and the only place that knows the engine's
options.

Every container of ours runs under a profile. Scratch is a tmpfs owned by the probe's user, at a
path that no image has: with runc 1.1, a tmpfs over an existing directory takes that directory's
mode (opencontainers/runc#3911).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from docker import APIClient
from docker.types import LogConfig, Ulimit

from harness.engines.oci.capabilities import Capabilities
from harness.engines.oci.connection import row_of
from harness.engines.oci.gpu import GpuHook
from harness.engines.oci.owned import new_name, stating
from harness.model import Profile

USER = 65534
"""The user `nobody` in every distribution that we know."""
ROOT = 0
HARNESS_DIR = "/harness"
"""Where a container's volume is mounted, read-only unless stated otherwise."""
BUILD_DIR = "/dev/harness"
"""The same in containers of builds. An engine fills /dev anew for each container, so no folder for
the mount is left in the files that become an image."""
HOST_NETWORK = "host"
STRICT = Profile()
_NPROC = 4096
"""Most processes of the user `nobody` on the whole host; `processes` limits those of one
container."""
_PROCESSES_A_CORE = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class ContainerSpec:
    """One container: its command, its limits, and what is mounted and reachable in it."""

    image: str
    command: tuple[str, ...]
    """The whole command; the image's own entry point and command are not used."""
    labels: Mapping[str, str]
    profile: Profile = STRICT
    cores: int = 0
    """Number of cores of the engine's host. The limit on processes grows by 32 with each, unless
    the profile itself states that limit."""
    cpus: str = ""
    """The processors to which it is pinned, as `0,1`; empty if not pinned."""
    user: int = USER
    working_dir: str = "/"
    scratch: str = ""
    """Path of a tmpfs; empty for none."""
    volume: str = ""
    """Name of a volume, mounted at `volume_at`; empty for none."""
    volume_at: str = HARNESS_DIR
    volume_writable: bool = False
    becomes_image: Mapping[str, Any] | None = None
    """The settings of its image, if its files are to become another image. Then it runs as root,
    and gets no settings or files of its own that would end up in that image."""
    network: str = ""
    """Name of a network; if empty, there is none, or a bridge if the profile has a network."""
    gpu: GpuHook | None = None
    stdin: bool = False
    capabilities: tuple[str, ...] = ()
    """The capabilities that it keeps; all others are dropped."""


def scratch_path() -> str:
    """Return a random path, which exists in no image."""
    return f"/scratch-{token_hex(4)}"


def create_container(client: APIClient, spec: ContainerSpec) -> str:
    """Create the container without starting it; return its id. Raises what docker-py raises."""
    name = new_name()
    row = row_of(client)
    config = client.create_container_config(
        image=spec.image,
        entrypoint=list(spec.command),
        command=[],
        labels=stating(name, spec.labels),
        stdin_open=spec.stdin,
        tty=False,
        detach=False,
        host_config=client.create_host_config(**host_options(spec, row)),
        **(_settings(spec) if spec.becomes_image is None else _passing(spec.becomes_image)),
    )
    if spec.becomes_image is not None and row.sets_variables:
        config["UnsetEnv"] = list(row.sets_variables)
    made = client.create_container_from_config(config, name)  # type: ignore[no-untyped-call]
    return str(made["Id"])


def _settings(spec: ContainerSpec) -> dict[str, Any]:
    return {
        "user": f"{spec.user}:{spec.user}",
        "working_dir": spec.working_dir,
        "environment": dict(spec.profile.environment),
        "healthcheck": {"test": ["NONE"]},
        "stop_signal": "SIGKILL",
        "volumes": [spec.volume_at] if spec.volume else [],
    }


def _passing(image: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that override those of the image during a build; a commit resets both."""
    passing: dict[str, Any] = {}
    if not is_root(str(image.get("User") or "")):
        passing["user"] = f"{ROOT}:{ROOT}"
    if image.get("Healthcheck"):
        passing["healthcheck"] = {"test": ["NONE"]}
    return passing


def is_root(user: str) -> bool:
    """Whether this value of an image's user setting means root."""
    return user in ("", "root", "0", "root:root", "0:0")


def host_options(spec: ContainerSpec, row: Capabilities) -> dict[str, Any]:
    """Return a container's limits and mounts as keyword arguments of `create_host_config`."""
    profile = spec.profile
    ulimits = [
        Ulimit(name="nofile", soft=profile.open_files, hard=profile.open_files),
        Ulimit(name="core", soft=0, hard=0),
    ]
    if row.process_ulimit:
        ulimits.append(Ulimit(name="nproc", soft=_NPROC, hard=_NPROC))
    mode = "rw" if spec.volume_writable else "ro"
    options: dict[str, Any] = {
        # The engine's init would be added to the container's files.
        "init": spec.becomes_image is None,
        "cap_drop": ["ALL"],
        "cap_add": list(spec.capabilities),
        "security_opt": ["no-new-privileges:true"],
        "read_only": not profile.writable,
        "network_mode": spec.network or ("bridge" if profile.network else "none"),
        "ipc_mode": "private",
        "pids_limit": processes_limit(profile, spec.cores),
        "mem_limit": profile.memory_bytes,
        "memswap_limit": profile.memory_bytes,
        "ulimits": ulimits,
        "oom_score_adj": 500,
        "tmpfs": {spec.scratch: _scratch_options(profile, row)} if spec.scratch else {},
        "log_config": LogConfig(type="json-file", config={"max-size": "1m", "max-file": "1"}),
        "binds": {spec.volume: {"bind": spec.volume_at, "mode": mode}} if spec.volume else {},
    }
    if spec.cpus:
        options["cpuset_cpus"] = spec.cpus
    if spec.gpu:
        options["device_requests"] = [spec.gpu.request()]
    return options


def processes_limit(profile: Profile, cores: int) -> int:
    """Return how many processes a container may have on a host with `cores` cores."""
    stated = profile.processes != STRICT.processes
    return profile.processes if stated else profile.processes + _PROCESSES_A_CORE * cores


def _scratch_options(profile: Profile, row: Capabilities) -> str:
    execute = "exec" if profile.scratch_exec else "noexec"
    owner = f",uid={USER},gid={USER}" if row.tmpfs_owner else ""
    return f"rw,{execute},nosuid,nodev,size={profile.scratch_bytes},mode=1777{owner}"

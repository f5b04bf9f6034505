"""Whether an engine can give a GPU to a container, and how to request it.

There are two ways. Docker's own is a request for the capability `gpu`, for which the engine runs
NVIDIA's hook, found on its PATH. CDI names a device from a specification on the host.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

HOOKS = ("nvidia-container-runtime-hook", "nvidia-container-toolkit")
"""The programs of NVIDIA's container toolkit on the engine's PATH; the second is an older name."""
GPU_NEEDED = "all"
"""The `gpu:` of a cell that is not run without a GPU; a cell with `if-there` is."""
CDI_DEVICE = "nvidia.com/gpu=all"


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuHook:
    """A way to give every GPU to a container. `driver` is empty for Docker's own, else `cdi`."""

    driver: str
    found: str
    """How it was found, as text for a person."""

    def request(self) -> dict[str, Any]:
        """Return the device request as docker-py's keyword arguments."""
        if self.driver == "cdi":
            return {"driver": "cdi", "device_ids": [CDI_DEVICE]}
        return {"count": -1, "capabilities": [["gpu"]]}


def gpu_hook(
    info: Mapping[str, Any],
    *,
    local: bool,
    which: Callable[[str], str | None] = shutil.which,
) -> GpuHook | None:
    """Return the hook of an engine, from its `/info`; None if it has none.

    `local` says that the engine runs on this host, so that this host's PATH counts.
    """
    for device in info.get("DiscoveredDevices") or ():
        if isinstance(device, Mapping) and str(device.get("ID", "")).startswith("nvidia.com/gpu"):
            return GpuHook(driver="cdi", found=f"the engine lists {device['ID']}")
    if "nvidia" in (info.get("Runtimes") or {}):
        return GpuHook(driver="", found="the engine has a runtime nvidia")
    for name in HOOKS if local else ():
        if path := which(name):
            return GpuHook(driver="", found=path)
    return None


NO_HOOK = (
    "the cell asks for a GPU, and this engine cannot hand one to a container: it has no runtime "
    "nvidia, lists no CDI device nvidia.com/gpu, and no nvidia-container-runtime-hook was found"
)

"""Whether an engine can hand a GPU to a container, and how it is asked to.

Two ways are known. Docker's own: a request for the capability `gpu`, which the engine answers with
NVIDIA's hook, found on its PATH. CDI: a device by its name, from a specification on the host.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

HOOKS = ("nvidia-container-runtime-hook", "nvidia-container-toolkit")
"""What NVIDIA's container toolkit puts on the engine's PATH; the second is its older name."""
GPU_NEEDED = "all"
"""What a cell says that is not asked without a GPU; `if-there` is."""
CDI_DEVICE = "nvidia.com/gpu=all"


@dataclass(frozen=True, kw_only=True, slots=True)
class GpuHook:
    """A way to hand over every GPU. `driver` is empty for Docker's own, else `cdi`."""

    driver: str
    found: str
    """How it was found, for a person."""

    def request(self) -> dict[str, Any]:
        """The engine's device request, as keyword arguments of docker-py's."""
        if self.driver == "cdi":
            return {"driver": "cdi", "device_ids": [CDI_DEVICE]}
        return {"count": -1, "capabilities": [["gpu"]]}


def gpu_hook(
    info: Mapping[str, Any],
    *,
    local: bool,
    which: Callable[[str], str | None] = shutil.which,
) -> GpuHook | None:
    """The hook of an engine, from its `/info`; None where it has none.

    `local`: the engine runs on this host, so that this host's PATH says something about it.
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

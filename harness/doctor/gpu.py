"""Checks of what GPU cells need: the driver on this host, and access from containers."""

from __future__ import annotations

from pathlib import Path

from harness.doctor.bench import Bench
from harness.doctor.result import CheckResult, ok, problem, unverified, warning
from harness.engines.oci.gpu import gpu_hook
from harness.engines.oci.toolkit import FLOOR, toolkit_version

_DRIVER = Path("/proc/driver/nvidia/version")


def driver(bench: Bench) -> CheckResult:
    """The NVIDIA driver is loaded."""
    if bench.client is not None and not bench.local:
        return unverified("GPU driver", "the engine runs elsewhere: its driver cannot be seen")
    try:
        told = _DRIVER.read_text("utf-8", "replace").splitlines()[0]
    except (OSError, IndexError):
        return unverified(
            "GPU driver", f"{_DRIVER} is not there", "cells with `gpu: all` end as unverified here"
        )
    return ok("GPU driver", " ".join(told.split()))


def toolkit(bench: Bench) -> CheckResult:
    """The engine can give a GPU to containers, through a toolkit without known container
    escapes."""
    if bench.client is None:
        return unverified("GPU in containers", "no engine answers")
    hook = gpu_hook(bench.info, local=bench.local)
    if hook is None:
        return unverified(
            "GPU in containers",
            "the engine has no way to hand one over",
            "install NVIDIA's container toolkit where there is a GPU",
        )
    if not bench.local:
        return unverified(
            "GPU in containers", f"{hook.found}; its version cannot be seen from here"
        )
    version = toolkit_version()
    if version is None:
        return warning(
            "GPU in containers",
            f"{hook.found}; its version is unknown",
            f"make sure that it is {FLOOR} or later (CVE-2025-23266)",
        )
    if version < FLOOR:
        return problem(
            "GPU in containers",
            f"{hook.found}, version {version}",
            f"images can take over this host: update it to {FLOOR} or later (CVE-2025-23266)",
        )
    return ok("GPU in containers", f"{hook.found}, version {version}")


CHECKS = (driver, toolkit)

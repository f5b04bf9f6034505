"""Checks of the engine itself: does it answer, which API does it speak, how is it secured?"""

from __future__ import annotations

from harness.doctor.bench import Bench
from harness.doctor.result import CheckResult, ok, problem, unverified, warning
from harness.engines.oci.connection import engine_errors

_OLDEST_API = (1, 40)
"""The API of Docker 19.03, the first one with device requests for GPUs."""


def answers(bench: Bench) -> CheckResult:
    """An engine answers."""
    if bench.client is None:
        return problem("engine", bench.why, f"{bench.row.start}; `--engine host` does without")
    with engine_errors("saying its version"):
        version = bench.client.version()
    where = "on this host" if bench.local else "elsewhere"
    return ok("engine", f"{bench.row.engine} {version.get('Version', '?')} {where}")


def window(bench: Bench) -> CheckResult:
    """There is a version of the API that both sides speak."""
    if bench.client is None:
        return unverified("API", "no engine answers")
    with engine_errors("saying its version"):
        version = bench.client.version()
    spoken = f"{version.get('MinAPIVersion', '?')} to {version.get('ApiVersion', '?')}"
    used = str(bench.client.api_version)
    told = f"it speaks {spoken}, {used} is used"
    if tuple(int(part) for part in used.split(".")[:2]) < _OLDEST_API:
        return warning("API", told, "GPUs need 1.40, which is Docker 19.03: update the engine")
    return ok("API", told)


def security(bench: Bench) -> CheckResult:
    """System calls are filtered by default."""
    if bench.client is None:
        return unverified("security", "no engine answers")
    options = [str(each) for each in bench.info.get("SecurityOptions") or ()]
    told = f"{', '.join(options) or 'nothing'}; cgroup {bench.info.get('CgroupVersion', '1')}"
    if not any("seccomp" in each for each in options):
        return warning("security", told, "run the engine with its default seccomp profile")
    return ok("security", told)


CHECKS = (answers, window, security)

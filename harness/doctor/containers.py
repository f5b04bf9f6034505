"""Checks that start containers of a small image of this Python, which is made and removed for
them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from functools import wraps

from harness.doctor.bench import GIVEN, MEMORY, PROCESSES, Bench, NotTried
from harness.doctor.result import CheckResult, ok, problem, unverified, warning
from harness.engines.oci.specification import USER, scratch_path
from harness.errors import EngineError


def _tried(name: str) -> Callable[[Callable[[Bench], CheckResult]], Callable[[Bench], CheckResult]]:
    """Decorator: the check is unverified without an engine, and a problem if no container runs."""

    def decorate(check: Callable[[Bench], CheckResult]) -> Callable[[Bench], CheckResult]:
        @wraps(check)
        def run(bench: Bench) -> CheckResult:
            if bench.client is None:
                return unverified(name, "no engine answers")
            try:
                return check(bench)
            except NotTried as error:
                return problem(name, f"no container could be tried: {error}", _LOOK_AT_ENGINE)
            except EngineError as error:
                return problem(name, error.message, error.remedy or _LOOK_AT_ENGINE)

        return run

    return decorate


_LOOK_AT_ENGINE = "look at the engine's own log"


@_tried("strict container")
def strict(bench: Bench) -> CheckResult:
    """A container starts with no network, no capability, a read-only root, as nobody."""
    seen = bench.strict
    told = (
        f"interfaces {', '.join(seen['interfaces'])}; user {seen['user']}; capabilities "
        f"{seen['capabilities']}; root {'writable' if seen['root'] else 'read-only'}; scratch "
        f"{'writable' if seen['scratch'] else 'read-only'}"
    )
    isolated = seen["interfaces"] == ["lo"] and not seen["root"] and seen["user"] == USER
    if not (isolated and int(seen["capabilities"], 16) == 0):
        return problem("strict container", told, "its isolation is not what was asked for")
    if not seen["scratch"]:
        return problem("strict container", told, "probes need a scratch folder: update runc")
    return ok("strict container", told)


@_tried("network")
def network(bench: Bench) -> CheckResult:
    """A container starts on a network of its own."""
    program = "import json, socket; print(json.dumps([name for _, name in socket.if_nameindex()]))"
    found = bench.told(program, scratch_path(), network=bench.network)
    others = [name for name in found if name != "lo"]
    if not others:
        return warning("network", "it has no interface", "tests that map ports will not work")
    return ok("network", f"a container on a network of its own has {', '.join(others)}")


@_tried("volumes")
def volumes(bench: Bench) -> CheckResult:
    """Files put into a volume are visible inside and read-only; what is written there can be read
    back."""
    seen = bench.strict
    if seen["given"] != GIVEN.decode().strip() or seen["volume"]:
        return problem(
            "volumes", f"inside is {seen['given']!r}, writable: {seen['volume']}", _LOOK_AT_ENGINE
        )
    with tarfile.open(fileobj=io.BytesIO(bench.written())) as archive:
        entry = archive.extractfile("taken")
        back = entry.read() if entry else b""
    if back != b"from the container\n":
        return problem("volumes", f"back came {back[:80]!r}", _LOOK_AT_ENGINE)
    return ok("volumes", "a file went in read-only, another came back")


@_tried("limits")
def limits(bench: Bench) -> CheckResult:
    """Limits on memory and processes take effect as requested."""
    seen = bench.strict
    told = f"memory {seen['memory'] or 'not shown'}, processes {seen['processes'] or 'not shown'}"
    asked = {"memory": str(MEMORY), "processes": str(PROCESSES)}
    if any(seen[what] not in ("", value) for what, value in asked.items()):
        wanted = f"asked for {MEMORY} and {PROCESSES}"
        return problem(
            "limits",
            f"{told}; {wanted}",
            "hostile images are not bounded: check the cgroups; an engine without root needs "
            "version 2 of them",
        )
    if "" in (seen["memory"], seen["processes"]):
        return unverified("limits", told, "no cgroup is to be seen from inside")
    return ok("limits", told)


@_tried("new libc")
def new_libc(bench: Bench) -> CheckResult:
    """Programs with a C library from 2.34 on need clone3 to be refused as unknown, not as
    forbidden."""
    seen = bench.strict["clone3"]
    told = f"clone3 ends in {seen}"
    if seen == "EPERM":
        return problem(
            "new libc",
            told,
            "images with glibc 2.34 and later cannot start threads: update the engine to "
            "20.10.10 and libseccomp to 2.5 or later",
        )
    return ok("new libc", told)


@_tried("old libc")
def old_libc(bench: Bench) -> CheckResult:
    """Programs with a C library before 2.14 need the vsyscall page."""
    seen = bench.strict
    if seen["vsyscall"]:
        return ok("old libc", f"the page vsyscall is there, kernel {seen['kernel']}")
    return warning(
        "old libc",
        f"there is no page vsyscall, kernel {seen['kernel']}",
        "images with glibc before 2.14 (CentOS 6) crash: boot with vsyscall=emulate",
    )


CHECKS = (strict, network, volumes, limits, new_libc, old_libc)

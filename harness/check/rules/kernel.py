"""Whether the image's C library works with the host's kernel and engine."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.knowledge.library import System, limits
from harness.knowledge.versions import at_least


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the image's programs can start, and whether they can start threads."""
    system = subject.system
    if system is None:
        return
    yield from _vsyscall(system, host)
    yield from _threads(system, host)


def _vsyscall(system: System, host: TargetHost) -> Iterator[Reason]:
    limit = limits()["glibc-vsyscall"]
    if at_least(system.glibc, limit.version) or host.vsyscall in ("emulate", "xonly"):
        return
    evidence = [f"glibc {system.glibc}", f"kernel {host.kernel or 'not known'}"]
    id = "vsyscall-missing" if host.vsyscall == "none" else "vsyscall-not-known"
    yield reason(id, evidence, system=system.name)


def _threads(system: System, host: TargetHost) -> Iterator[Reason]:
    limit, engine = limits()["docker-clone3-seccomp"], host.engine
    if engine is None or engine.name != "docker" or at_least(engine.version, limit.version):
        return
    if not at_least(system.glibc, limits()["glibc-clone3"].version):
        return
    evidence = [f"glibc {system.glibc}", f"Docker Engine {engine.version}"]
    yield reason("threads-refused", evidence, system=system.name)

"""Instruction sets: a build for a newer CPU ends in `Illegal instruction` at import."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.images.inside import AVX_PER_MILLION


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the host's CPU has what the build needs."""
    build = subject.build
    if build is None or host.machine not in ("x86_64", "amd64"):
        return
    what = {"framework": subject.framework, "version": subject.version}
    needed = build.needs(subject.version)
    cpu = f"CPU: {host.cpu or 'not named'}"
    if needed == "avx2" and host.flags:
        if "avx2" not in host.flags:
            yield reason("cpu-lacks-avx2", [cpu, f"build: {build.min_cpu}"], **what)
        return
    if (read := _read(subject)) is not None:
        if read and "avx" not in host.flags:
            id = "code-needs-avx" if host.flags else "code-may-need-avx"
            yield reason(id, [cpu, f"{read} uses AVX throughout"])
        return
    if needed == "baseline":
        return
    source = build.sources.min_cpu
    if not host.flags:
        yield reason("cpu-not-known", source=source, **what)
    elif "avx" not in host.flags:
        yield reason("cpu-lacks-avx", [cpu, f"build: {build.min_cpu}"], source=source, **what)


def _read(subject: Subject) -> str | None:
    """The object whose code needs AVX; empty: none does; None: nobody looked."""
    objects = subject.inside.objects if subject.inside else ()
    looked = [one for one in objects if one.ours and one.avx_per_million >= 0]
    if not looked:
        return None
    most = max(looked, key=lambda one: one.avx_per_million)
    return most.path if most.avx_per_million >= AVX_PER_MILLION else ""

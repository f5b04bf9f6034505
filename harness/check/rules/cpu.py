"""Instruction sets: a build for a newer CPU dies with `Illegal instruction` at import."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost
from harness.check.reasons import Reason, reason
from harness.check.subject import Subject
from harness.check.virtual import cpu_type, is_virtual
from harness.images.inside import AVX_PER_MILLION, Inside
from harness.knowledge.library import limits
from harness.knowledge.versions import at_least

_V2 = ("cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3")
"""The CPU flags that x86-64-v2 requires beyond x86-64 (psABI), by the kernel's names."""


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the host's CPU has the instruction sets that the framework and NumPy need."""
    if host.machine not in ("x86_64", "amd64"):
        return
    yield from _framework(subject, host)
    yield from _numpy(subject.inside, host)


def _framework(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    build = subject.build
    if build is None:
        return
    what = {"framework": subject.framework, "version": subject.version}
    needed = build.needs(subject.version)
    cpu = _cpu(host)
    if needed == "avx2" and host.flags:
        if "avx2" not in host.flags:
            evidence = [*cpu, f"build: {build.min_cpu}"]
            yield _lacking("cpu-lacks-avx2", host, evidence, **what)
        return
    if (read := _read(subject)) is not None:
        if read and "avx" not in host.flags:
            evidence = [*cpu, f"{read} uses AVX throughout"]
            if host.flags:
                yield _lacking("code-needs-avx", host, evidence)
            else:
                yield reason("code-may-need-avx", evidence)
        return
    if needed == "baseline":
        return
    source = build.sources.min_cpu
    if not host.flags:
        yield reason("cpu-not-known", source=source, **what)
    elif "avx" not in host.flags:
        evidence = [*cpu, f"build: {build.min_cpu}"]
        yield _lacking("cpu-lacks-avx", host, evidence, source=source, **what)


def _numpy(inside: Inside | None, host: TargetHost) -> Iterator[Reason]:
    """Newer wheels of NumPy need x86-64-v2; they check the CPU before anything else does."""
    limit = limits()["numpy-x86-64-v2"]
    lacking = [flag for flag in _V2 if flag not in host.flags] if host.flags else []
    for version in sorted({v for name, v in _installed(inside) if name == limit.product}):
        if lacking and at_least(version, limit.version):
            evidence = [*_cpu(host), f"it lacks {', '.join(lacking)}", limit.meaning]
            yield _lacking("numpy-lacks-baseline", host, evidence, version=version)


def _installed(inside: Inside | None) -> Iterator[tuple[str, str]]:
    for one in inside.distributions if inside else ():
        yield one.name, one.version


def _cpu(host: TargetHost) -> tuple[str, ...]:
    kind = cpu_type(host)
    shown = f"CPU: {host.cpu or 'not named'}"
    return (shown, f"the CPU type of a virtual machine: {kind}") if kind else (shown,)


def _lacking(id: str, host: TargetHost, evidence: list[str], **facts: str) -> Reason:
    """The reason for a missing instruction set; a variant of it for virtual machines, where the
    CPU type hides the instruction set."""
    if not is_virtual(host):
        return reason(id, evidence, **facts)
    kind = cpu_type(host)
    return reason(f"{id}-virtual", evidence, kind=f" ({kind})" if kind else "", **facts)


def _read(subject: Subject) -> str | None:
    """Path of an object whose code needs AVX; empty if none does, None if none was examined."""
    objects = subject.inside.objects if subject.inside else ()
    looked = [one for one in objects if one.ours and one.avx_per_million >= 0]
    if not looked:
        return None
    most = max(looked, key=lambda one: one.avx_per_million)
    return most.path if most.avx_per_million >= AVX_PER_MILLION else ""

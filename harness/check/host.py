"""The host that an image is checked for: this one, or one described in a file."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.errors import UsageError
from harness.images.untrusted import Unreadable, items, mapping, parse, size, text, texts
from harness.knowledge.gpu_names import capability_of
from harness.knowledge.library import toolkit as toolkit_row
from harness.knowledge.versions import release

LIMIT = 1024**2
FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetEngine:
    """A container engine of the host."""

    name: str
    version: str
    api: str = ""
    minimum_api: str = ""
    runtimes: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    free_bytes: int = 0
    """Free disk space where it keeps its images; 0 if not known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetGpu:
    """A GPU of the host."""

    name: str
    capability: str = ""
    """Compute capability, such as 7.0; empty if neither the driver nor the table gives it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetHost:
    """The properties of a host that decide whether an image runs there."""

    machine: str
    kernel: str = ""
    system: str = ""
    cpu: str = ""
    flags: tuple[str, ...] = ()
    cores: int = 0
    """Processors that a program may run on; 0 if not known."""
    quota: float = 0.0
    """Limit on processor time set by control groups, as a number of processors; 0 if no limit is
    known."""
    vsyscall: str = ""
    """The kernel's vsyscall mode: emulate, xonly or none; empty if not known."""
    cgroup: int = 0
    engines: tuple[TargetEngine, ...] = ()
    gpus: tuple[TargetGpu, ...] = ()
    driver: str = ""
    cuda: str = ""
    """Newest CUDA release that the driver supports, where the driver reports it."""
    toolkit: str = ""
    """Version of NVIDIA's container toolkit; empty if none was found."""
    date: str = ""
    """ISO date of the question; if empty, nothing is said about ends of life."""
    assumed: tuple[str, ...] = ()
    """What was given on the command line instead of being found."""

    @property
    def throttled(self) -> bool:
        """Whether its limit on processor time is lower than its number of processors."""
        return 0 < self.quota < self.cores

    @property
    def virtual(self) -> bool:
        """Whether its CPU flags show that it is a virtual machine."""
        return "hypervisor" in self.flags

    @property
    def engine(self) -> TargetEngine | None:
        """The engine that would run the image; Docker comes before others."""
        return self.engines[0] if self.engines else None


def parse_host(raw: bytes, where: str) -> TargetHost:
    """Read a description as `harness host` writes it. Raises UsageError for anything else."""
    try:
        tree = parse(raw, LIMIT)
    except Unreadable as error:
        raise _refused(where, str(error)) from error
    if tree.get("harness_host") != FORMAT:
        raise _refused(where, f"it has no `harness_host: {FORMAT}`")
    cpu = mapping(tree.get("cpu"))
    machine = text(tree.get("machine"), 40)
    if not machine:
        raise _refused(where, "it does not say what machine it describes")
    return TargetHost(
        machine=machine,
        kernel=text(tree.get("kernel"), 100),
        system=text(tree.get("system"), 100),
        cpu=text(cpu.get("model"), 200),
        flags=texts(cpu.get("flags")),
        cores=max(0, size(cpu.get("cores"))),
        quota=_quota(cpu.get("quota")),
        vsyscall=text(tree.get("vsyscall"), 20),
        cgroup=max(0, size(tree.get("cgroup"))),
        engines=tuple(_engine(mapping(one)) for one in items(tree.get("engines"), 8)),
        gpus=tuple(_gpu(mapping(one)) for one in items(tree.get("gpus"), 64)),
        driver=text(tree.get("driver"), 40),
        cuda=text(tree.get("cuda"), 40),
        toolkit=text(tree.get("toolkit"), 40),
    )


def supposing(host: TargetHost, gpu: str, driver: str) -> TargetHost:
    """The same host with another GPU or driver, as if it had them.

    Raises UsageError for an unknown GPU and for a text that is no driver version.
    """
    if gpu:
        capability = capability_of(gpu)
        host = replace(
            host,
            gpus=(TargetGpu(name=gpu, capability=capability),),
            driver=host.driver if host.gpus else "",
            toolkit=host.toolkit or "assumed",
            assumed=(*host.assumed, f"the GPU {gpu}"),
        )
    if driver:
        if not release(driver):
            raise UsageError(
                f"{driver[:40]!r} is no driver version", remedy="write it as 535.104.05"
            )
        host = replace(
            host, driver=driver, cuda="", assumed=(*host.assumed, f"the driver {driver}")
        )
    return host


def cuda_of_driver(host: TargetHost) -> str:
    """The newest CUDA release the host's driver supports: what the driver reports, else what the
    table has for it; empty if not known."""
    if host.cuda or not host.driver:
        return host.cuda
    from harness.knowledge.library import cuda
    from harness.knowledge.versions import at_least

    known = [one for one in cuda().toolkits if one.driver and at_least(host.driver, one.driver)]
    return known[-1].version if known and toolkit_row(known[-1].version) else ""


def _engine(row: dict[str, object]) -> TargetEngine:
    return TargetEngine(
        name=text(row.get("name"), 40),
        version=text(row.get("version"), 60),
        api=text(row.get("api"), 20),
        minimum_api=text(row.get("minimum_api"), 20),
        runtimes=texts(row.get("runtimes")),
        security=texts(row.get("security")),
        free_bytes=max(0, size(row.get("free_bytes"))),
    )


def _quota(value: object) -> float:
    """A number of processors; 0 for anything else."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and isinstance(value, int | float) and 0 < value < 1e6 else 0.0


def _gpu(row: dict[str, object]) -> TargetGpu:
    name, capability = text(row.get("name"), 100), text(row.get("capability"), 8)
    if len(release(capability)) != 2:
        try:
            capability = capability_of(name)
        except UsageError:
            capability = ""
    return TargetGpu(name=name, capability=capability)


def _refused(where: str, why: str) -> UsageError:
    return UsageError(
        f"{where} does not describe a host: {why}",
        remedy="write one with `harness host --output FILE`",
    )

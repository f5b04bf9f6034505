"""Whether NVIDIA's driver and container toolkit are new enough for the image and the GPU."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.host import TargetHost, cuda_of_driver
from harness.check.reasons import Reason, reason
from harness.check.require_cuda import requirements, unsatisfied
from harness.check.subject import Subject
from harness.errors import UsageError
from harness.knowledge.gpu_names import gpu_named
from harness.knowledge.library import Toolkit, cuda, limits, toolkit
from harness.knowledge.versions import at_least, minor, release


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the driver supports the image's CUDA, and whether a container gets the GPU."""
    build = subject.build
    if build is None or not subject.for_gpu_of(host) or not host.gpus:
        return
    row = toolkit(subject.cuda)
    if not host.driver:
        yield reason("driver-not-known")
        return
    if row is not None:
        yield _enough(row, subject, host)
    yield from _branch(host)
    yield from _requirements(subject, host)
    yield from _toolkit(host)


def _enough(row: Toolkit, subject: Subject, host: TargetHost) -> Reason:
    said = subject.said("cuda")
    full = said if "." in said else ""
    floors = [one.driver for one in row.updates if full and one.release == full]
    floor = floors[0] if floors else row.driver or ""
    evidence = (f"driver {host.driver}", f"CUDA {full or row.version} came with {floor or '?'}")
    facts = {"cuda": row.version, "source": row.source}
    if floor and at_least(host.driver, floor):
        return reason("driver-new-enough", evidence, **facts)
    if row.minor_version_driver and at_least(host.driver, row.minor_version_driver):
        compatible = f"compatible from {row.minor_version_driver}"
        return reason("driver-older-minor", (*evidence, compatible), **facts)
    image = subject.reading.image
    if image is not None and image.environment.get("NV_CUDA_COMPAT_PACKAGE"):
        return reason("driver-too-old-compatible", evidence, **facts)
    return reason("driver-too-old", evidence, **facts)


def _branch(host: TargetHost) -> Iterator[Reason]:
    """A driver that no longer supports the GPU."""
    for gpu in dict.fromkeys(host.gpus):
        for branch in cuda().branches:
            if not branch.architectures or not gpu.capability:
                continue
            first, last = map(release, branch.architectures)
            newest = release(host.driver)[:1]
            if first <= release(gpu.capability) <= last and newest >= (branch.gone_from,):
                yield reason(
                    "driver-left-gpu",
                    [f"branch {branch.branch} is the last for {branch.what}"],
                    driver=host.driver,
                    gpu=gpu.name,
                    branch=str(branch.branch),
                    source=branch.source,
                    id=branch.id,
                )


def _requirements(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    image = subject.reading.image
    known = cuda_of_driver(host)
    if image is None or not known:
        return
    facts = {"cuda": minor(known), "driver": host.driver, "arch": host.gpus[0].capability}
    facts["brand"] = _brand(host.gpus[0].name)
    for name, requirement in requirements(image.environment):
        if lacking := unsatisfied(requirement, facts):
            knows = f"driver {host.driver} knows CUDA {minor(known)}"
            yield reason("requirement-not-met", [f"{name} wants {lacking}", knows])


def _toolkit(host: TargetHost) -> Iterator[Reason]:
    engine, known = host.engine, limits()
    limit = known["docker-gpus-option"]
    if engine and engine.name == "docker" and not at_least(engine.version, limit.version):
        yield reason("docker-without-gpus", [limit.meaning], version=engine.version)
    if not host.toolkit:
        yield reason("no-container-toolkit")
        return
    if not release(host.toolkit):
        return
    limit = known["nvidia-cgroup2"]
    if host.cgroup == 2 and not at_least(host.toolkit, limit.version):
        evidence = [f"toolkit {host.toolkit}, cgroup v2", limit.meaning]
        yield reason("toolkit-without-cgroup2", evidence)
    limit = known["nvidia-toolkit-escape"]
    if not at_least(host.toolkit, limit.version):
        yield reason("toolkit-lets-escape", [f"toolkit {host.toolkit}", limit.meaning])


def _brand(name: str) -> str:
    """NVIDIA's brand of a GPU, as NVIDIA_REQUIRE_CUDA spells it; empty for an unknown GPU."""
    try:
        known = gpu_named(name).name.lower()
    except UsageError:
        return ""
    for words, brand in (
        ("geforce rtx", "geforcertx"),
        ("geforce", "geforce"),
        ("titan rtx", "titanrtx"),
        ("titan", "titan"),
        ("quadro rtx", "quadrortx"),
        ("quadro", "quadro"),
        ("tesla", "tesla"),
        ("rtx", "nvidiartx"),
    ):
        if words in known:
            return brand
    # Data-centre GPUs sold without the name Tesla still carry its brand in the driver.
    return "tesla"

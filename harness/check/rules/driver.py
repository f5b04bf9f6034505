"""NVIDIA's driver and container toolkit against what the image asks of them."""

from __future__ import annotations

from collections.abc import Iterator

from harness.check.foreseen import COMPUTES, COMPUTES_NOT
from harness.check.host import TargetHost, cuda_of_driver
from harness.check.reasons import Confidence, Reason, Weight
from harness.check.require_cuda import requirements, unsatisfied
from harness.check.subject import Subject
from harness.errors import UsageError
from harness.knowledge.explain import cuda_id
from harness.knowledge.gpu_names import gpu_named
from harness.knowledge.library import Toolkit, cuda, limits, toolkit
from harness.knowledge.versions import at_least, minor, release


def reasons(subject: Subject, host: TargetHost) -> Iterator[Reason]:
    """Whether the driver serves the image's CUDA, and a container gets at the GPU."""
    build = subject.build
    if build is None or not subject.for_gpu or not host.gpus:
        return
    row = toolkit(subject.said("cuda") or build.cuda)
    if not host.driver:
        yield Reason(
            weight=Weight.UNTOLD,
            title="which NVIDIA driver the host has is not known",
            remedy="name it with --driver, or describe the host with `harness host --save`",
            confidence=Confidence.TABLE,
        )
        return
    if row is not None:
        yield _enough(row, subject, host)
    yield from _branch(host)
    yield from _requirements(subject, host)
    yield from _toolkit(host)


def _enough(row: Toolkit, subject: Subject, host: TargetHost) -> Reason:
    full = subject.said("cuda")
    floors = [v for k, v in row.driver_by_update.items() if k.split()[0] == full]
    floor = floors[0] if floors else row.driver or ""
    evidence = (f"driver {host.driver}", f"CUDA {full or row.version} came with {floor or '?'}")
    explain = cuda_id(row.version)
    if floor and at_least(host.driver, floor):
        return Reason(
            weight=Weight.FINE,
            title=f"the driver is new enough for CUDA {row.version}",
            evidence=evidence,
            source=row.source,
            confidence=Confidence.TABLE,
            explain=explain,
            foresees=COMPUTES,
        )
    if row.minor_version_driver and at_least(host.driver, row.minor_version_driver):
        return Reason(
            weight=Weight.CHANGE,
            title=f"the driver is older than CUDA {row.version}'s own: most of it works by "
            "minor-version compatibility, compiling PTX does not",
            evidence=(*evidence, f"compatible from {row.minor_version_driver}"),
            remedy="update the driver",
            source=row.source,
            confidence=Confidence.TABLE,
            explain="minor-version-compatibility",
            foresees=COMPUTES,
        )
    compat = subject.reading.image is not None and subject.reading.image.environment.get(
        "NV_CUDA_COMPAT_PACKAGE"
    )
    return Reason(
        weight=Weight.CPU,
        title=f"the driver is too old for CUDA {row.version}",
        evidence=evidence,
        remedy="update the driver"
        + ("; on a data-centre GPU the image's own compatibility package may do" if compat else ""),
        source=row.source,
        confidence=Confidence.TABLE,
        explain="driver-insufficient",
        foresees=COMPUTES_NOT,
    )


def _branch(host: TargetHost) -> Iterator[Reason]:
    """A driver that no longer drives the GPU."""
    for gpu in dict.fromkeys(host.gpus):
        for branch in cuda().branches:
            if not branch.architectures or not gpu.capability:
                continue
            first, last = map(release, branch.architectures)
            gone = release(branch.gone_from.lstrip("R"))
            if first <= release(gpu.capability) <= last and release(host.driver)[:1] >= gone:
                yield Reason(
                    weight=Weight.CPU,
                    title=f"driver {host.driver} no longer drives the {gpu.name}",
                    evidence=(f"branch {branch.branch} is the last for {branch.what}",),
                    remedy=f"a driver of branch {branch.branch}",
                    source=branch.source,
                    confidence=Confidence.TABLE,
                    explain=f"driver-{branch.id}",
                    foresees=COMPUTES_NOT,
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
            yield Reason(
                weight=Weight.CPU,
                title="NVIDIA's toolkit refuses to start it on this driver",
                evidence=(
                    f"{name} wants {lacking}",
                    f"driver {host.driver} knows CUDA {minor(known)}",
                ),
                remedy="update the driver; NVIDIA_DISABLE_REQUIRE=1 starts it all the same, "
                "for the CPU",
                source="the image's environment",
                confidence=Confidence.READ,
                explain="require-cuda",
            )


def _toolkit(host: TargetHost) -> Iterator[Reason]:
    engine = host.engine
    limit = limits()["docker-gpus-option"]
    if engine and engine.name == "docker" and not at_least(engine.version, limit.version):
        yield Reason(
            weight=Weight.CHANGE,
            title=f"Docker Engine {engine.version} does not know --gpus",
            evidence=(limit.meaning,),
            remedy=limit.remedy,
            source=limit.source,
            confidence=Confidence.TABLE,
            explain=limit.id,
        )
    if not host.toolkit:
        yield Reason(
            weight=Weight.CHANGE,
            title="NVIDIA's container toolkit was not found: no container gets at the GPU",
            remedy="install nvidia-container-toolkit, then `nvidia-ctk runtime configure`",
            source="https://github.com/NVIDIA/nvidia-docker/issues/1034",
            confidence=Confidence.MEASURED,
            explain="gpu-driver-select",
        )
        return
    devices = limits()["nvidia-cgroup2"]
    if host.cgroup == 2 and release(host.toolkit) and not at_least(host.toolkit, devices.version):
        yield Reason(
            weight=Weight.CPU,
            title="NVIDIA's container toolkit cannot give a GPU to a container on this host",
            evidence=(f"toolkit {host.toolkit}, cgroup v2", devices.meaning),
            remedy=devices.remedy,
            source=devices.source,
            confidence=Confidence.TABLE,
            explain=devices.id,
            foresees=COMPUTES_NOT,
        )
    escape = limits()["nvidia-toolkit-escape"]
    if release(host.toolkit) and not at_least(host.toolkit, escape.version):
        yield Reason(
            weight=Weight.CHANGE,
            title="NVIDIA's container toolkit lets an image become root on this host",
            evidence=(f"toolkit {host.toolkit}", escape.meaning),
            remedy=escape.remedy,
            source=escape.source,
            confidence=Confidence.TABLE,
            explain=escape.id,
        )


def _brand(name: str) -> str:
    """NVIDIA's brand of a GPU, as its requirement language knows it."""
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

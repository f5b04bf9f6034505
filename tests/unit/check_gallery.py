"""Images and hosts that between them get every reason that the knowledge base has a row for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from harness.check.claims import Claim, ClaimOrigin
from harness.check.host import TargetEngine, TargetHost
from harness.check.reasons import Reason
from harness.check.rules import all_reasons
from harness.check.subject import Subject, subject_of
from harness.images.carried import CarriedPackage
from harness.images.inside import Damage, Distribution, Inside, SharedObject
from harness.images.manifest import Form
from harness.images.owners import Overlap
from harness.images.sightings import Sighting
from harness.knowledge import frameworks
from tests.unit.check_builders import DIGEST, HERE, cpu_image, host, legacy_gpu, reading

PYTHON = "usr/local/bin/python3"
PYTHONS = {PYTHON: f"{PYTHON}.6", f"{PYTHON}.6": f"{PYTHON}.6"}
SITE = "usr/local/lib/python3.6/site-packages"
CORE = f"{SITE}/tensorflow/python/_core.so"
V100 = host(gpu="Tesla V100-SXM2-16GB", capability="7.0")
A100 = host(gpu="NVIDIA A100", capability="8.0", driver="450.80.02", toolkit="1.5.0")


def docker(version: str) -> tuple[TargetEngine, ...]:
    return (TargetEngine(name="docker", version=version, free_bytes=10**9),)


KVM64 = host(cpu="Common KVM processor", flags=("hypervisor", "sse2"))
SANDY = host(cpu="Intel Xeon E312xx (Sandy Bridge)", flags=("avx", "hypervisor", "sse2"))
HOSTS = (
    HERE,
    V100,
    A100,
    host(flags=()),
    host(flags=("sse2",)),
    host(engines=()),
    host(engines=(TargetEngine(name="podman", version="4.3.1"),)),
    host(engines=docker("20.10.5"), vsyscall="none"),
    host(engines=docker("29.1"), vsyscall="", machine="aarch64"),
    host(engines=docker("29.1"), vsyscall=""),
    host(gpu="Tesla K80", capability="3.7", driver="590.1", engines=docker("18.09")),
    host(gpu="Tesla K80", capability="3.7", driver=""),
    host(gpu="Tesla P100", capability="6.0", driver="352.39", toolkit=""),
    host(gpu="Tesla C2050", capability="2.0"),
    host(gpu="NVIDIA H100", capability="9.0"),
    host(gpu="Odd", capability=""),
    host(cores=4, quota=1.5),
    KVM64,
    SANDY,
)


def installed(*names: str) -> tuple[Distribution, ...]:
    return tuple(
        Distribution(
            name=name.partition("=")[0],
            version=name.partition("=")[2],
            python="3.6",
            prefix="usr/local",
            path=f"{SITE}/{name.replace('=', '-')}.dist-info/METADATA",
        )
        for name in names
    )


def core(**changes: Any) -> SharedObject:
    return SharedObject(path=CORE, ours=True, **changes)


def system(*provided: str) -> SharedObject:
    return SharedObject(path="lib/libc.so.6", ours=False, provides=provided)


def insides(version: str) -> Iterator[Inside]:
    """What an image with that release may hold."""
    own = f"tensorflow={version}"
    whole = Inside(
        distributions=installed(own, "protobuf=4.24.4", "numpy=1.26.0", "setuptools=82.0"),
        pythons={PYTHON: f"{PYTHON}.6", f"{PYTHON}.6": f"{PYTHON}.6"},
        system="ubuntu-16.04",
    )
    yield whole
    yield replace(whole, system="centos-5", objects=(core(avx_per_million=500.0),))
    yield replace(whole, problems=("layer 1: it is cut",))
    yield replace(whole, distributions=installed(own, "numpy=2.4.0"))
    yield replace(whole, distributions=installed("six=1.16"))
    yield replace(whole, pythons={})
    yield replace(whole, pythons={"opt/bin/python3.6": "opt/bin/python3.6"})
    other = {PYTHON: f"{PYTHON}.5", f"{PYTHON}.5": f"{PYTHON}.5", f"{PYTHON}.6": f"{PYTHON}.6"}
    yield replace(whole, pythons=other)
    yield replace(whole, objects=(core(problem="cut"),))
    yield replace(whole, objects=(replace(core(problem="cut"), path=f"{SITE}/a/b/c/_x.so"),))
    yield replace(whole, objects=(core(needed=("libodd.so.1",)),))
    yield replace(whole, objects=(core(needed=("libcublas.so.8.0",)),))
    wanted = core(requires=("GLIBC_2.17", "GLIBCXX_3.4.19"))
    yield replace(whole, objects=(wanted,))
    yield replace(whole, objects=(wanted, system("GLIBC_2.15", "GLIBCXX_3.4.15")))
    numpy = Damage(
        name="numpy",
        version="1.26.0",
        folder=SITE,
        missing=("numpy/__init__.py", "numpy/odd.py"),
        altered=("numpy/odd2.py",),
    )
    yield replace(whole, damages=(numpy,))
    h5py = replace(numpy, name="h5py", missing=("h5py/h5.py", "h5py/__init__.py"), altered=())
    yield replace(whole, damages=(h5py,))
    yield from loadings(whole)


def elf(path: str, **more: Any) -> SharedObject:
    values: dict[str, Any] = {"ours": False, "bits": 64, "machine_number": 62, "size": 10**4}
    return SharedObject(path=path, **(values | more))


def loadings(whole: Inside) -> Iterator[Inside]:
    """What the dynamic loader may run into."""
    program = elf(f"{PYTHON}.6", interpreter="/lib64/ld-linux-x86-64.so.2")

    def inside(*objects: SharedObject, **more: Any) -> Inside:
        own = {"machine": "x64", "bits": 64, "machine_number": 62} | more
        return replace(whole, objects=(program, core(**own), *objects))

    def library(path: str, **more: Any) -> SharedObject:
        return elf(path, soname=path.rpartition("/")[2], **more)

    yield inside()
    yield inside(needed=("libodd.so.1",))
    yield inside(needed=("libcublas.so.8.0",))
    yield inside(library("opt/odd/libodd.so.1"), needed=("libodd.so.1",))
    yield inside(library("lib64/libodd.so.1", problem="it is cut off"), needed=("libodd.so.1",))
    odd = library("lib64/libodd.so.1", provides=("ODD_1", "GLIBC_2.2.5", "GLIBCXX_3.4"))
    wants = tuple(("libodd.so.1", one) for one in ("ODD_2", "GLIBC_2.17", "GLIBCXX_3.4.19"))
    yield inside(odd, needed=("libodd.so.1",), wants=wants)
    yield inside(undefined="nobody_gives_it")
    yield inside(library("lib64/libodd.so.1", unread="too many"), needed=("libodd.so.1",))
    more = elf(f"{SITE}/more/_ops.so", needed=("_core.so",), undefined="of_another_release")
    yield inside(more, soname="_core.so")
    opening = {"opened": ("libcuda.so.1", "libhdfs.so")}
    yield inside(library("lib64/stubs/libcuda.so.1"), runpath="/lib64/stubs", **opening)
    path = "usr/local/cuda/lib64"
    names = frameworks_libraries()
    yield inside(*(library(f"{path}/{name}") for name in names), **opening)
    older = library("lib64/libcudart.so.7.0")
    yield inside(older, needed=("libcudart.so.7.0",), runpath=f"/{path}", **opening)
    mixed = (older, *(library(f"{path}/{name}") for name in names))
    yield inside(*mixed, needed=("libcudart.so.7.0",), runpath=f"/{path}", **opening)
    changed = library("lib64/libodd.so.1", sums=frozenset({"md5:1"}))
    recorded = {"lib64/libodd.so.1": frozenset({"md5:2"})}
    yield replace(inside(changed, needed=("libodd.so.1",)), sums=recorded)
    ctypes = "usr/local/lib/python3.6/lib-dynload/_ctypes.cpython-36m-x86_64-linux-gnu.so"
    yield replace(inside(), sums={ctypes: frozenset({"md5:1"})})
    lacking = replace(program, needed=("libodd.so.1",))
    yield replace(whole, objects=(lacking, core()))


def frameworks_libraries() -> tuple[str, ...]:
    """Every library that some release opens when it runs."""
    rows = frameworks.builds("tensorflow").values()
    return tuple(sorted({name for row in rows for name in row.gpu_library_sonames}))


def asking(own: str, *lines: str, told: bool = True) -> Distribution:
    """The framework's distribution, with what it requires."""
    (one,) = installed(own)
    return replace(one, requires=lines, told=told)


def account_less(version: str) -> Iterator[Inside]:
    """Frameworks that none of their own distributions brought, and nothing at all."""
    pythons = PYTHONS
    package = CarriedPackage(
        name="tensorflow", folder=SITE, version=version, owners=(), installed=True
    )
    yield Inside()
    yield Inside(pythons=pythons, distributions=installed(f"tf-nightly={version}"))
    yield Inside(pythons=pythons, carried=(package,))
    yield Inside(pythons=pythons, carried=(replace(package, version=""),))
    owned = replace(package, owners=("somebody-else",))
    yield Inside(
        pythons=pythons, carried=(owned,), distributions=installed(f"somebody-else={version}")
    )


def requiring(version: str) -> Iterator[Inside]:
    """What is installed beside it fits, does not, is not there, or is not asked about."""
    own = f"tensorflow={version}"
    numpy = installed("numpy=1.16.0", "setuptools=60.0", "odd=1.0")
    whole = Inside(
        pythons=PYTHONS,
        modules=frozenset(
            one.module for one in frameworks.conflicts("tensorflow") if one.absent and one.module
        ),
    )
    for lines in (
        ("numpy>=1.0",),
        ("numpy>=1.17",),
        ("termcolor>=1",),
        ("odd>=2",),
        ("numpy >>> 1",),
    ):
        yield replace(whole, distributions=(asking(own, *lines), *numpy))
    yield replace(whole, distributions=(asking(own, told=False), *numpy))
    for names, kept in (
        (("tensorflow", "tensorflow-gpu"), "tensorflow"),
        (("tensorflow", "tensorflow-gpu"), ""),
        (("numpy", "odd"), "odd"),
    ):
        over = Overlap(
            folder=SITE, names=names, versions=("1", "2"), count=9, kept=kept, mixed=not kept
        )
        yield replace(whole, distributions=(asking(own), *numpy), overlaps=(over,))


def without_objects(subject: Subject, where: TargetHost = HERE) -> list[Reason]:
    """Every reason of an image of which only accounts are given: what its loader would load is left
    out, since there is nothing to load."""
    return [one for one in all_reasons(subject, where) if one.rule != "loader-not-told"]


def pairs() -> Iterator[tuple[Subject, TargetHost]]:
    """Every image with every host that matters to it."""
    for subject in opened():
        for where in (HERE, V100, host(flags=("sse2",)), host(flags=()), KVM64):
            yield subject, where
    for subject in closed():
        for where in HOSTS:
            yield subject, where


def opened() -> Iterator[Subject]:
    """Images that were looked into."""
    for version in ("1.2.1", "2.4.0", "2.11.0"):
        config = cpu_image(version)
        config["config"]["Env"] = ["PATH=/usr/local/bin:/usr/bin"]
        told = reading(config, f"tensorflow/tensorflow:{version}-gpu-py3")
        for inside in (*insides(version), *account_less(version), *requiring(version)):
            yield subject_of(told, inside)
        yield from with_variables(config, version)
        config["config"]["Cmd"] = ["python3.7", "train.py"]
        other = {**PYTHONS, "usr/local/bin/python3.7": "usr/local/bin/python3.7"}
        yield subject_of(
            reading(config), Inside(distributions=installed(f"tensorflow={version}"), pythons=other)
        )


def with_variables(config: dict[str, Any], version: str) -> Iterator[Subject]:
    """Images with a variable that breaks their Python or the framework."""
    package = f"{SITE}/tensorflow/python"
    inside = Inside(
        distributions=installed(f"tensorflow={version}"),
        pythons=PYTHONS,
        hiding={package: ("platform", "types")},
    )
    for variable in (
        "PYTHONHOME=/nowhere",
        "PYTHONHASHSEED=none",
        f"PYTHONPATH=/work:/{package}",
        "PYTHONOPTIMIZE=2",
        "PYTHONWARNINGS=error",
    ):
        own = dict(config["config"], Env=[*config["config"]["Env"], variable])
        yield subject_of(reading({**config, "config": own}), inside)
    other = replace(inside, distributions=installed("tensorflow=2.15.0"))
    yield subject_of(reading({**config, "config": own}), other)


def closed() -> Iterator[Subject]:
    """Images of which only the configuration was read."""
    for version in ("1.4.0", "1.5.0", "2.3.4", "2.11.0", "2.20.0", "2.99.0"):
        for tag in (version, f"{version}-gpu", "9.9.9"):
            yield subject_of(reading(cpu_image(version), f"tensorflow/tensorflow:{tag}"))
    yield subject_of(reading())
    yield subject_of(reading(form=Form.LEGACY, image=None))
    yield subject_of(reading(form=Form.INDEX, image=None))
    yield subject_of(reading(form=Form.OTHER, image=None))
    yield subject_of(reading(problem="it is no JSON"))
    yield subject_of(reading({"architecture": "amd64"}, "127.0.0.1:5000/own:1"))
    yield subject_of(reading({"architecture": "amd64"}, "tensorflow/tensorflow:2.5.0"))
    old = legacy_gpu()
    old["config"] |= {
        "Env": ["CUDA_VERSION=9.0.176", "CUDNN_VERSION=7.0", "NV_CUDA_COMPAT_PACKAGE=cuda-compat"],
        "Volumes": {"/data": {}},
    }
    yield subject_of(reading(old))
    for change in ("LANG=en_US.UTF-8", "NVIDIA_DRIVER_CAPABILITIES=utility"):
        other = legacy_gpu()
        variables = [one for one in other["config"]["Env"] if "CAPABILITIES" not in one]
        other["config"] = other["config"] | {"Env": [*variables, change]}
        yield subject_of(reading(other))
    yield from moved()
    opened = cpu_image("2.11.0")
    opened["config"]["Env"] += ["CUDA_VERSION=10.1.243", "CUDNN_VERSION=7.6.5"]
    yield subject_of(reading(opened, "tensorflow/tensorflow:2.11.0-gpu"))
    # A toolkit of which nobody knows what it makes code for.
    opened = cpu_image("2.9.1")
    opened["config"]["Env"] += ["CUDA_VERSION=99.9", "NVIDIA_REQUIRE_CUDA=cuda>=99.9"]
    yield subject_of(reading(opened, "tensorflow/tensorflow:2.9.1-gpu"))
    about = subject_of(reading(cpu_image("1.5.0"), "tensorflow/tensorflow:1.5.0-gpu"))
    centos = Claim(what="system", value="centos-6", origin=ClaimOrigin.CONTENT, evidence=DIGEST)
    yield replace(about, claims=(*about.claims, centos))


def moved() -> Iterator[Subject]:
    """Images whose tags named others before, or promise to be new."""
    config = cpu_image("2.15.0")
    before = Sighting(
        digest="sha256:" + "cd" * 32,
        first="2026-01-01T00:00:00Z",
        last="2026-02-01T00:00:00Z",
        said={"framework": "tensorflow 1.2.1", "python": "2.7"},
    )
    alike = replace(before, said={"framework": "tensorflow 2.15.0"})
    told = subject_of(reading(config, "tensorflow/tensorflow:latest"))
    for one in (before, alike):
        yield replace(told, seen=(one,))
    yield subject_of(reading(config, "tensorflow/tensorflow:nightly"))
    yield subject_of(reading({"architecture": "amd64"}, "own:latest"))

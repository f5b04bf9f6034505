"""Images and hosts that between them get every reason that the knowledge base has a row for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from check_builders import DIGEST, HERE, cpu_image, host, legacy_gpu, reading

from harness.check.claims import Claim, ClaimOrigin
from harness.check.host import TargetEngine, TargetHost
from harness.check.subject import Subject, subject_of
from harness.images.inside import Damage, Distribution, Inside, SharedObject
from harness.images.manifest import Form

PYTHON = "usr/local/bin/python3"
SITE = "usr/local/lib/python3.6/site-packages"
CORE = f"{SITE}/tensorflow/python/_core.so"
V100 = host(gpu="Tesla V100-SXM2-16GB", capability="7.0")
A100 = host(gpu="NVIDIA A100", capability="8.0", driver="450.80.02", toolkit="1.5.0")


def docker(version: str) -> tuple[TargetEngine, ...]:
    return (TargetEngine(name="docker", version=version, free_bytes=10**9),)


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


def pairs() -> Iterator[tuple[Subject, TargetHost]]:
    """Every image with every host that matters to it."""
    for subject in opened():
        for where in (HERE, V100, host(flags=("sse2",)), host(flags=())):
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
        for inside in insides(version):
            yield subject_of(told, inside)


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

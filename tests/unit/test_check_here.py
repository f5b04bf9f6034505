"""What the host, and how a container is started on it, make of an image that is good elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.check.host import TargetHost, parse_host
from harness.check.page import CheckPage, page_of
from harness.check.reasons import Reason, ReuseAnswer, Weight
from harness.check.rules import all_reasons
from harness.check.subject import subject_of
from harness.images.inside import Inside
from harness.serial import readable
from tests.unit.check_builders import HERE, cpu_image, host, legacy_gpu, page, reading
from tests.unit.check_gallery import KVM64, SANDY, installed

CPU = "tensorflow/tensorflow:2.15.0"
HOST_TYPE = "give the virtual machine the CPU type of its host"


def of(config: dict[str, Any], name: str = CPU, where: TargetHost = HERE) -> CheckPage:
    return page(reading(config, name), where)


def told(found: CheckPage, words: str) -> list[Reason]:
    return [one for one in found.reasons if words in one.title]


# --- CPU types -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("Common KVM processor", " (kvm64)"),
        ("QEMU Virtual CPU version 2.5+", " (qemu64, or one that is made from it)"),
        ("Intel Core i7 9xx (Nehalem Class Core i7)", " (Nehalem)"),
        ("Some Cloud CPU", ""),
    ],
)
def test_a_virtual_machine_without_avx_is_told_by_its_cpu_type(model: str, kind: str) -> None:
    where = host(cpu=model, flags=("hypervisor", "sse2"))
    found = of(cpu_image("2.15.0"), where=where)
    (why,) = told(found, "needs AVX")
    assert f"the CPU type of this virtual machine{kind} does not show" in why.title
    assert HOST_TYPE in why.remedy
    assert ReuseAnswer.NOT is found.answer
    assert "" == found.run


def test_a_known_type_needs_no_flag_of_a_hypervisor() -> None:
    """Some hypervisors hide that flag too."""
    found = of(cpu_image("2.15.0"), where=replace(KVM64, flags=("sse2",)))
    assert HOST_TYPE in told(found, "needs AVX")[0].remedy


def test_a_real_cpu_without_avx_is_no_virtual_machine() -> None:
    found = of(cpu_image("2.15.0"), where=host(cpu="An Atom", flags=("sse2",)))
    (why,) = told(found, "needs AVX")
    assert "this CPU lacks" in why.title
    assert "virtual" not in why.remedy


def test_avx2_is_told_apart() -> None:
    (why,) = told(of(cpu_image("2.4.0"), where=SANDY), "needs AVX2")
    assert "does not show" in why.title
    assert "has AVX2" in why.remedy


def test_what_needs_no_avx_runs_on_the_oldest_type() -> None:
    found = of(cpu_image("1.2.1"), "tensorflow/tensorflow:1.2.1", KVM64)
    assert [] == told(found, "AVX")


V2 = ("cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3")


def with_numpy(version: str, where: TargetHost, framework: str = "1.2.1") -> list[Reason]:
    config = cpu_image(framework)
    inside = Inside(distributions=installed(f"tensorflow={framework}", f"numpy={version}"))
    about = subject_of(reading(config, f"tensorflow/tensorflow:{framework}"), inside)
    found = page_of(about, where, all_reasons(about, where))
    return told(found, f"numpy {version} cannot be imported")


@pytest.mark.parametrize("version", ["2.4.0", "2.4.0rc1", "2.10.1", "3.0"])
def test_later_numpy_does_not_start_below_x86_64_v2(version: str) -> None:
    (why,) = with_numpy(version, KVM64)
    assert f"numpy {version} cannot be imported in this virtual machine" in why.title
    assert HOST_TYPE in why.remedy
    assert "numpy<2.4" in why.remedy
    (bare,) = with_numpy(version, host(cpu="Old", flags=("sse2", "avx", "avx2")))
    assert f"numpy {version} cannot be imported on this CPU" in bare.title


def test_numpy_that_fits_is_not_mentioned() -> None:
    whole = host(flags=("avx", "avx2", "sse2", *V2))
    assert [] == with_numpy("2.4.0", whole)
    assert [] == with_numpy("2.3.5", KVM64)
    assert [] == with_numpy("2.4.0", host(flags=()))
    assert [] == with_numpy("2.4.0", replace(KVM64, machine="aarch64"))
    for lacking in V2:
        assert with_numpy("2.4.0", replace(whole, flags=tuple({*whole.flags} - {lacking})))


# --- locale --------------------------------------------------------------------------------------

OLD = "tensorflow/tensorflow:1.4.0-py3"


def spoken(python: str, *variables: str, step: str = "") -> CheckPage:
    config = cpu_image("1.4.0")
    config["config"]["Env"] = [f"PYTHON_VERSION={python}", *variables]
    config["history"].append({"created_by": step})
    return of(config, OLD)


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ((), "LANG=C.UTF-8"),
        (("LANG=",), "LANG=C.UTF-8"),
        (("LANG=C",), "LANG=C.UTF-8"),
        (("LANG=POSIX",), "LANG=C.UTF-8"),
        (("LC_ALL=C", "LANG=C.UTF-8"), "LC_ALL=C.UTF-8"),
        (("LC_CTYPE=POSIX", "LANG=C.UTF-8"), "LC_CTYPE=C.UTF-8"),
        (("PYTHONIOENCODING=utf-8",), "LANG=C.UTF-8"),
    ],
)
def test_an_old_python_without_a_locale_writes_ascii(
    variables: tuple[str, ...], wanted: str
) -> None:
    found = spoken("3.6", *variables)
    (why,) = told(found, "as ASCII")
    assert f"-e {wanted}" == why.remedy
    assert f"-e {wanted} " in found.run
    assert Weight.NOTE is why.weight


@pytest.mark.parametrize("python", ["3.7", "3.11", "2.7", "3"])
def test_nothing_is_said_of_other_pythons(python: str) -> None:
    found = spoken(python)
    assert [] == told(found, "ASCII")
    assert "LANG" not in found.run


@pytest.mark.parametrize("variables", [("LANG=C.UTF-8",), ("LC_ALL=C.utf8", "LANG=C")])
def test_nothing_is_said_where_a_locale_that_is_always_there_is_asked_for(
    variables: tuple[str, ...],
) -> None:
    assert [] == told(spoken("3.5", *variables), "ASCII")


def test_a_locale_that_nobody_installed_may_be_missing() -> None:
    (why,) = told(spoken("3.5", "LANG=en_US.UTF-8"), "ASCII")
    assert "no step of its history installs one" in why.title
    there = spoken("3.5", "LANG=en_US.UTF-8", step="RUN apt-get install locales && locale-gen")
    assert [] == told(there, "ASCII")


def test_an_old_c_library_has_another_locale() -> None:
    config = cpu_image("1.4.0")
    config["config"]["Env"] = []
    inside = Inside(distributions=installed("tensorflow=1.4.0"), system="centos-7")
    about = subject_of(reading(config, OLD), inside)
    found = [one for one in all_reasons(about, HERE) if "ASCII" in one.title]
    assert ["-e LANG=en_US.UTF-8"] == [one.remedy for one in found]


# --- what NVIDIA's driver is asked for -----------------------------------------------------------


def asking(capabilities: str | None, where: TargetHost) -> CheckPage:
    config = legacy_gpu()
    variables = [one for one in config["config"]["Env"] if "CAPABILITIES" not in one]
    if capabilities is not None:
        variables.append(f"NVIDIA_DRIVER_CAPABILITIES={capabilities}")
    config["config"] = config["config"] | {"Env": variables}
    return of(config, "tensorflow/tensorflow:1.2.1-gpu-py3", where)


K80 = host(gpu="Tesla K80", capability="3.7", driver="470.256.02")


@pytest.mark.parametrize("capabilities", ["utility", "utility,video", "graphics, utility"])
def test_a_gpu_that_is_not_asked_to_compute(capabilities: str) -> None:
    found = asking(capabilities, K80)
    (why,) = told(found, "not for compute")
    assert ReuseAnswer.CHANGES is found.answer
    assert "capabilities=compute,utility" in why.remedy
    assert "-e NVIDIA_DRIVER_CAPABILITIES=compute" in found.run


@pytest.mark.parametrize("capabilities", ["compute,utility", "all", "utility, compute"])
def test_a_gpu_that_is_asked_to_compute(capabilities: str) -> None:
    found = asking(capabilities, K80)
    assert ReuseAnswer.REUSE is found.answer
    assert [] == told(found, "NVIDIA's driver: older") + told(found, "not for compute")


def test_where_nothing_is_said_the_toolkit_decides() -> None:
    for nothing in (None, ""):
        (why,) = told(asking(nothing, K80), "older container toolkits")
        assert Weight.NOTE is why.weight
    assert [] == told(asking(None, HERE), "older container toolkits")


def test_what_an_image_says_becomes_no_part_of_a_command() -> None:
    found = asking("utility -v /:/host", K80)
    assert "/host" not in found.run
    assert "-e NVIDIA_DRIVER_CAPABILITIES=compute,utility " in found.run


# --- quota ---------------------------------------------------------------------------------------


def described(**cpu: object) -> TargetHost:
    tree = {"harness_host": 1, "machine": "x86_64", "cpu": {"flags": ["avx", "avx2"], **cpu}}
    return parse_host(readable(tree).encode(), "host.json")


def test_a_quota_is_told_with_what_is_visible() -> None:
    found = of(cpu_image("2.15.0"), where=described(cores=8, quota=1.5))
    (why,) = told(found, "may use the time of 1.5 processors, and see 8")
    assert Weight.NOTE is why.weight
    assert "--cpuset-cpus" in why.remedy
    assert dict(found.host)["CPU"].endswith("the time of 1.5 of 8 processors")


@pytest.mark.parametrize("quota", [0, 8, 9.5, -1, True, "2", None, float("inf"), float("nan")])
def test_what_is_no_quota_is_not_told(quota: object) -> None:
    cpu = {"flags": ["avx"], "cores": 8, "quota": quota}
    raw = json.dumps({"harness_host": 1, "machine": "x86_64", "cpu": cpu}).encode()
    found = of(cpu_image("2.15.0"), where=parse_host(raw, "host.json"))
    assert [] == told(found, "may use the time")
    assert "the time of" not in dict(found.host)["CPU"]

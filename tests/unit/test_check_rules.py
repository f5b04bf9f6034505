"""The answer: what decides it, and that nothing known is never `reuse`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check import rules
from harness.check.foreseen import IMPORTS, IMPORTS_NOT, STARTS_NOT, Foreseen
from harness.check.gpu_code import Fit, GpuCode
from harness.check.host import TargetEngine, TargetGpu, TargetHost
from harness.check.page import CheckPage
from harness.check.reasons import Confidence, Reason, ReuseAnswer, Weight, answer_to, in_order
from harness.check.require_cuda import requirements, unsatisfied
from harness.errors import Exit
from harness.images.manifest import Form, Manifest
from harness.knowledge.entries import entries
from tests.unit.check_builders import HERE, cpu_image, host, legacy_gpu, page, reading

CPU = "tensorflow/tensorflow:2.15.0"


def why(found: CheckPage, weight: Weight) -> list[str]:
    """Ids (else titles) of the reasons of one weight."""
    return [one.explain or one.title for one in found.reasons if one.weight is weight]


def of_cpu(version: str = "2.15.0", where: TargetHost = HERE, **options: Any) -> CheckPage:
    image = cpu_image(version, **options)
    return page(reading(image, f"tensorflow/tensorflow:{version}"), where)


GPU_HOSTS = [
    (ReuseAnswer.REUSE, [], "Tesla K80", "3.7", "470.256.02"),
    (ReuseAnswer.REUSE, [], "GeForce GTX 980", "5.2", "375.26"),
    (ReuseAnswer.CHANGES, ["ptx-jit-slow"], "Tesla P100", "6.0", "535.104.05"),
    (ReuseAnswer.CHANGES, ["ptx-jit-slow"], "Tesla V100", "7.0", "535.104.05"),
    (ReuseAnswer.CPU, ["ampere-needs-cuda-11"], "NVIDIA A100", "8.0", "535.104.05"),
    (ReuseAnswer.CPU, ["ampere-needs-cuda-11"], "NVIDIA H200", "9.0", "580.65.06"),
    (ReuseAnswer.CPU, ["driver-r470"], "Tesla K80", "3.7", "535.104.05"),
    (ReuseAnswer.CPU, ["driver-insufficient"], "Tesla K80", "3.7", "367.48"),
    (ReuseAnswer.CPU, ["driver-insufficient", "require-cuda"], "Tesla K80", "3.7", "361.0"),
    (ReuseAnswer.CPU, ["no-kernel-image"], "GeForce GTX 480", "2.0", "390.46"),
    (ReuseAnswer.UNTOLD, ["which NVIDIA driver the host has is not known"], "Tesla K80", "3.7", ""),
    (ReuseAnswer.UNTOLD, ["it is not known what the GPU Odd can do"], "Odd", "", "535.104.05"),
]


@pytest.mark.parametrize(("answer", "ids", "gpu", "capability", "driver"), GPU_HOSTS)
def test_the_legacy_gpu_image_on_hosts_with_a_gpu(
    answer: ReuseAnswer, ids: list[str], gpu: str, capability: str, driver: str
) -> None:
    found = page(where=host(gpu=gpu, capability=capability, driver=driver))
    deciding = [one.explain or one.title for one in found.reasons]
    assert answer is found.answer
    assert set(ids) <= set(deciding)
    if answer is ReuseAnswer.REUSE:
        assert not [one for one in found.reasons if one.weight not in (Weight.NOTE, Weight.FINE)]
        assert "--gpus all" in found.run


def test_without_a_gpu_a_build_that_links_cuda_cannot_even_be_imported() -> None:
    found = page()
    assert ReuseAnswer.NOT is found.answer
    assert Exit.FINDINGS is found.answer.exit
    assert ["libcuda-missing"] == why(found, Weight.BLOCKS)
    assert "" == found.run


def later_gpu(version: str = "1.14.0") -> dict[str, Any]:
    config = legacy_gpu()
    config["history"][-1] = {"created_by": f"pip install tensorflow-gpu=={version}"}
    environment = {"CUDA_VERSION": "10.0.130", "CUDNN_VERSION": "7.4.1.5"}
    config["config"] = config["config"] | {
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "Labels": {},
    }
    return config


def test_without_a_gpu_a_later_build_serves_the_cpu() -> None:
    found = page(reading(later_gpu(), "x.example/mine:1"))
    assert ReuseAnswer.CPU is found.answer
    assert "--gpus" not in found.run


def test_a_cpu_image_of_today_is_reused() -> None:
    found = of_cpu()
    assert (ReuseAnswer.REUSE, Exit.OK) == (found.answer, found.answer.exit)
    assert "tensorflow 2.15.0, for the CPU" == found.purpose  # its Python is only promised
    assert "docker run --rm -it tensorflow/tensorflow:2.15.0" == found.run


@pytest.mark.parametrize(
    ("answer", "ids", "changes"),
    [
        (ReuseAnswer.NOT, ["avx-sigill"], {"flags": ("sse2",)}),
        (ReuseAnswer.UNTOLD, ["avx-sigill"], {"flags": ()}),
        (ReuseAnswer.NOT, ["exec-format"], {"machine": "aarch64"}),
        (
            ReuseAnswer.NOT,
            ["docker-clone3-seccomp"],
            {"engines": (TargetEngine(name="docker", version="20.10.5"),)},
        ),
        (
            ReuseAnswer.REUSE,
            [],
            {"engines": (TargetEngine(name="docker", version="20.10.24+dfsg1"),)},
        ),
        (ReuseAnswer.CHANGES, ["no container engine answers here"], {"engines": ()}),
        (
            ReuseAnswer.CHANGES,
            ["there is not enough disk for it"],
            {"engines": (TargetEngine(name="docker", version="28.0", free_bytes=3 * 10**9),)},
        ),
    ],
)
def test_a_host_that_lacks_something(
    answer: ReuseAnswer, ids: list[str], changes: dict[str, Any]
) -> None:
    found = of_cpu(where=host(**changes))
    assert answer is found.answer
    assert set(ids) <= {one.explain or one.title for one in found.reasons}


def test_1_5_runs_without_avx_and_1_6_does_not() -> None:
    old = host(flags=("sse2",))
    assert ReuseAnswer.REUSE is of_cpu("1.5.0", old, python="2.7", system="16.04").answer
    assert ReuseAnswer.NOT is of_cpu("1.6.0", old, python="2.7", system="16.04").answer


def test_2_4_0_alone_needs_avx2() -> None:
    old = host(flags=("avx", "sse2"))
    assert ["avx2-240"] == why(of_cpu("2.4.0", old, system="18.04"), Weight.BLOCKS)
    assert ReuseAnswer.REUSE is of_cpu("2.4.1", old, system="18.04").answer


@pytest.mark.parametrize(
    ("answer", "vsyscall"),
    [
        (ReuseAnswer.NOT, "none"),
        (ReuseAnswer.UNTOLD, ""),
        (ReuseAnswer.REUSE, "xonly"),
        (ReuseAnswer.REUSE, "emulate"),
    ],
)
def test_a_c_library_before_2_14_needs_the_vsyscall_page(
    answer: ReuseAnswer, vsyscall: str
) -> None:
    config = cpu_image("1.5.0")
    config["config"]["Labels"] = {
        "org.opencontainers.image.ref.name": "centos",
        "org.opencontainers.image.version": "6",
    }
    found = page(reading(config, "x.example/mine:1"), host(vsyscall=vsyscall))
    assert answer is found.answer


def test_the_wrong_cudnn_in_the_image_is_told_by_name() -> None:
    config = legacy_gpu()
    config["config"]["Env"] = [
        entry.replace("5.1.10", "6.0.21") for entry in config["config"]["Env"]
    ]
    config["config"]["Labels"] = {}
    found = page(reading(config), host(gpu="Tesla K80", capability="3.7", driver="470.256.02"))
    assert ReuseAnswer.NOT is found.answer
    (reason,) = [one for one in found.reasons if one.weight is Weight.BLOCKS]
    assert "needs libcudnn.so.5; the image has cudnn 6.0.21" in reason.title


def test_a_tag_that_lies_is_a_change_and_the_image_is_believed() -> None:
    found = page(reading(cpu_image("2.15.0"), "tensorflow/tensorflow:2.9.0"))
    assert ReuseAnswer.CHANGES is found.answer
    assert any("promises framework tensorflow 2.9.0" in one.title for one in found.reasons)
    assert ("framework", "tensorflow 2.9.0", "tensorflow 2.15.0 (history)") in found.promises


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"architecture": "amd64"}, "library/busybox:1"),
        ({"architecture": "amd64"}, CPU),
        (cpu_image("99.0.0"), "x.example/mine:1"),
        ({}, "x.example/empty:1"),
    ],
)
def test_what_is_not_known_is_not_guessed(config: dict[str, Any], name: str) -> None:
    found = page(reading(config, name))
    assert (ReuseAnswer.UNTOLD, Exit.NOTHING) == (found.answer, found.answer.exit)
    assert ("", "") == (found.purpose, found.run)


@pytest.mark.parametrize(
    ("answer", "engines"),
    [
        (ReuseAnswer.NOT, (TargetEngine(name="docker", version="28.0"),)),
        (ReuseAnswer.NOT, ()),
        (ReuseAnswer.UNTOLD, (TargetEngine(name="docker", version="20.10.24"),)),
        (ReuseAnswer.UNTOLD, (TargetEngine(name="podman", version="4.3.1"),)),
    ],
)
def test_schema_1_depends_on_the_engine(
    answer: ReuseAnswer, engines: tuple[TargetEngine, ...]
) -> None:
    told = reading(name="tensorflow/tensorflow:0.12.0", form=Form.LEGACY, image=None)
    found = page(told, host(engines=engines))
    assert any("legacy-format" in line for one in found.reasons for line in one.evidence)
    assert answer is found.answer


def test_an_index_without_our_platform_names_what_there_is() -> None:
    told = reading(form=Form.INDEX, image=None, platforms=("linux/arm64",))
    found = page(told)
    assert ReuseAnswer.NOT is found.answer
    assert "no-platform" in found.reasons[0].title
    assert "there is one for: linux/arm64" in found.reasons[0].evidence


def test_no_image_at_all_and_an_unreadable_one() -> None:
    other = reading(
        form=Form.OTHER, image=None, manifest=Manifest(form=Form.OTHER, media_type="x/y")
    )
    assert ReuseAnswer.NOT is page(other).answer
    broken = reading(name=CPU, form=Form.OTHER, image=None, problem="it is not JSON")
    assert ReuseAnswer.UNTOLD is page(broken).answer


@pytest.mark.parametrize(
    ("ids", "changes"),
    [
        (["gpu-driver-select"], {"toolkit": ""}),
        (["nvidia-toolkit-escape"], {"toolkit": "1.16.1"}),
        (["docker-gpus-option"], {"engines": (TargetEngine(name="docker", version="18.09.1"),)}),
        (["nvidia-cgroup2", "nvidia-toolkit-escape"], {"toolkit": "1.5.0", "cgroup": 2}),
    ],
)
def test_containers_must_get_at_the_gpu(ids: list[str], changes: dict[str, Any]) -> None:
    where = host(gpu="Tesla K80", capability="3.7", **({"driver": "470.256.02"} | changes))
    found = page(where=where)
    deciding = {*why(found, Weight.CHANGE), *why(found, Weight.CPU)}
    assert set(ids) == deciding


def test_minor_version_compatibility_is_told_apart_from_too_old() -> None:
    config = cpu_image("2.7.0", python="3.8", system="20.04")
    config["config"]["Env"] = ["CUDA_VERSION=11.2.2", "NV_CUDNN_VERSION=8.1.1.33"]
    told = reading(config, "tensorflow/tensorflow:2.7.0-gpu")

    def on(driver: str) -> CheckPage:
        return page(told, host(gpu="Tesla T4", capability="7.5", driver=driver))

    assert ReuseAnswer.REUSE is on("460.32.03").answer
    assert ["minor-version-compatibility"] == why(on("450.80.02"), Weight.CHANGE)
    assert "driver-insufficient" in why(on("440.33"), Weight.CPU)


def test_a_gpu_newer_than_the_toolkit_is_a_rule_of_thumb() -> None:
    config = cpu_image("2.7.0", python="3.8", system="20.04")
    config["config"]["Env"] = ["CUDA_VERSION=11.2.2", "NV_CUDNN_VERSION=8.1.1.33"]
    told = reading(config, "tensorflow/tensorflow:2.7.0-gpu")
    found = page(told, host(gpu="NVIDIA L4", capability="8.9"))
    (reason,) = [one for one in found.reasons if one.weight is Weight.CHANGE]
    assert ("ptx-jit-slow", Confidence.THUMB) == (reason.explain, reason.confidence)


# --- the parts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fit", "capability"),
    [
        (Fit.NATIVE, "3.5"),
        (Fit.NATIVE, "3.7"),
        (Fit.NATIVE, "5.2"),
        (Fit.COMPILED, "5.0"),
        (Fit.COMPILED, "7.0"),
        (Fit.COMPILED, "9.0"),
        (Fit.IMPOSSIBLE, "2.1"),
    ],
)
def test_code_fits_a_gpu_or_is_compiled_for_it(fit: Fit, capability: str) -> None:
    code = GpuCode(
        cubin=("3.0", "3.5", "5.2"),
        ptx=("3.0", "3.5", "5.2"),
        source="",
        confidence=Confidence.TABLE,
    )
    assert fit is code.fit(capability)


REQUIREMENTS = [
    (True, "cuda>=8.0", {"cuda": "8.0"}),
    (True, "cuda>=8.0", {"cuda": "12.2"}),
    (False, "cuda>=11.0", {"cuda": "10.2"}),
    (False, "cuda>=11.0", {}),
    (True, "cuda>=10.0 brand=tesla,driver>=384,driver<385", {"driver": "384.81", "brand": "Tesla"}),
    (False, "cuda>=10.0 brand=tesla,driver>=384,driver<385", {"driver": "385.1", "brand": "tesla"}),
    (False, "cuda>=10.0 brand=tesla,driver>=384,driver<385", {"driver": "384.81", "brand": "x"}),
    (True, "arch!=3.0", {"arch": "3.5"}),
    (False, "arch>3.5", {"arch": "3.5"}),
    (True, "arch<=3.5", {"arch": "3.5"}),
    (False, "nonsense", {"cuda": "8.0"}),
    (True, "", {}),
]


@pytest.mark.parametrize(("met", "requirement", "facts"), REQUIREMENTS)
def test_requirements_are_read_as_nvidias_tools_do(
    met: bool, requirement: str, facts: dict[str, str]
) -> None:
    assert met == (unsatisfied(requirement, facts) is None)


def test_all_requirement_variables_count() -> None:
    environment = {"NVIDIA_REQUIRE_CUDA": "cuda>=8.0", "NVIDIA_REQUIRE_CUDNN": "x", "OTHER": "y"}
    assert ["NVIDIA_REQUIRE_CUDA", "NVIDIA_REQUIRE_CUDNN"] == [
        name for name, _ in requirements(environment)
    ]


@given(st.text(max_size=60), st.dictionaries(st.sampled_from(["cuda", "driver"]), st.text()))
def test_any_requirement_is_survived(requirement: str, facts: dict[str, str]) -> None:
    told = unsatisfied(requirement, facts)
    assert told is None or told in requirement


def reason(weight: Weight) -> Reason:
    return Reason(weight=weight, title=str(weight), confidence=Confidence.TABLE)


@pytest.mark.parametrize(
    ("answer", "weights"),
    [
        (ReuseAnswer.UNTOLD, []),
        (ReuseAnswer.UNTOLD, [Weight.NOTE, Weight.CHANGE, Weight.CPU]),
        (ReuseAnswer.REUSE, [Weight.FINE, Weight.NOTE]),
        (ReuseAnswer.CHANGES, [Weight.FINE, Weight.CHANGE]),
        (ReuseAnswer.CPU, [Weight.CHANGE, Weight.CPU, Weight.FINE]),
        (ReuseAnswer.UNTOLD, [Weight.CPU, Weight.UNTOLD, Weight.FINE]),
        (ReuseAnswer.NOT, [Weight.UNTOLD, Weight.BLOCKS, Weight.FINE]),
    ],
)
def test_the_heaviest_reason_decides(answer: ReuseAnswer, weights: list[Weight]) -> None:
    assert answer is answer_to(map(reason, weights))


@pytest.mark.parametrize(
    ("answer", "foresees"),
    [
        (ReuseAnswer.CPU, ()),
        (ReuseAnswer.CPU, IMPORTS),
        (ReuseAnswer.CHANGES, IMPORTS_NOT),
        (ReuseAnswer.CHANGES, STARTS_NOT),
    ],
)
def test_a_change_without_which_nothing_runs_is_told_before_the_missing_gpu(
    answer: ReuseAnswer, foresees: tuple[Foreseen, ...]
) -> None:
    change = replace(reason(Weight.CHANGE), foresees=foresees)
    assert answer is answer_to([reason(Weight.FINE), reason(Weight.CPU), change])
    assert ReuseAnswer.NOT is answer_to([reason(Weight.BLOCKS), reason(Weight.CPU), change])


@given(st.lists(st.sampled_from(Weight)))
def test_reuse_takes_a_reason_for_it_and_none_against(weights: list[Weight]) -> None:
    if answer_to(map(reason, weights)) is ReuseAnswer.REUSE:
        assert Weight.FINE in weights
        assert not {Weight.BLOCKS, Weight.UNTOLD, Weight.CPU, Weight.CHANGE} & set(weights)
    order = [list(Weight).index(one.weight) for one in in_order(map(reason, weights))]
    assert sorted(order) == order


def test_every_answer_has_the_documented_status() -> None:
    assert [0, 1, 1, 1, 5] == [int(answer.exit) for answer in ReuseAnswer]


def all_pages() -> list[CheckPage]:
    hosts = [HERE, host(engines=(), flags=()), host(machine="aarch64", toolkit="")]
    hosts += [
        host(gpu=gpu, capability=capability, driver=driver, toolkit=toolkit)
        for _, _, gpu, capability, driver in GPU_HOSTS
        for toolkit in ("", "1.5.0")
    ]
    images = [
        reading(),
        reading(later_gpu(), "x.example/mine:1"),
        reading(cpu_image("2.15.0"), CPU),
    ]
    return [page(image, where) for image in images for where in hosts]


def test_what_a_reason_refers_to_is_in_the_knowledge_base() -> None:
    ids = {one.explain for found in all_pages() for one in found.reasons if one.explain}
    assert len(ids) > 20
    assert set() == ids - set(entries())


def test_a_reason_that_stands_in_the_way_has_a_remedy() -> None:
    for found in all_pages():
        for one in found.reasons:
            if one.weight in (Weight.BLOCKS, Weight.CPU, Weight.CHANGE):
                assert one.remedy, one.title


def test_every_rule_is_found_and_asked() -> None:
    expected = {
        "age",
        "altered",
        "command",
        "cpu",
        "disk",
        "driver",
        "form",
        "gpu",
        "identity",
        "kernel",
    }
    expected |= {"build_kind", "loader", "neighbours", "opened", "stubs", "symbols"}
    expected |= {"capabilities", "language", "quota", "tag"}
    expected |= {"libraries", "objects", "owners", "pythons", "requirements", "sets"}
    expected |= {"variables", "whole"}
    assert expected == set(rules.names())


def test_ends_of_life_are_judged_at_the_day_of_the_question() -> None:
    before = [one.title for one in page(where=host(date="2017-07-01")).reasons]
    after = [one.title for one in page().reasons]
    assert not any("out of support" in title for title in before)
    assert any("Ubuntu 16.04 has been out of support since 2021-04-30" == one for one in after)


def test_gpus_of_one_kind_are_told_once() -> None:
    where = host(gpu="Tesla K80", capability="3.7", driver="470.256.02")
    several = host(
        gpus=(TargetGpu(name="Tesla K80", capability="3.7"),) * 4,
        driver="470.256.02",
        toolkit="1.17.8",
    )
    assert page(where=where).reasons == page(where=several).reasons

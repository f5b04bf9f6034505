"""An engine's way to hand over a GPU is found before anything starts, or said to be missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.engines.oci.gpu import HOOKS, gpu_hook
from harness.engines.oci.toolkit import too_old, toolkit_version
from harness.model import Profile
from harness.suite.cells import profile_for

HOOK = "nvidia-container-runtime-hook"


def found(info: dict[str, Any], *, on_path: tuple[str, ...] = (), local: bool = True) -> str:
    """How the hook hands over a GPU, and what of; empty where there is none."""
    hook = gpu_hook(
        info, local=local, which=lambda name: f"/bin/{name}" if name in on_path else None
    )
    return f"{hook.driver or 'docker'}: {hook.found}" if hook else ""


@pytest.mark.parametrize(
    ("expected", "info"),
    [
        ("", {}),
        ("", {"Runtimes": {"runc": {}, "io.containerd.runc.v2": {}}, "DiscoveredDevices": None}),
        ("docker: the engine has a runtime nvidia", {"Runtimes": {"runc": {}, "nvidia": {}}}),
        (
            "cdi: the engine lists nvidia.com/gpu=0",
            {"DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]},
        ),
        ("", {"DiscoveredDevices": [{"Source": "cdi", "ID": "vendor.example/nic=0"}, "odd"]}),
    ],
)
def test_the_engine_says_what_it_can_hand_over(expected: str, info: dict[str, Any]) -> None:
    assert expected == found(info)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_on_the_path_counts_where_the_engine_is_on_this_host(name: str) -> None:
    assert f"docker: /bin/{name}" == found({}, on_path=(name,))
    assert "" == found({}, on_path=(name,), local=False)


def test_a_device_is_asked_for_the_way_its_hook_wants() -> None:
    docker = gpu_hook({"Runtimes": {"nvidia": {}}}, local=False)
    cdi = gpu_hook({"DiscoveredDevices": [{"ID": "nvidia.com/gpu=all"}]}, local=False)
    assert docker
    assert cdi
    assert {"count": -1, "capabilities": [["gpu"]]} == docker.request()
    assert {"driver": "cdi", "device_ids": ["nvidia.com/gpu=all"]} == cdi.request()


def test_a_cell_with_a_gpu_preloads_nothing_of_its_image() -> None:
    assert (("LD_PRELOAD", ""),) == profile_for("all", Profile()).environment
    chosen = replace(Profile(), environment=(("A", "b"), ("LD_PRELOAD", "/x.so")))
    assert chosen == profile_for("all", chosen)
    assert Profile() == profile_for("", Profile())


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (True, "NVIDIA Container Toolkit CLI version 1.17.7\ncommit: x"),
        (True, "NVIDIA Container Runtime Hook version 1.14.3"),
        (False, "NVIDIA Container Toolkit CLI version 1.17.8\ncommit: x"),
        (False, "version: 1.18.0"),
    ],
)
def test_a_toolkit_with_a_known_way_out_of_containers_is_not_used(refused: bool, said: str) -> None:
    version = toolkit_version(which=lambda name: f"/bin/{name}", run=lambda command: said)
    assert version is not None
    assert refused == bool(too_old(version))


def test_a_toolkit_that_says_no_version_has_none() -> None:
    assert toolkit_version(which=lambda name: None, run=lambda command: "never asked") is None
    assert toolkit_version(which=lambda name: name, run=lambda command: "no such option") is None

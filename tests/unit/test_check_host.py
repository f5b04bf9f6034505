"""Hosts: described, supposed, and what their GPUs can do."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.host import TargetHost, cuda_of_driver, parse_host, supposing
from harness.errors import UsageError
from harness.knowledge.gpu_names import capability_of, gpu_named
from harness.knowledge.library import gpus
from tests.unit.check_builders import host
from tests.unit.hostile import texts

DESCRIBED = {
    "harness_host": 1,
    "machine": "x86_64",
    "kernel": "5.15.0",
    "cpu": {"model": "A CPU", "flags": ["avx", "sse2"], "cores": 8},
    "vsyscall": "xonly",
    "cgroup": 2,
    "engines": [{"name": "docker", "version": "24.0.7", "free_bytes": 7, "api": "1.43"}],
    "gpus": [{"name": "Tesla V100-SXM2-16GB", "capability": "", "memory_mib": 16384}],
    "driver": "535.104.05",
}


def parsed(tree: object) -> TargetHost:
    return parse_host(json.dumps(tree).encode(), "host.json")


def test_a_description_is_read() -> None:
    found = parsed(DESCRIBED)
    assert ("x86_64", "5.15.0", 2) == (found.machine, found.kernel, found.cgroup)
    assert ("avx", "sse2") == found.flags
    assert ("docker", "24.0.7", 7) == (found.engine.name, found.engine.version, 7)
    assert "7.0" == found.gpus[0].capability


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b'{"harness_host": 2}', b'{"harness_host": 1}', b"\xff", b"x" * 2**21],
)
def test_what_describes_no_host_is_refused(raw: bytes) -> None:
    with pytest.raises(UsageError, match="does not describe a host"):
        parse_host(raw, "host.json")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(DESCRIBED)), VALUES))
def test_any_description_is_read_or_refused(tree: dict[str, object]) -> None:
    try:
        parsed({"harness_host": 1} | tree)
    except UsageError:
        return


@pytest.mark.parametrize(
    ("capability", "name"),
    [
        ("7.0", "Tesla V100-SXM2-16GB"),
        ("8.0", "NVIDIA A100-SXM4-40GB"),
        ("8.0", "NVIDIA A100 80GB PCIe"),
        ("8.6", "NVIDIA A10"),
        ("8.6", "NVIDIA GeForce RTX 3080 Ti"),
        ("8.6", "rtx3090"),
        ("6.1", "GeForce GTX 1060 6GB"),
        ("3.7", "Tesla K80"),
        ("3.7", "k80"),
        ("9.0", "NVIDIA H200"),
        ("9.0", "NVIDIA H100 80GB HBM3"),
        ("7.5", "Quadro RTX 6000"),
        ("8.9", "NVIDIA RTX 6000 Ada Generation"),
        ("6.1", "NVIDIA TITAN X (Pascal)"),
    ],
)
def test_a_gpu_is_known_by_any_of_its_names(capability: str, name: str) -> None:
    assert capability == capability_of(name)


@pytest.mark.parametrize("row", gpus().gpus, ids=lambda row: row.name)
def test_every_gpu_of_the_table_is_found_by_its_name(row: object) -> None:
    assert row.capability == gpu_named(row.name).capability


@pytest.mark.parametrize("name", ["", "Voodoo 2", "TITAN X", "RTX"])
def test_a_gpu_nobody_knows_or_one_of_several_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="unknown GPU"):
        gpu_named(name)


@given(texts)
def test_any_text_is_a_gpu_or_refused(name: str) -> None:
    try:
        assert gpu_named(name).capability
    except UsageError:
        return


def test_a_supposed_gpu_has_no_driver_until_one_is_supposed() -> None:
    with_gpu = supposing(host(), "Tesla K80", "")
    assert ("", "3.7") == (with_gpu.driver, with_gpu.gpus[0].capability)
    both = supposing(host(), "Tesla K80", "470.256.02")
    assert "470.256.02" == both.driver
    assert ("the GPU Tesla K80", "the driver 470.256.02") == both.assumed
    with pytest.raises(UsageError):
        supposing(host(), "", "newest")


@pytest.mark.parametrize(
    ("cuda", "driver"),
    [("", ""), ("7.5", "361.0"), ("8.0", "375.26"), ("12.2", "535.104.05"), ("13.0", "580.65.06")],
)
def test_a_driver_knows_a_newest_cuda(cuda: str, driver: str) -> None:
    assert cuda == cuda_of_driver(host(driver=driver))


def test_what_the_driver_says_itself_counts() -> None:
    assert "12.4" == cuda_of_driver(host(driver="535.104.05", cuda="12.4"))

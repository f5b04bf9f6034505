"""The names of CUDA's libraries tell their release as far as they do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.cuda_names import base_with, cuda_release, cudnn_release, may_be_one
from harness.knowledge import frameworks


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("libcudart.so.8.0", "8.0"),
        ("libcudart.so.10.1", "10.1"),
        ("libcudart.so.11.0", "11"),
        ("libcudart.so.12", "12"),
        ("libcublas.so.10", "10"),
        ("libcufft.so.10.0", "10.0"),
        ("libcufft.so.10", ""),
        ("libcusolver.so.11", ""),
        ("libcudart.so", ""),
        ("libother.so.8.0", ""),
    ],
)
def test_a_name_tells_a_release(name: str, release: str) -> None:
    assert release == cuda_release(name)


def test_every_build_agrees_with_the_names_of_its_libraries() -> None:
    builds = frameworks.builds("tensorflow").values()
    assert builds
    for build in builds:
        for name in build.gpu_library_sonames:
            if release := cuda_release(name):
                assert may_be_one(release, build.cuda), (build.minor, name)
            if release := cudnn_release(name):
                assert may_be_one(release, build.cudnn), (build.minor, name)
        told = base_with(build.gpu_library_sonames, build.cuda, build.cudnn)
        assert f"CUDA {build.cuda} and cuDNN {build.cudnn}" == told


def test_names_count_more_than_the_build() -> None:
    assert "CUDA 10.1" == base_with(["libcudart.so.10.1"], "11.0", "8.0")
    assert "CUDA 10.1 and cuDNN 7" == base_with(
        ["libcublas.so.10", "libcudart.so.10.1", "libcudnn.so.7"], "11.0", "8.0"
    )
    assert "CUDA 11.0 and cuDNN 7" == base_with(["libcudnn.so.7"], "11.0", "8.0")
    assert "" == base_with(["libnccl.so.2"], "", "")


@given(st.lists(st.text(max_size=30), max_size=5), st.sampled_from(["", "8.0", "11.2"]))
def test_no_name_breaks_the_words(names: list[str], cuda: str) -> None:
    assert isinstance(base_with(names, cuda, ""), str)

"""What a tag promises, what an image says, and where they differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.check.claims import ClaimOrigin, agree, claims_of
from harness.images.image import Image
from harness.images.manifest import Platform
from harness.images.reference import parse_reference
from tests.unit.check_builders import legacy_gpu, subject
from tests.unit.hostile import texts


def promised(name: str) -> dict[str, str]:
    return {one.what: one.value for one in claims_of(parse_reference(name), None)}


@pytest.mark.parametrize(
    ("expected", "tag"),
    [
        (
            {
                "framework": "tensorflow 1.2.1",
                "gpu": "yes",
                "python": "3.5",
                "system": "ubuntu-16.04",
                "cuda": "8.0",
                "cudnn": "5",
                "jupyter": "8888",
            },
            "1.2.1-gpu-py3",
        ),
        (
            {
                "framework": "tensorflow 1.9.0",
                "devel": "yes",
                "python": "3.5",
                "system": "ubuntu-16.04",
            },
            "1.9.0-devel-py3",
        ),
        (
            {"framework": "tensorflow 1.13.1", "python": "2.7", "system": "ubuntu-16.04"},
            "1.13.1",
        ),
        (
            {
                "framework": "tensorflow 2.7.0",
                "gpu": "yes",
                "python": "3.8",
                "system": "ubuntu-20.04",
                "cuda": "11.2",
                "cudnn": "8",
            },
            "2.7.0-gpu",
        ),
        (
            {
                "framework": "tensorflow 2.12.0",
                "python": "3.8",
                "system": "ubuntu-20.04",
                "jupyter": "8888",
            },
            "2.12.0-jupyter",
        ),
        ({"framework": "tensorflow"}, "latest-gpu"),
        ({"framework": "tensorflow"}, "my-own-thing"),
    ],
)
def test_a_tag_promises_what_images_of_its_time_held(expected: dict[str, str], tag: str) -> None:
    assert expected == promised(f"tensorflow/tensorflow:{tag}")
    assert expected == promised(f"mirror.example/hub/tensorflow/tensorflow:{tag}")


def test_other_repositories_promise_nothing() -> None:
    assert {} == promised("somebody/tensorflow:1.2.1-gpu-py3")


STEPS = [
    ("tensorflow 1.2.1", "pip install tensorflow==1.2.1"),
    ("tensorflow 1.2.1", "pip3 --no-cache-dir install numpy tensorflow-gpu==1.2.1 scipy"),
    ("tensorflow 2.15.0.post1", "python -m pip install --no-cache-dir tensorflow==2.15.0.post1"),
    ("tensorflow 1.0.1", "RUN wget http://x/tensorflow_gpu-1.0.1-cp27-none-linux_x86_64.whl"),
    (
        "tensorflow 1.13.1",
        "|4 PIP=pip TF_PACKAGE=tensorflow-gpu TF_PACKAGE_VERSION=1.13.1 /bin/sh -c ${PIP} install",
    ),
    ("", "pip install tensorflow"),
    ("", "pip install tensorflow-probability==0.8.0 tensorflow_datasets==1.0"),
    ("", "echo tensorflow==1.2.1"),
    ("", "pip install my-tensorflow==1.2.1"),
]


@pytest.mark.parametrize(("framework", "step"), STEPS)
def test_the_history_tells_what_was_installed(framework: str, step: str) -> None:
    image = Image(platform=Platform(architecture="amd64"), steps=(step,))
    found = [one for one in claims_of(None, image) if one.what == "framework"]
    assert [framework] * bool(framework) == [one.value for one in found]
    for one in found:
        assert one.value.split()[1] in one.evidence


def test_the_legacy_image_and_its_tag_agree() -> None:
    about = subject()
    assert () == about.contradictions()
    assert about.confirmed
    assert about.for_gpu
    assert ("tensorflow", "1.2.1", "3.5") == (about.framework, about.version, about.said("python"))
    assert ("8.0.61", "5.1.10") == (about.said("cuda"), about.said("cudnn"))
    assert "ubuntu-16.04" == about.system.id
    assert "1" == about.said("nvidia-docker")


def changed(**environment: str) -> dict[str, Any]:
    config = legacy_gpu()
    before = dict(entry.split("=", 1) for entry in config["config"]["Env"])
    entries = [f"{name}={value}" for name, value in (before | environment).items()]
    labels = {k: v for k, v in config["config"]["Labels"].items() if "cud" not in k}
    return config | {"config": config["config"] | {"Env": entries, "Labels": labels}}


def test_an_image_that_says_otherwise_than_its_tag_is_believed() -> None:
    about = subject(changed(CUDA_VERSION="9.0.176"))
    ((promise, own),) = about.contradictions()
    assert ("cuda", "8.0", ClaimOrigin.TAG) == (promise.what, promise.value, promise.origin)
    assert ("9.0.176", ClaimOrigin.ENVIRONMENT) == (own.value, own.origin)
    assert "9.0.176" == about.said("cuda")


def test_the_last_installation_counts() -> None:
    config = legacy_gpu()
    config["history"].append({"created_by": "pip install tensorflow-gpu==1.4.0"})
    assert "1.4.0" == subject(config).version


@pytest.mark.parametrize(
    ("so", "what", "one", "other"),
    [
        (True, "cuda", "8.0", "8.0.61"),
        (True, "cudnn", "5", "5.1.10"),
        (False, "cudnn", "5", "6.0.21"),
        (True, "python", "3.5", "3.5.2"),
        (False, "python", "3.5", "3.6"),
        (True, "framework", "tensorflow 1.2.1", "tensorflow 1.2.1"),
        (False, "framework", "tensorflow 1.2.1", "tensorflow 1.2.0"),
        (False, "framework", "tensorflow 1.2.1", "other 1.2.1"),
        (True, "framework", "tensorflow", "tensorflow 1.2.1"),
        (False, "framework", "tensorflow", "other 1.2.1"),
        (False, "system", "ubuntu-16.04", "ubuntu-18.04"),
    ],
)
def test_versions_agree_at_the_precision_they_share(
    so: bool, what: str, one: str, other: str
) -> None:
    assert so == agree(what, one, other) == agree(what, other, one)


@given(st.lists(texts, max_size=5), st.dictionaries(texts, texts, max_size=5))
def test_any_configuration_is_survived(steps: list[str], environment: dict[str, str]) -> None:
    image = Image(
        platform=Platform(architecture="amd64"),
        steps=tuple(steps),
        environment=environment,
        labels=environment,
    )
    for one in claims_of(None, image):
        assert "\x1b" not in one.evidence
        assert len(one.evidence) < 500


@pytest.mark.parametrize(
    "step",
    [
        "|1 TOKEN=s3cret /bin/sh -c pip install tensorflow==1.2.1",
        "RUN pip install https://user:s3cret@host/tensorflow-1.2.1-cp35-cp35m-linux_x86_64.whl",
        "RUN pip install https://host/tensorflow-1.2.1-cp35-cp35m-linux_x86_64.whl?sig=s3cret",
        f"RUN pip install https://u:s3cret@host/{'x' * 60}/tensorflow-1.2.1-cp35-none-any.whl",
        "RUN pip install -i https://u:s3cret@host/simple tensorflow==1.2.1 --token s3cret",
    ],
)
def test_what_a_step_held_beside_the_claim_is_not_told(step: str) -> None:
    found = claims_of(None, Image(platform=Platform(architecture="amd64"), steps=(step,)))
    assert "tensorflow 1.2.1" in [one.value for one in found]
    assert not [one for one in found if "s3cret" in one.evidence]

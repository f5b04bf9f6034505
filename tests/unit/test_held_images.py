"""An image as an engine tells of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.images.held import digest_there, is_called, reading_of_held
from harness.images.manifest import Form
from harness.images.reference import parse_reference
from tests.unit.hostile import texts

ID, DIGEST = "sha256:" + "1" * 64, "sha256:" + "2" * 64
REFERENCE = parse_reference("tensorflow/tensorflow:1.2.1")
INSPECTED = {
    "Id": ID,
    "RepoTags": ["tensorflow/tensorflow:1.2.1", "own:1"],
    "RepoDigests": [f"tensorflow/tensorflow@{DIGEST}"],
    "Created": "2017-06-30T17:22:08.372Z",
    "Config": {"Env": ["A=b"], "Cmd": ["/run_jupyter.sh"], "Labels": None},
    "Architecture": "amd64",
    "Os": "linux",
    "RootFS": {"Type": "layers", "Layers": [ID, DIGEST]},
}
HISTORY = [
    {"CreatedBy": "last", "Created": 1_498_843_328},
    {"CreatedBy": "first", "Created": 1_262_304_000},
]


def test_what_an_engine_tells_is_what_a_registry_would() -> None:
    found = reading_of_held(INSPECTED, HISTORY, REFERENCE, "docker 28.1")
    image = found.image
    assert image is not None
    assert (Form.IMAGE, DIGEST, DIGEST) == (found.form, found.digest, found.manifest_digest)
    assert "docker 28.1" == found.engine
    assert ("first", "last") == image.steps
    assert ("2010-01-01", "2017-06-30") == tuple(one[:10] for one in image.times)
    assert (ID, DIGEST) == image.layers
    assert ({"A": "b"}, ("/run_jupyter.sh",)) == (image.environment, image.command)
    assert "linux/amd64" == str(image.platform)


def test_what_no_registry_gave_has_its_id() -> None:
    found = reading_of_held(INSPECTED | {"RepoDigests": []}, [], REFERENCE, "docker")
    assert (ID, "") == (found.digest, found.manifest_digest)
    other = parse_reference("127.0.0.1:5000/tensorflow/tensorflow:1.2.1")
    assert "" == digest_there(INSPECTED, other)


@pytest.mark.parametrize(
    ("called", "name"),
    [
        (True, "tensorflow/tensorflow:1.2.1"),
        (True, "docker.io/tensorflow/tensorflow:1.2.1"),
        (True, "own:1"),
        (True, f"tensorflow/tensorflow@{DIGEST}"),
        (False, "tensorflow/tensorflow:latest"),
        (False, "1111111"),
        (False, f"tensorflow/tensorflow@{ID}"),
        (False, "127.0.0.1:5000/own:1"),
    ],
)
def test_an_image_is_the_one_that_is_meant_only_by_its_name(called: bool, name: str) -> None:
    assert called is is_called(INSPECTED, parse_reference(name))


def test_podman_puts_localhost_before_what_has_no_registry() -> None:
    told = INSPECTED | {"RepoTags": ["localhost/own:1"]}
    assert is_called(told, parse_reference("own:1"))
    assert is_called(told, parse_reference("localhost/own:1"))
    assert not is_called(told, parse_reference("127.0.0.1:5000/own:1"))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from([*INSPECTED, "Variant"]), VALUES), st.lists(VALUES, max_size=3)
)
def test_anything_that_an_engine_tells_is_read(
    told: dict[str, object], history: list[object]
) -> None:
    found = reading_of_held(told, history, REFERENCE, "docker")
    assert Form.IMAGE is found.form
    is_called(told, REFERENCE)

"""Which engine answers is told by its answer, not by what it was asked for as."""

from __future__ import annotations

import pytest

from harness.engines.oci.capabilities import DOCKER, PODMAN, Capabilities, capabilities_of


@pytest.mark.parametrize(
    ("expected", "headers"),
    [
        (DOCKER, {"Api-Version": "1.41", "Server": "Docker/20.10.24 (linux)"}),
        (PODMAN, {"Api-Version": "1.41", "Libpod-Api-Version": "4.3.1"}),
        (PODMAN, {"libpod-api-version": "5.2.0"}),
        (DOCKER, {}),
        (DOCKER, {"": "a header without a name"}),
    ],
)
def test_an_engine_is_known_by_the_headers_of_its_answer(
    expected: Capabilities, headers: dict[str, str]
) -> None:
    assert expected == capabilities_of(headers)

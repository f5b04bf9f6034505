"""Under which limits a container that is asked from outside is made, without making one."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, cast

import pytest
from docker import APIClient

from harness.engines.oci.given import Given
from harness.engines.oci.networks import NO_WAY_OUT
from harness.engines.oci.started import _unchanged, limits_of
from harness.model import Profile
from harness.promises import Promise

NO_ENGINE = cast("APIClient", None)
GIVEN = Given(
    cell="a",
    image="sha256:i",
    interpreter="",
    built=False,
    profile=Profile(),
    promise=Promise(),
    cores=2,
    cpus="0,1",
    labels={},
)


def limits(given: Given = GIVEN) -> dict[str, Any]:
    return limits_of(given, NO_ENGINE)


def test_everything_that_the_strict_profile_bounds_is_bounded() -> None:
    found = limits()
    strict = Profile()
    assert (["ALL"], [], ["no-new-privileges:true"]) == (
        found["cap_drop"],
        found["cap_add"],
        found["security_opt"],
    )
    assert found["read_only"] is True
    assert (strict.memory_bytes, strict.memory_bytes) == (
        found["mem_limit"],
        found["memswap_limit"],
    )
    assert strict.processes + 64 == found["pids_limit"]
    assert "0,1" == found["cpuset_cpus"]
    assert ["/tmp"] == list(found["tmpfs"])


def test_no_network_and_no_mount_comes_from_the_limits() -> None:
    assert set() == {"network", "network_mode", "binds", "device_requests"} & set(limits())


def test_it_is_the_first_process_and_nobody_runs_checks_in_it() -> None:
    found = limits()
    assert found["init"] is False
    assert {"test": ["NONE"]} == found["healthcheck"]


def test_what_it_prints_is_bounded_on_the_engines_disk() -> None:
    found = limits(replace(GIVEN, profile=replace(Profile(), output_bytes=1000)))
    assert {"max-size": "4000", "max-file": "1"} == found["log_config"]["Config"]


def test_a_relaxation_of_the_profile_holds_here_too() -> None:
    assert limits(replace(GIVEN, profile=replace(Profile(), writable=True)))["read_only"] is False


def test_the_bridge_of_a_service_does_not_masquerade() -> None:
    assert "false" == NO_WAY_OUT["com.docker.network.bridge.enable_ip_masquerade"]


def test_a_variable_of_this_process_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    with _unchanged("DOCKER_HOST"):
        os.environ["DOCKER_HOST"] = "tcp://elsewhere"
    assert "DOCKER_HOST" not in os.environ
    monkeypatch.setenv("DOCKER_HOST", "unix:///mine")
    with _unchanged("DOCKER_HOST"):
        os.environ["DOCKER_HOST"] = "tcp://elsewhere"
    assert "unix:///mine" == os.environ["DOCKER_HOST"]

"""An engine elsewhere is not taken for one of this host, nor this host's class for its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from docker import APIClient

from harness.engines.oci.connection import connect
from harness.engines.oci.whereabouts import cores_of, host_of, is_local
from harness.errors import EngineError
from harness.formats.report import host
from harness.machine.hostclass import host_class

KERNEL = os.uname().release
MEMORY = 24684096 * 1024
HERE = {"KernelVersion": KERNEL, "MemTotal": MEMORY}


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    (tmp_path / "meminfo").write_text(f"MemTotal:       {MEMORY // 1024} kB\nMemFree: 1 kB\n")
    return tmp_path


def client(address: str) -> APIClient:
    return APIClient(base_url=address, version="1.41")


@pytest.mark.parametrize(
    ("expected", "info"),
    [
        (True, HERE),
        (True, {}),  # Podman's may leave fields out
        (False, {**HERE, "KernelVersion": f"{KERNEL}-linuxkit"}),
        (False, {**HERE, "MemTotal": MEMORY + 4096}),
    ],
)
def test_a_socket_of_this_host_may_lead_elsewhere(
    proc: Path, expected: bool, info: dict[str, Any]
) -> None:
    assert expected is is_local(client("unix:///nonexistent.sock"), info, proc)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:2375", "http://localhost:2375"])
def test_an_address_is_elsewhere_whatever_it_tells(proc: Path, address: str) -> None:
    assert not is_local(client(address), HERE, proc)


def test_a_host_elsewhere_is_what_its_engine_tells_and_no_more() -> None:
    told = host_of({"Architecture": "arm64", "NCPU": 96, "MemTotal": 540 * 1024**3})
    assert ("aarch64", "", (), 96, 540, (), "") == (
        told.machine,
        told.cpu_model,
        told.cpu_flags,
        told.cores,
        told.memory_gib,
        told.gpus,
        told.driver,
    )
    assert "aarch64, 96 cores, 540 GiB" == host(told)


@pytest.mark.parametrize("wrong", [None, -1, "96", 2.5, [], {}])
def test_what_an_engine_tells_is_not_trusted(wrong: object) -> None:
    info = {"NCPU": wrong, "MemTotal": wrong, "Architecture": wrong}
    assert (0, 0) == (host_of(info).cores, host_of(info).memory_gib)
    assert host_class().cores == cores_of(info)


def test_an_engine_behind_ssh_is_refused_with_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://someone:secret@build.example")
    with pytest.raises(EngineError, match="not reached through ssh") as caught:
        connect()
    assert "secret" not in str(caught.value)
    assert "DOCKER_HOST=unix://" in caught.value.remedy


def test_certificates_that_are_not_there_are_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    with pytest.raises(EngineError, match="no container engine answers at tcp://127"):
        connect()

"""Remote engines: nothing of this host is mistaken for theirs, and only the network leads there."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest
from docker import APIClient

from harness.engines.oci.capabilities import DOCKER, address
from harness.engines.oci.volume import make_volume
from harness.model import EngineInfo, HostClass, Outcome
from tests.real.commandline import Place
from tests.real.elsewhere import LOOPBACK, Relay, by_socket, certificates, relayed
from tests.real.home_made import HomeMade
from tests.real.leftovers import Leftovers
from tests.real.made_bases import newest_base
from tests.real.own_network import within
from tests.real.private_engine import PrivateEngine
from tests.real.suites import small_suite
from tests.real.test_doctor_and_clean import doctored, volumes

_TLS_PORT = 2376


@pytest.fixture
def relay(engine: APIClient) -> Iterator[Relay]:
    """The default engine, reachable at an address."""
    where = address(DOCKER, os.environ)
    if not where.startswith("unix://"):
        pytest.skip("the engine is not at a socket of this host")
    with relayed(by_socket(where.removeprefix("unix://"))) as made:
        yield made


@pytest.fixture
def there(relay: Relay, tmp_path: Path) -> Place:
    """A fresh place whose engine is at an address."""
    return Place(folder=tmp_path, extra={"DOCKER_HOST": relay.address})


def test_an_existing_image_is_asked_by_tcp(
    there: Place, engine: APIClient, left: Leftovers
) -> None:
    suite = one_image(there.folder / "suite", engine)
    there.harness("run", "--suite", str(suite))
    run, (record,) = there.recorded()
    assert Outcome.OK == record.outcome
    assert [] == left.found()
    assert_told_of_elsewhere(run.host, run.engine, engine)
    assert "host.load_1m" not in record.observed
    told = there.harness("report", "latest").out
    assert f"{run.host.machine}, {run.host.cores} core" in told
    assert "no GPU" not in told


def assert_told_of_elsewhere(host: HostClass, told: EngineInfo, engine: APIClient) -> None:
    """The host is described by what the engine reports, and nothing else."""
    said = engine.info()
    assert (said["Architecture"], said["NCPU"]) == (host.machine, host.cores)
    assert round(said["MemTotal"] / 1024**3) == host.memory_gib
    assert ("", (), (), "") == (host.cpu_model, host.cpu_flags, host.gpus, host.driver)
    assert said["Name"] == told.detail["host"]
    assert said["KernelVersion"] == told.detail["kernel"]


def test_a_cell_is_built_by_tcp(there: Place, home_made: HomeMade, left: Leftovers) -> None:
    there.harness("run", "--suite", str(home_made.plain(there.folder / "suite")))
    _, (record,) = there.recorded()
    assert Outcome.OK == record.outcome
    assert record.image
    assert "built" == record.image.origin
    assert [] == left.found()


def test_the_doctor_says_what_cannot_be_seen_from_here(there: Place) -> None:
    found = doctored(there, "--engine", "docker")
    assert "elsewhere" in found["engine"]["evidence"]
    for check in ("strict container", "network", "volumes", "limits"):
        assert "ok" == found[check]["status"], found[check]
    assert "that of the images cannot be seen from here" in found["disk"]["evidence"]
    assert "images" not in found["disk"]["evidence"].partition(";")[0]
    assert "unverified" == found["GPU driver"]["status"]
    assert "elsewhere" in found["GPU driver"]["evidence"]


def test_what_another_host_owns_is_left_alone(there: Place, engine: APIClient) -> None:
    names = {}
    for whose, host in (("another's", ":0123456789ab"), ("nobody's", "")):
        labels = {"harness.owner": f"another-boot:4026531836:1:1{host}", "harness.kind": "volume"}
        names[whose] = f"harness-test-{token_hex(6)}"
        make_volume(engine, names[whose], labels)
    try:
        there.harness("clean", "--engine", "docker")
        assert names["another's"] in volumes(engine)
        assert names["nobody's"] not in volumes(engine)
    finally:
        engine.remove_volume(names["another's"], force=True)


def test_locks_are_not_resolved_elsewhere(there: Place, home_made: HomeMade) -> None:
    suite = home_made.plain(there.folder / "suite")
    said = there.harness("lock", "--suite", str(suite), status=2)
    assert "locks can only be resolved on an engine of this host" in said.err


def test_an_engine_under_tls_is_asked_with_a_certificate(
    engine: APIClient, tmp_path: Path, private_under_tls: PrivateEngine
) -> None:
    process = private_under_tls.process
    assert process

    def connect() -> socket.socket:
        return within(process.pid, lambda: socket.create_connection((LOOPBACK, _TLS_PORT)))

    suite = one_image(tmp_path / "suite", engine)
    with relayed(connect) as relay:
        where = relay.address
        held = private_under_tls.folder / "c"
        secure = {
            "DOCKER_HOST": where,
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(held),
            # the certificate authorities for the web are separate
            "REQUESTS_CA_BUNDLE": str(held / "cert.pem"),
        }
        with_certificate = Place(folder=tmp_path, extra=secure)
        with_certificate.harness("run", "--suite", str(suite))
        _, (record,) = with_certificate.recorded()
        assert Outcome.OK == record.outcome
        assert not record.reason
        without = Place(folder=tmp_path / "without", extra={"DOCKER_HOST": where})
        said = without.harness("run", "--suite", str(suite), "--engine", "docker", status=4)
    assert f"no container engine answers at {where}" in said.err
    with private_under_tls.client() as client:
        assert [] == client.containers(all=True)


@pytest.fixture
def private_under_tls(engine: APIClient) -> Iterator[PrivateEngine]:
    """A private engine that accepts only TLS clients with a certificate."""
    missing = [program for program in ("dockerd", "openssl") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"there is no {' and no '.join(missing)} here")
    with tempfile.TemporaryDirectory(prefix="tls-", ignore_cleanup_errors=True) as name:
        held = certificates(Path(name) / "c")
        made = PrivateEngine(
            folder=Path(name),
            data=Path(name) / "data",
            options=(
                *("--host", f"tcp://{LOOPBACK}:{_TLS_PORT}", "--tlsverify"),
                *("--tlscacert", f"{held}/ca.pem"),
                *("--tlscert", f"{held}/server.pem", "--tlskey", f"{held}/server-key.pem"),
            ),
        )
        try:
            made.start()
            made.give(engine, [newest_base(engine)[0]])
            yield made
        finally:
            made.end()


def one_image(folder: Path, engine: APIClient) -> Path:
    """A suite of one cell, an image with a Python, that is asked only for its Python."""
    image, python = newest_base(engine)
    cell = {"id": "x", "image": image, "interpreter": python, "level": "L0"}
    return small_suite(folder, cell, probes=["python"])

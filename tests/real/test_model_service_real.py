"""The four services of the field, built and started as in the default suite and asked over HTTP:
right answers, each bad input, and the commands of the page. Also services as found in tutorials,
and what the same checks say about them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker import APIClient

from harness.model import Outcome, Record
from tests.real.commandline import Place
from tests.real.suites import ROOT

PAGE = ROOT / "docs" / "field-guide" / "model-service.md"
SERVICES = ROOT / "dockerfiles" / "field" / "model-service"
DIGITS = "digits-service-tf2.21.0-py3.13"
CELLS = ("hello-service", "hello-service-on-loopback", "square-service", "features-service", DIGITS)
PORT = 5000


@pytest.fixture(scope="module")
def asked(engine: APIClient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Record]:
    """The answers of the probe `http`, by cell."""
    place = Place(folder=tmp_path_factory.mktemp("services"))
    wanted = [word for cell in CELLS for word in ("--cell", cell)]
    place.harness("run", "--suite", str(ROOT), *wanted, "--probe", "http", or_status=1)
    return {one.cell: one for one in place.recorded()[1]}


def statuses(asked: dict[str, Record], cell: str) -> dict[str, str]:
    """The status of each check's answer, by the check's name."""
    facts = asked[cell].facts
    names, found = facts[f"http.{PORT}.checks"], facts[f"http.{PORT}.statuses"]
    assert isinstance(names, tuple)
    assert isinstance(found, tuple)
    return {str(name): str(status) for name, status in zip(names, found, strict=True)}


@pytest.mark.parametrize("cell", [cell for cell in CELLS if "loopback" not in cell])
def test_a_service_answers_what_it_promises_and_lives(asked: dict[str, Record], cell: str) -> None:
    assert Outcome.OK is asked[cell].outcome, asked[cell].reason
    assert () == asked[cell].facts["http.broken"]
    assert asked[cell].facts[f"http.{PORT}.is_ready"] is True
    assert asked[cell].facts[f"http.{PORT}.requests"] >= 50


@pytest.mark.parametrize(
    ("cell", "name", "status"),
    [
        ("square-service", "no JSON", "400"),
        ("square-service", "text for a number", "400"),
        ("square-service", "not a number", "400"),
        ("square-service", "50 MB", "413"),
        ("features-service", "no JSON", "400"),
        ("features-service", "text for numbers", "400"),
        ("features-service", "a feature is missing", "400"),
        ("features-service", "50 MB", "413"),
        (DIGITS, "no file", "400"),
        (DIGITS, "no JSON and no form", "400"),
        (DIGITS, "text for an image", "400"),
        (DIGITS, "an empty file", "400"),
        (DIGITS, "50 MB", "413"),
    ],
)
def test_bad_input_is_refused_and_the_service_lives(
    asked: dict[str, Record], cell: str, name: str, status: str
) -> None:
    found = statuses(asked, cell)
    assert status == found[name]
    assert "200" == found["after all that"]


def test_a_service_on_the_loopback_of_its_container_is_told_as_that(
    asked: dict[str, Record],
) -> None:
    (told,) = asked["hello-service-on-loopback"].facts["http.broken"]  # type: ignore[misc]
    assert "inside it is served on 127.0.0.1 alone" in str(told)


@pytest.fixture(scope="module")
def services(engine: APIClient, asked: dict[str, Record]) -> Iterator[dict[str, str]]:
    """By cell: where a container of it, started as a person would, is published on this host."""
    started: dict[str, str] = {}
    where: dict[str, str] = {}
    try:
        for cell in ("hello-service", "square-service", "features-service", DIGITS):
            image = asked[cell].image
            assert image is not None
            run = ("docker", "run", "--detach", "--publish", f"127.0.0.1::{PORT}", image.id)
            started[cell] = subprocess.run(
                run, capture_output=True, text=True, check=True
            ).stdout.strip()
            port = ("docker", "port", started[cell], str(PORT))
            told = subprocess.run(port, capture_output=True, text=True, check=True).stdout
            where[cell] = told.splitlines()[0].strip()
            health = ("curl", "--silent", "--fail", "--retry", "60", "--retry-delay", "2")
            health = (*health, "--retry-all-errors", f"http://{where[cell]}/health")
            subprocess.run(health, capture_output=True, check=True, timeout=300)
        yield where
    finally:
        for container in started.values():
            subprocess.run(("docker", "rm", "-f", "-v", container), capture_output=True, check=True)


def curls() -> list[tuple[str, str]]:
    """(command, the answer below it) of every `$ curl` on the page, as printed."""
    found = re.findall(r"^\$ (curl [^\n]+)\n([^\n]+)$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [(command, answer) for command, answer in found]


OF_PAGE = ("hello-service", "square-service", "features-service", DIGITS)
"""The cells that the commands of the page are for, in their order."""


def test_the_commands_of_the_page_work_as_printed(services: dict[str, str], tmp_path: Path) -> None:
    """Only the address differs: the service is published on a free port."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    shutil.copyfile(SERVICES / "digits" / "images" / "7.png", tmp_path / "7.png")
    printed = curls()
    assert 4 == len(printed)
    for (command, answer), cell in zip(printed, OF_PAGE, strict=True):
        words = shlex.split(command)
        host, _, port = services[cell].rpartition(":")
        told = subprocess.run(
            (words[0], "--silent", "--connect-to", f"localhost:{PORT}:{host}:{port}", *words[1:]),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        assert answer == told.strip(), command

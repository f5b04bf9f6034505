"""Canaries in places where secrets are kept, on a real engine: no artefact of ours contains one
[50].

Each canary is known to be live: a build and a probe report everything they can see, the registry
received the password, and the image's own configuration has what it was made with.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from docker import APIClient

from harness.model import Outcome
from tests.real.commandline import Place, Said
from tests.real.home_made import LOST, PLAIN, TELLING, TOLD, HomeMade
from tests.real.own_images import image_of
from tests.real.suites import small_suite
from tests.registry.fake_registry import FakeRegistry, Reply, basic, serving

USER = "reader"
HELD = "image-with-secrets"
REFUSED = "registry"


@dataclass(frozen=True, kw_only=True)
class Canaries:
    """One canary for each place where a secret may be."""

    host: str
    """In variables of this host, some of them with names that look harmless."""
    image: str
    """In a variable of an existing image."""
    argument: str
    """In a build argument of an existing image, which its history shows."""
    wheel: str
    """In the address of a wheel in an image's history."""
    login: str
    """The password of a registry, in Docker's configuration."""
    proxy: str
    """The password of a proxy there, which Docker's own client passes to builds and containers."""
    index: str
    """The password of the package index, in its address."""

    @classmethod
    def new(cls) -> Canaries:
        return cls(**{name: token_hex(16) for name in cls.__dataclass_fields__})

    def found(self, texts: Mapping[str, bytes]) -> list[str]:
        """Which canary is in which text, plainly or in the encoding that HTTP uses."""
        return [
            f"the canary of the {name} in {where}"
            for name in self.__dataclass_fields__
            for form in _forms(getattr(self, name))
            for where, text in texts.items()
            if form in text
        ]


def _forms(secret: str) -> tuple[bytes, ...]:
    encoded = base64.b64encode(f"{USER}:{secret}".encode())
    return secret.encode(), encoded, base64.b64encode(secret.encode())


@pytest.fixture
def canaries() -> Canaries:
    return Canaries.new()


@pytest.fixture
def registry(canaries: Canaries) -> Iterator[FakeRegistry]:
    """A registry that asks for a login and refuses everything; it is a package index, too."""
    with serving() as fake:
        refusal = Reply(401, b"{}", {"WWW-Authenticate": 'Basic realm="canary"'})
        for path in ("/v2/", "/v2/suite/old/manifests/1", "/simple/homemade/"):
            fake.on(path, refusal)
        yield fake


@pytest.fixture
def secretive(place: Place, canaries: Canaries, registry: FakeRegistry) -> Place:
    """A place on a host that is full of secrets. Docker's configuration is outside of it."""
    docker = place.folder / "docker"
    docker.mkdir()
    auth = base64.b64encode(f"{USER}:{canaries.login}".encode()).decode()
    proxy = f"http://{USER}:{canaries.proxy}@127.0.0.1:9"
    settings = {"httpProxy": proxy, "httpsProxy": proxy, "ftpProxy": proxy}
    tree = {"auths": {registry.host: {"auth": auth}}, "proxies": {"default": settings}}
    (docker / "config.json").write_text(json.dumps(tree), "utf-8")
    return Place(
        folder=place.folder / "secretive",
        extra={
            **dict.fromkeys(("AWS_SECRET_ACCESS_KEY", "TF_TOKEN", "MY_THING"), canaries.host),
            "DOCKER_CONFIG": str(docker),
            "PIP_INDEX_URL": f"http://{USER}:{canaries.index}@{registry.host}/simple/",
        },
    )


@pytest.fixture
def holding(engine: APIClient, plain_image: str, canaries: Canaries) -> Iterator[str]:
    """An image whose configuration contains secrets of its makers."""
    wheel = f"https://{USER}:{canaries.wheel}@127.0.0.1/tensorflow-1.2.1-cp27-none-any.whl"
    lines = (
        f"ENV API_TOKEN={canaries.image}",
        "ARG MIRROR_PASSWORD",
        f"RUN : pip install {wheel}?sig={canaries.wheel}",
    )
    arguments = {"MIRROR_PASSWORD": canaries.argument}
    with image_of(engine, plain_image, *lines, arguments=arguments) as name:
        yield name


def test_no_artefact_holds_a_secret_of_the_host_or_of_an_image(
    secretive: Place,
    home_made: HomeMade,
    holding: str,
    engine: APIClient,
    registry: FakeRegistry,
    canaries: Canaries,
) -> None:
    assert_that_the_image_holds_them(engine, holding, canaries)
    suite = suite_of_all(secretive, home_made, holding, registry)
    recordings = secretive.folder / "recordings"

    said = secretive.harness("run", "--suite", str(suite), "--record-to", str(recordings), status=4)

    run, records = secretive.recorded()
    outcomes = {record.cell: record.outcome for record in records}
    assert {
        PLAIN: Outcome.OK,
        TELLING: Outcome.BUILD_FAILED,
        LOST: Outcome.PULL_FAILED,
        HELD: Outcome.OK,
        REFUSED: Outcome.PULL_FAILED,
    } == outcomes
    assert_that_they_were_live(secretive, registry, canaries)
    saved = archived(engine, holding, secretive.folder.parent / "image.tar")
    texts = {
        "the run": said.text.encode(),
        **{
            " ".join(command): secretive.harness(*command, status=status).text.encode()
            for status, *command in (
                (0, "export", run.id, str(secretive.folder / "run.jsonl")),
                (4, "report", run.id),
                (4, "report", run.id, "--format", "markdown"),
                (4, "report", run.id, "--format", "json"),
                (0, "report", "--list"),
                (0, "plan", "--suite", str(suite), "--verbose"),
                (2, "check", registry.reference()),
            )
        },
        "check --archive": asked_about_the_archive(secretive, saved),
        "pytest": said_by_pytest(
            secretive, suite, "--junitxml", str(secretive.folder / "junit.xml")
        ),
        **images_made(engine),
    }
    texts |= {str(path): path.read_bytes() for path in files(secretive.folder)}

    assert PLAIN in (secretive.folder / "junit.xml").read_text("utf-8")
    assert [] == canaries.found(texts)


def test_a_run_on_this_host_tells_no_secret_of_it(secretive: Place, canaries: Canaries) -> None:
    cell = {"id": "here", "host": sys.executable, "level": "L0"}
    suite = small_suite(secretive.folder / "suite", cell, probes=["python", "packages"])
    recordings = secretive.folder / "recordings"
    said = secretive.harness("run", "--suite", str(suite), "--record-to", str(recordings))
    run, records = secretive.recorded()
    secretive.harness("export", run.id, str(secretive.folder / "run.jsonl"))
    names = str([record.facts.get("python.environment_names") for record in records])
    assert {"AWS_SECRET_ACCESS_KEY", "MY_THING", "PIP_INDEX_URL"} <= set(re.findall(r"\w+", names))
    texts = {str(path): path.read_bytes() for path in files(secretive.folder)}
    assert [] == canaries.found({"the run": said.text.encode(), **texts})


def suite_of_all(place: Place, home_made: HomeMade, image: str, registry: FakeRegistry) -> Path:
    """Cells that are built, that fail while they print what they see, that cannot be fetched, or
    pulled."""
    folder = home_made.suite(place.folder / "suite", PLAIN, TELLING, LOST)
    home_made.lose(LOST)
    rows = json.loads((folder / "matrix.yaml").read_text("utf-8"))
    existing = {"level": "L0", "interpreter": "python2.7"}
    rows["cells"] += [
        {"id": HELD, "image": image, **existing},
        {"id": REFUSED, "image": registry.reference(), **existing},
    ]
    del rows["version"]
    return small_suite(folder, *rows.pop("cells"), **rows)


def assert_that_the_image_holds_them(engine: APIClient, image: str, canaries: Canaries) -> None:
    held = described(engine, image)
    for secret in (canaries.image, canaries.argument, canaries.wheel):
        assert secret in held


def assert_that_they_were_live(place: Place, registry: FakeRegistry, canaries: Canaries) -> None:
    """The build reported its variables, the probe their names, and both servers received a
    password."""
    (told,) = (
        line
        for line in (place.folder / "reports" / "logs" / f"{TELLING}.log")
        .read_text("utf-8")
        .splitlines()
        if TOLD in line and "PATH" in line
    )
    assert "proxy" not in told.lower()
    _, records = place.recorded()
    names = {
        record.cell: record.facts["python.environment_names"]
        for record in records
        if record.outcome is Outcome.OK
    }
    assert "API_TOKEN" in str(names[HELD])
    assert "proxy" not in str(names).lower()
    assert {basic(USER, canaries.login), basic(USER, canaries.index)} == set(
        registry.authorizations
    )


def archived(engine: APIClient, image: str, path: Path) -> Path:
    """The archive of `docker save`. It contains the image's secrets, and is not an artefact of
    ours."""
    with path.open("wb") as out:
        for piece in engine.get_image(image):
            out.write(piece)
    return path


def asked_about_the_archive(place: Place, archive: Path) -> bytes:
    """The answer of `harness check` about it, whatever it is."""
    said = any_status(place, "check", "--archive", str(archive), "--format", "json")
    assert "tensorflow 1.2.1" in said.out, "the history was not read"
    return said.text.encode()


def any_status(place: Place, *arguments: str) -> Said:
    ended = _run(place, [str(Path(sys.executable).with_name("harness")), *arguments])
    assert ended.returncode in (0, 1, 5), ended.stderr
    return Said(status=ended.returncode, out=ended.stdout, err=ended.stderr)


def said_by_pytest(place: Place, suite: Path, *arguments: str) -> bytes:
    """Pytest's output about a cell of the same suite that passes and one that cannot be
    obtained."""
    chosen = ["--harness-cell", PLAIN, "--harness-cell", REFUSED, "-p", "no:cacheprovider", "-rA"]
    command = [sys.executable, "-m", "pytest", *chosen, *arguments]
    ended = _run(place, [*command, "--rootdir", str(suite), str(suite / "matrix.yaml")])
    assert ended.returncode == 1, ended.stdout
    assert PLAIN in ended.stdout
    return f"{ended.stdout}\n{ended.stderr}".encode()


def _run(place: Place, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=place.folder,
        env=place.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def described(engine: APIClient, image: str) -> str:
    """Configuration, labels and history of an image."""
    look: tuple[Callable[[str], Any], ...] = (engine.inspect_image, engine.history)
    return json.dumps([ask(image) for ask in look])


def images_made(engine: APIClient) -> dict[str, bytes]:
    """Configuration, labels and history of every image that carries our label."""
    found: list[dict[str, Any]] = engine.images(filters={"label": "harness.kind"})
    assert any(f"harness-cell/{PLAIN}" in str(image["RepoTags"]) for image in found)
    return {
        f"image {image['RepoTags']}": described(engine, image["Id"]).encode()
        for image in found
        # An image made from one of our cells inherits its label; this one is the test's own.
        if not any(name.startswith("127.0.0.1:9/") for name in image["RepoTags"] or ())
    }


def files(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder):
        yield from (Path(parent) / name for name in names)

"""A cell whose Python this machine lacks is built on an image that is pulled by a tag."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from docker import APIClient

from tests.real.commandline import Place
from tests.real.home_made import PLAIN, HomeMade
from tests.real.legacy_registry import PROGRAM, LegacyRegistry, served, why_no_registry
from tests.real.private_engine import PrivateEngine

PORT = 5000
"""Free in the private engine's own network."""
TAG = "2.7-slim-buster"
NAME = f"python:{TAG}"
_DOCKERFILE = "FROM {base}\nRUN ln -s /usr/bin/python2.7 /usr/local/bin/python2.7\n"


@dataclass(frozen=True, kw_only=True)
class Mirrored:
    """An engine whose mirror of the default registry has the image."""

    url: str
    digest: str


def _official(engine: APIClient, base: str, registry: LegacyRegistry) -> str:
    """Push a substitute for the official image, made from a local base; returns its digest."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        text = _DOCKERFILE.format(base=base).encode()
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    packed.seek(0)
    name = "harness-tests/official:1"
    said = list(
        engine.build(
            fileobj=packed, custom_context=True, tag=name, rm=True, forcerm=True, decode=True
        )
    )
    assert not [line for line in said if "error" in line], said
    try:
        pushed = registry.push(engine, name, TAG)
        return str(engine.inspect_distribution(pushed)["Descriptor"]["digest"])
    finally:
        engine.remove_image(name, force=True)


@pytest.fixture
def mirrored(engine: APIClient, home_made_base: str, tmp_path: Path) -> Iterator[Mirrored]:
    if why := why_no_registry():
        pytest.skip(why)
    if shutil.which("dockerd") is None or shutil.which("nsenter") is None:
        pytest.skip("there is no dockerd or no nsenter here")
    if os.geteuid():
        pytest.skip("only root can start a dockerd")
    with served(tmp_path) as registry:
        here = LegacyRegistry(address=registry.address, repository="library/python")
        digest = _official(engine, home_made_base, here)
    with ExitStack() as stack:
        name = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="eng-", ignore_cleanup_errors=True)
        )
        made = PrivateEngine(
            folder=Path(name),
            data=Path(name) / "data",
            options=("--registry-mirror", f"http://127.0.0.1:{PORT}"),
        )
        stack.callback(made.end)
        made.start()
        assert made.process is not None
        settings = (tmp_path / "registry.yml").read_text("utf-8")
        (tmp_path / "mirror.yml").write_text(
            settings.replace(registry.address, f"127.0.0.1:{PORT}"), "utf-8"
        )
        log = stack.enter_context((tmp_path / "mirror.log").open("wb"))
        mirror = stack.enter_context(
            subprocess.Popen(
                [
                    *("nsenter", f"--net=/proc/{made.process.pid}/ns/net"),
                    *(PROGRAM, "serve", str(tmp_path / "mirror.yml")),
                ],
                stdout=log,
                stderr=log,
            )
        )
        stack.callback(mirror.terminate)
        yield Mirrored(url=made.url, digest=digest)


def test_a_cell_whose_python_is_not_here_is_built_on_a_tag_and_its_digest_is_recorded(
    mirrored: Mirrored, home_made: HomeMade, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    there = Place(
        folder=tmp_path,
        extra={
            "DOCKER_HOST": mirrored.url,
            "PYENV_ROOT": str(nowhere),
            "UV_PYTHON_INSTALL_DIR": str(nowhere),
        },
    )
    sources = [
        {"prefix": "2.7", "debian": "bookworm", "packages": []},
        {"pull": NAME, "interpreter": "/usr/local/bin/python2.7"},
    ]
    suite = home_made.suite(tmp_path / "suite", PLAIN, sources=sources)

    plan = there.harness("plan", "--suite", str(suite)).out
    assert "(not here: no CPython 2.7 of pyenv or uv)" in plan
    assert f"2. pull {NAME} (a registry, not asked)" in plan

    there.harness("run", "--suite", str(suite), "--engine", "docker")

    _, (record,) = there.recorded()
    assert record.image is not None
    assert f"pull {NAME}@{mirrored.digest}" == record.image.base_source
    assert "built" == record.image.origin
    built = record.image.id

    there.harness("run", "--suite", str(suite), "--engine", "docker")
    _, (again,) = there.recorded()
    assert again.image is not None
    assert ("reused", built) == (again.image.origin, again.image.id)

"""Two servers on this machine: the registry that is asked, and a canary that must learn nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.images.credentials import Found
from harness.images.image import Reading
from harness.images.manifest import Platform
from harness.images.reading import read_image
from harness.images.reference import parse_reference
from harness.images.registry import Registry
from harness.images.remembered import Remembered
from tests.registry.asking import Read
from tests.registry.fake_registry import FakeRegistry, serving


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with serving() as one:
        yield one


@pytest.fixture
def canary() -> Iterator[FakeRegistry]:
    with serving() as one:
        yield one


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def read(fake: FakeRegistry, tmp_path: Path) -> Read:
    """Reads an image of the fake registry; never waits. `memory=True`: with a cache."""

    def reading(tag: str = "1", *, memory: bool = False, find: object = None) -> Reading:
        registry = Registry(
            reference=parse_reference(fake.reference(tag)),
            find=find or (lambda _: Found()),
            sleep=lambda _: None,
        )
        remembered = Remembered(folder=tmp_path / "registry") if memory else None
        return read_image(registry, remembered, Platform(architecture="amd64"))

    return reading


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The file of a described host: it has an engine and no GPU."""
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    tree = {
        "harness_host": 1,
        "machine": "x86_64",
        "cpu": {"flags": ["sse2", "avx"]},
        "vsyscall": "xonly",
        "engines": [{"name": "docker", "version": "28.2.2", "free_bytes": 10**12}],
        "toolkit": "1.17.8",
    }
    path = tmp_path / "host.json"
    path.write_text(json.dumps(tree))
    return str(path)

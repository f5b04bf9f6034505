"""Two servers on this machine: the registry that is asked, and a canary that must learn nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_registry import FakeRegistry, serving

from harness.check.credentials import Found
from harness.check.manifest import Platform
from harness.check.reading import Reading, read_image
from harness.check.reference import parse_reference
from harness.check.registry import Registry
from harness.check.remembered import Remembered
from harness.check.secret import Credentials, Secret

USER, PASSWORD = "reader", "canary-7f3e-password"
Read = Callable[..., Reading]


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


def logged_in(_: str) -> Found:
    return Found(credentials=Credentials(user=USER, password=Secret(PASSWORD)))


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

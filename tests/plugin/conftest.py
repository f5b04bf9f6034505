"""A small suite with recordings, in a folder of its own; none of the user's places is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

# Before any test: pytester takes back what was first imported inside of it, and of requests and the
# standard library's cookies it would leave halves, which do not fit what is imported later.
import requests  # noqa: F401

from tests.plugin.demo import Demo


@pytest.fixture
def demo(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Demo:
    """Where `pytest` is tried: on replay, with a store and a cache of its own."""
    home = pytester.path.parent / f"{pytester.path.name}-home"
    for variable, name in (
        ("HARNESS_STORE", "store.sqlite3"),
        ("HARNESS_CACHE", "cache"),
        ("HARNESS_REPORTS", "reports"),
    ):
        monkeypatch.setenv(variable, str(home / name))
    monkeypatch.setenv("HARNESS_DOWNLOAD", "0")
    for variable in ("HARNESS_DATA", "HARNESS_RECORDINGS", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(variable, raising=False)
    return Demo(pytester=pytester, home=Path(home))

"""Unit tests see nothing of the world: starting a process or opening a socket raises.

A test that needs either says so with the mark `world`, and why it is a unit test all the same.
"""

from __future__ import annotations

import os
import socket
import subprocess
from typing import NoReturn

import pytest

PROCESSES = ("fork", "forkpty", "posix_spawn", "posix_spawnp", "system", "execv", "execve")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "world: a unit test that may start processes and sockets")


@pytest.fixture(autouse=True)
def _nothing_of_the_world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("world"):
        return

    def refuse(*_: object, **__: object) -> NoReturn:
        pytest.fail("a unit test reached for the world: a process or a socket")

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    monkeypatch.setattr(socket.socket, "__init__", refuse)
    for name in PROCESSES:
        monkeypatch.setattr(os, name, refuse)

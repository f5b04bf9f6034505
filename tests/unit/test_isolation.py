"""That unit tests cannot reach the world is itself true."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    "reach",
    [
        lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        lambda: subprocess.Popen(["true"]),
        lambda: os.system("true"),
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        lambda: socket.create_connection(("127.0.0.1", 9)),
    ],
)
def test_reaching_for_the_world_fails_the_test(reach: Callable[[], object]) -> None:
    with pytest.raises(pytest.fail.Exception, match="reached for the world"):
        reach()


@pytest.mark.world
def test_a_marked_test_may_start_a_process() -> None:
    assert b"" == subprocess.run([sys.executable, "-c", ""], check=True, capture_output=True).stdout

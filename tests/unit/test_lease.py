"""A lease on a file is one process's at a time, and who waits for it can be told to stop."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.errors import InfrastructureError
from harness.machine.lease import lease


def test_who_is_told_to_stop_waits_no_longer(tmp_path: Path) -> None:
    stop, path = threading.Event(), tmp_path / "locks" / "one.lock"
    stop.set()
    with (
        lease(path, alone=True),
        pytest.raises(InfrastructureError, match="stopped"),
        lease(path, alone=True, stop=stop),
    ):
        pytest.fail("it was not free")


def test_it_is_had_when_the_other_lets_go(tmp_path: Path) -> None:
    path, order = tmp_path / "one.lock", []
    waits = threading.Event()

    def other() -> None:
        waits.set()
        with lease(path, alone=True, stop=threading.Event()):
            order.append("other")

    with lease(path, alone=True):
        thread = threading.Thread(target=other)
        thread.start()
        waits.wait()
        thread.join(0.3)  # Time enough to have it, were it not held.
        order.append("one")
    thread.join()
    assert ["one", "other"] == order

"""However the guest runner ends, the probe that it runs ends with it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.engines.guestwork import START
from harness.probing.exchange import Exchange, ProbeRequest, Session
from tests.guest.conversation import ASKING, LIMITS, RUNNER, alive

pytestmark = pytest.mark.guest

SLEEPER = """
import os, time
def probe(settings):
    with open(settings["tell"], "w") as stream:
        stream.write(str(os.getpid()))
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_probe_does_not_outlive_its_runner(
    python: str, tmp_path: Path, number: signal.Signals
) -> None:
    probe, pipe = tmp_path / "sleeper.py", tmp_path / "pipe"
    os.mkfifo(pipe)
    session = Session(
        interpreter=python,
        asking=ASKING.read_text("ascii"),
        scratch=str(tmp_path),
        limits=LIMITS,
    )
    request = ProbeRequest(
        name="sleeper",
        path=str(probe),
        source=SLEEPER,
        timeout_s=60,
        settings={"tell": str(pipe)},
    )
    with subprocess.Popen(
        [python, *START, RUNNER.read_text("ascii")],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as runner:
        assert runner.stdin is not None
        runner.stdin.write(Exchange(session, [request], 1_000_000).begin())
        runner.stdin.close()
        told = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        try:
            pid = b""
            while not pid:
                assert select.select([told], [], [], 30)[0]
                pid = os.read(told, 20)
                time.sleep(0.01)
            os.kill(runner.pid, number)
            status = runner.wait(30)
        finally:
            os.close(told)

    assert status == (-number if number == signal.SIGKILL else 128 + number)
    for _ in range(500):  # The kernel, or whoever adopts it, may take a moment.
        if not alive(int(pid)):
            break
        time.sleep(0.01)
    assert not alive(int(pid))

"""What the guest runner reads of the world around it, from texts of that world."""

from __future__ import annotations

import runpy
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.model import Outcome

PATH = Path(__file__).parents[2] / "harness" / "probing" / "guest" / "runner.py"
RUNNER: dict[str, Any] = runpy.run_path(str(PATH))

OWN_V1 = "5:cpuset:/docker/ab\n4:memory:/docker/ab\n0::/docker/ab\n"
V1_COUNT = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"
V2_COUNT = "low 0\nhigh 0\nmax 7\noom 3\noom_kill {}\noom_group_kill 0\n"


@pytest.fixture
def kills(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], int | None]:
    def count(files: dict[str, str]) -> int | None:
        function = RUNNER["out_of_memory_kills"]
        monkeypatch.setitem(function.__globals__, "read_file", lambda path: files.get(path, ""))
        result: int | None = function()
        return result

    return count


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup//memory.events": V2_COUNT.format(2)}, 2),
        (
            {
                "/proc/self/cgroup": "0::/user.slice/s.scope\n",
                "/sys/fs/cgroup/user.slice/s.scope/memory.events": V2_COUNT.format(5),
                "/sys/fs/cgroup/memory.events": V2_COUNT.format(9),
            },
            5,
        ),
        (
            # A container on cgroup v1 reads the host's path, but mounts its own group.
            {
                "/proc/self/cgroup": OWN_V1,
                "/sys/fs/cgroup/memory/memory.oom_control": V1_COUNT.format(1),
            },
            1,
        ),
        (
            {
                "/proc/self/cgroup": OWN_V1,
                "/sys/fs/cgroup/memory/docker/ab/memory.oom_control": V1_COUNT.format(4),
                "/sys/fs/cgroup/memory/memory.oom_control": V1_COUNT.format(0),
            },
            4,
        ),
        (
            # Kernels before 4.13 do not count.
            {
                "/proc/self/cgroup": OWN_V1,
                "/sys/fs/cgroup/memory/memory.oom_control": "under_oom 0\n",
            },
            None,
        ),
    ],
)
def test_out_of_memory_kills_are_counted_where_the_kernel_counts_them(
    kills: Callable[[dict[str, str]], int | None], files: dict[str, str], expected: int | None
) -> None:
    assert expected == kills(files)


def judged(answer: bytes, stopped: str, status: int | None, *, grown: bool) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "outcome": "no-answer", "reason": "", "facts": {}, "raised": None, "noise_bytes": 9,
        "signal": "", "exit": None,
    }  # fmt: skip
    RUNNER["judge"](payload, answer, stopped, status, grown, 5)
    return payload


WHOLE = b'{"facts": {"a": 1}}'


@pytest.mark.parametrize(
    ("answer", "stopped", "status", "grown", "outcome"),
    [
        (WHOLE, "", 0, False, Outcome.OK),
        # A worker that was killed for memory, while its parent went on and answered.
        (WHOLE, "", 0, True, Outcome.OUT_OF_MEMORY),
        (b"", "", int(signal.SIGKILL), True, Outcome.OUT_OF_MEMORY),
        (b"", "timed-out", int(signal.SIGKILL), False, Outcome.TIMED_OUT),
        (b"", "output-limit", int(signal.SIGKILL), False, Outcome.OUTPUT_LIMIT),
        (WHOLE, "", int(signal.SIGABRT), False, Outcome.CRASHED),
        (b"", "", int(signal.SIGILL) | 0x80, False, Outcome.CRASHED),
        (b"", "", 3 << 8, False, Outcome.NO_ANSWER),
        (b"[]", "", 0, False, Outcome.NO_ANSWER),
        (b'{"facts": 3}', "", 0, False, Outcome.NO_ANSWER),
        (b'{"raised": {}}', "", 0, False, Outcome.NO_ANSWER),
        (WHOLE, "", None, False, Outcome.NO_ANSWER),
    ],
)
def test_each_end_has_one_outcome(
    answer: bytes, stopped: str, status: int | None, grown: bool, outcome: Outcome
) -> None:
    payload = judged(answer, stopped, status, grown=grown)

    assert outcome == payload["outcome"]
    assert (outcome is Outcome.OK) == bool(payload["facts"])
    assert (outcome is Outcome.OK) == (payload["reason"] == "")


def test_signals_have_the_names_that_people_know() -> None:
    names = [RUNNER["signal_name"](number) for number in (4, 6, 8, 9, 11, 64)]

    assert ["SIGILL", "SIGABRT", "SIGFPE", "SIGKILL", "SIGSEGV", "SIGRTMAX"] == names


def test_noise_is_head_and_tail_however_it_comes() -> None:
    noise = RUNNER["Noise"](10)
    for piece in (b"ab", b"cdefgh", b"", b"ijklmnop"):
        noise.add(piece)

    assert "abcde\n[... 6 bytes ...]\nlmnop" == noise.text()
    assert 16 == noise.count

"""How busy the host is with other things: from the kernel's counters, without our own work."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.machine.load import (
    ELSEWHERE,
    PROCESSORS,
    STOLEN,
    Worked,
    cpus_here,
    observed_between,
    worked,
)

TICK = os.sysconf("SC_CLK_TCK")
STAT = """cpu  999999 0 0 0 0 0 0 0 0 0
cpu0 {user} 10 20 5000 30 1 2 {steal} 400 0
cpu1 100 0 0 0 0 0 0 0 0 0
cpu10 777777 0 0 0 0 0 0 0 0 0
intr 1
"""


def stat(folder: Path, user: int = 500, steal: int = 0) -> Path:
    (folder / "stat").write_text(STAT.format(user=user, steal=steal))
    return folder


def test_idle_waiting_and_stolen_time_is_no_work(tmp_path: Path) -> None:
    assert Worked(busy=533 / TICK, stolen=7 / TICK, among=1) == worked([0], stat(tmp_path, steal=7))


def test_only_the_processors_that_are_used_count(tmp_path: Path) -> None:
    assert Worked(busy=633 / TICK, stolen=0, among=2) == worked([0, 1], stat(tmp_path))


@pytest.mark.parametrize("text", ["", "cpu0 1 2 3\n", "cpu0 a b c d e f g h\n"])
def test_counters_that_cannot_be_read_say_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "stat").write_text(text)
    assert worked([0], tmp_path) is None
    assert worked([0], tmp_path / "none") is None


def test_what_the_round_itself_worked_is_no_other_work() -> None:
    before, after = (
        Worked(busy=100, stolen=1, among=2),
        Worked(busy=130, stolen=3, among=2),
    )
    told = {STOLEN: 0.2, PROCESSORS: 2}
    assert {ELSEWHERE: 1.0, **told} == observed_between(before, after, 10, own=20)
    assert {ELSEWHERE: 0.0, **told} == observed_between(before, after, 10, own=31)
    assert {} == observed_between(None, after, 10, own=0)
    assert {} == observed_between(before, after, 0, own=0)
    assert {} == observed_between(before, replace(after, among=1), 10, own=20)


def test_this_process_works_on_the_processors_it_may_use() -> None:
    before = worked(cpus_here())
    if before is None:
        pytest.skip("this system has no /proc/stat")
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    after = worked(cpus_here())
    assert after is not None
    # The kernel counts in ticks.
    assert after.busy - before.busy >= 0.05

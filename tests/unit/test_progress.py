"""What a run shows while it goes on: lines for logs, a live table for people."""

from __future__ import annotations

import io
import threading

import pytest

from harness.model import Outcome
from harness.running.progress import LineProgress, LiveProgress, Progress, progress_for
from tests.unit.builders import cell, healthy, record, run, without

OLD = cell("tf1.2.1-py3.13", "1.2.1", "3.13")
NEW = cell("tf2.21.0-py3.13", "2.21.0", "3.13")


def shown(progress: Progress, out: io.StringIO) -> str:
    """A whole run of two cells, the second with a hostile word in what it does."""
    with progress:
        progress.notice("the subset is used")
        progress.begin(run(OLD, NEW))
        for each in (OLD, NEW):
            progress.tell(each.id, "probing \x1b[31m::error::x")
            for answer in healthy(each):
                progress.recorded(answer)
        progress.tell("", "cleaning up")
    return out.getvalue()


@pytest.mark.parametrize("kind", [LineProgress, LiveProgress])
def test_every_finished_cell_is_told_once_with_its_verdict_and_level(
    kind: type[LineProgress] | type[LiveProgress],
) -> None:
    out = io.StringIO()
    lines = shown(kind(out), out).splitlines()
    finished = [line for line in lines if line.startswith("[")]
    assert 2 == len(finished)
    assert finished[0].startswith("[1/2] tf1.2.1-py3.13")
    assert finished[1].startswith("[2/2] tf2.21.0-py3.13")
    assert all("pass" in line and "L3" in line for line in finished)
    assert "note: the subset is used" in lines


def test_lines_for_logs_hold_no_escapes_and_no_commands_of_a_ci() -> None:
    out = io.StringIO()
    text = shown(LineProgress(out), out)
    assert "\x1b" not in text
    assert not any(line.startswith("::") for line in text.splitlines())


def test_a_cell_that_does_not_pass_is_told_with_the_reason() -> None:
    out = io.StringIO()
    progress = LineProgress(out)
    with progress:
        progress.begin(run(NEW))
        late = record("mnist", outcome=Outcome.TIMED_OUT, reason="killed after 900 s")
        for each in (*without(healthy(NEW), "mnist"), late):
            progress.recorded(each)
    told = [line for line in out.getvalue().splitlines() if line.startswith("[1/1]")]
    assert 1 == len(told)
    assert "fail" in told[0]
    assert "900 s" in told[0]


class Listener(io.StringIO):
    """What is written, and whether that which is waited for was."""

    def __init__(self) -> None:
        super().__init__()
        self.awaited = ""
        self.heard = threading.Event()

    def write(self, text: str) -> int:
        if text == self.awaited:
            self.heard.set()
        return super().write(text)


def test_a_log_hears_a_heart_beat_in_every_run_and_none_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.running.progress._HEARTBEAT_S", 0)
    monkeypatch.setattr("harness.running.progress._BEAT_S", 0.01)
    out = Listener()
    progress = LineProgress(out)
    for cell_id in ("first", "second"):
        out.heard.clear()
        out.awaited = f"still at it: {cell_id}: obtaining"
        with progress:
            progress.tell(cell_id, "obtaining")
            assert out.heard.wait(60)
        assert "harness-heartbeat" not in [thread.name for thread in threading.enumerate()]


def test_what_is_no_terminal_gets_lines() -> None:
    assert isinstance(progress_for(io.StringIO()), LineProgress)
